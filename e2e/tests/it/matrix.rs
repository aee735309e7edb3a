//! Who may do what: every route that the five services have, asked by everybody there is, against one table.
//!
//! The routes come from the services' own OpenAPI documents, the callers from the marketplace: people who
//! have to do with a thing and people who have not, people who are signed out or disabled, and every kind of
//! token that auth has not made or would not make again. A route that the table leaves out fails, and so does
//! a row whose route is gone. What is refused leaves nothing behind in any database.

mod callers;
mod deleted_key;
mod table;

use std::collections::BTreeSet;

use common::testing::Answer;
use futures::{StreamExt as _, stream};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::{
    api::{self, Operation},
    scene::Scene,
};
use callers::{Caller, Who};
use e2e::market::{Market, PASSWORD, Person, alone_on_a_market, new_key, on_a_busy_market, send};
use table::{TABLE, expected};

/// How many requests are on their way at once.
const AT_ONCE: usize = 16;
/// A scene takes a purchase to set up.
const SCENES_AT_ONCE: usize = 4;
/// What these make is new each time, so that everybody can make it on the same scene.
const MAKERS: [&str; 6] = [
    "/api/users",
    "/api/users/sessions",
    "/api/users/sessions/refresh",
    "/api/shows",
    "/api/listings",
    "/api/listings/preview",
];

#[test]
fn the_table_names_the_routes_that_there_are() {
    on_a_busy_market(async |market| {
        let there: BTreeSet<String> = api::all_operations(market).await.iter().map(route).collect();
        let named: BTreeSet<String> = TABLE.iter().map(|(route, _)| (*route).to_owned()).collect();
        assert_eq!(there.difference(&named).collect::<Vec<_>>(), Vec::<&String>::new(), "not in the table");
        assert_eq!(named.difference(&there).collect::<Vec<_>>(), Vec::<&String>::new(), "not a route");
        assert_eq!(named.len(), TABLE.len(), "a route stands in the table twice");
    });
}

#[test]
fn everybody_gets_what_the_table_says_and_a_refusal_changes_nothing() {
    alone_on_a_market(async |market| {
        let scene = Scene::set(market).await;
        let callers = callers::all(market, &scene).await;
        let operations = api::all_operations(market).await;
        let cells: Vec<_> =
            operations.iter().flat_map(|operation| callers.iter().map(move |by| (operation, by))).collect();
        let (on_own_scenes, on_this): (Vec<_>, Vec<_>) =
            cells.into_iter().partition(|(operation, by)| changes_the_scene(operation, by.who));
        let (allowed, refused): (Vec<_>, Vec<_>) =
            on_this.into_iter().partition(|(operation, by)| expected(&route(operation), by.who) < 400);

        let before = market.settled_books().await;
        let asked = refused.len() + allowed.len() + on_own_scenes.len();
        assert!(asked >= 1_200 && refused.len() >= 600, "only {} refusals of {asked}", refused.len());
        let mut surprises = check(market, &scene, refused).await;
        let after = market.settled_books().await;
        surprises.extend(check(market, &scene, allowed).await);
        let checks = on_own_scenes.into_iter().map(|(operation, by)| async move {
            let scene = Scene::set(market).await;
            let by = callers::again(market, &scene, by.who).await;
            check_one(market, &scene, operation, &by).await
        });
        surprises.extend(stream::iter(checks).buffer_unordered(SCENES_AT_ONCE).concat().await);
        assert_eq!(surprises, Vec::<String>::new());
        assert_eq!(after, before, "a refused request left something behind");
    });
}

#[test]
fn the_ids_of_other_people_open_nothing() {
    alone_on_a_market(async |market| {
        let scene = Scene::set(market).await;
        let stranger = market.sign_up().await;
        let before = market.settled_books().await;
        let mut tried = 0;
        for operation in api::operations(market).await.iter().filter(|known| known.path.contains("{id}")) {
            let good = scene.path(operation);
            for (kind, id) in scene.ids() {
                let path = operation.path.replace("{id}", &id);
                let answer = ask(market, &scene, operation, &path, &Caller::bearer(&stranger)).await;
                let known = expected(&route(operation), Who::Stranger);
                // What everybody may see is found by its own id, and by no other.
                let statuses = if path == good { [known, known] } else { [403, 404] };
                assert!(statuses.contains(&answer.status), "{operation} with the id of {kind}: {answer:?}");
                tried += 1;
            }
        }
        assert!(tried >= 80, "only {tried} ids were tried");
        assert_eq!(market.settled_books().await, before, "a stranger changed something");
    });
}

#[test]
fn nothing_is_changed_for_a_page_of_somebody_else() {
    on_a_busy_market(async |market| {
        let scene = Scene::set(market).await;
        let mut tried = 0;
        for operation in api::operations(market).await.iter().filter(|known| known.method != "GET") {
            for person in [&scene.buyer, &scene.seller, &scene.admin] {
                for (name, value) in
                    [("Origin", "https://evil.example"), ("Origin", "null"), ("Sec-Fetch-Site", "cross-site")]
                {
                    let by = Caller::cookie(person);
                    let request = request(market, &scene, operation, &scene.path(operation), &by);
                    let answer = send(request.header(name, value)).await.unwrap();
                    assert_eq!(answer.status, 403, "{operation} for {name}: {value}: {answer:?}");
                    assert_eq!(answer.code(), "cross_origin", "{operation} for {name}: {value}");
                    tried += 1;
                }
            }
        }
        assert!(tried > 100, "only {tried} requests were tried");
    });
}

#[test]
fn a_disabled_user_cannot_sign_in_and_is_unknown_at_auth_at_once() {
    on_a_busy_market(async |market| {
        let person = market.sign_up().await;
        let credentials = json!({ "email": person.email, "password": PASSWORD });
        market.site.post("/api/users/sessions", &credentials).await.expect(201);
        callers::disable(market, &person).await;
        let refused = market.site.post("/api/users/sessions", &credentials).await.expect(401);
        let unknown = json!({ "email": "nobody@stagedoor.example", "password": PASSWORD });
        let of_nobody = market.site.post("/api/users/sessions", &unknown).await.expect(401);
        assert_eq!(refused.json()["detail"], of_nobody.json()["detail"], "it tells who has an account");
        person.get("/api/users/me").await.expect(401);
    });
}

fn route(operation: &Operation) -> String {
    operation.to_string()
}

/// Whether this caller would change what the others ask about.
fn changes_the_scene(operation: &Operation, who: Who) -> bool {
    let makes = operation.method == "POST" && MAKERS.contains(&operation.path.as_str());
    operation.method != "GET" && expected(&route(operation), who) < 300 && !makes
}

/// What these cells of the table do not say.
async fn check(market: &Market, scene: &Scene, cells: Vec<(&Operation, &Caller)>) -> Vec<String> {
    let checks = cells.into_iter().map(|(operation, by)| check_one(market, scene, operation, by));
    stream::iter(checks).buffer_unordered(AT_ONCE).concat().await
}

async fn check_one(market: &Market, scene: &Scene, operation: &Operation, by: &Caller) -> Vec<String> {
    let answer = ask(market, scene, operation, &scene.path(operation), by).await;
    let expected = expected(&route(operation), by.who);
    let header = |name: &str| answer.headers.get(name).map(String::as_str);
    let told = expected < 400 || header("content-type") == Some("application/problem+json");
    let challenged = expected != 401 || header("www-authenticate").is_some();
    if answer.status == expected && told && challenged {
        return Vec::new();
    }
    vec![format!("{operation} by {}: {expected} expected, {answer:?}", by.name)]
}

async fn ask(market: &Market, scene: &Scene, operation: &Operation, path: &str, by: &Caller) -> Answer {
    send(request(market, scene, operation, path, by)).await.unwrap()
}

/// A request that is right in everything but perhaps its caller.
fn request(market: &Market, scene: &Scene, operation: &Operation, path: &str, by: &Caller) -> RequestBuilder {
    let request = by.show_to(market.site.request(&operation.method, path));
    let request = if operation.needs_key() { request.header("Idempotency-Key", new_key()) } else { request };
    match body(scene, operation) {
        Some(body) => request.json(&body),
        None => request,
    }
}

fn body(scene: &Scene, operation: &Operation) -> Option<Value> {
    match route(operation).as_str() {
        "POST /api/users" => {
            let email = format!("{}@stagedoor.example", new_key());
            Some(json!({ "email": email, "password": PASSWORD, "name": "Somebody" }))
        }
        "POST /api/users/sessions" => Some(json!({ "email": scene.buyer.email, "password": PASSWORD })),
        "POST /api/payments/webhooks/sandbox" => Some(json!({ "reference": scene.payment })),
        _ => {
            let bodies: Vec<(Person, Value)> = scene.good_bodies(operation);
            bodies.into_iter().next().map(|(_, body)| body)
        }
    }
}

//! Every route is in one of two lists: who may call it without being signed in is a decision.

use common::{
    http::{Access, RouteInfo, routes_of},
    testing::Answer,
};
use serde_json::json;

use crate::app::TestApp;

const PUBLIC: [(&str, &str); 4] = [
    ("GET", "/api/listings"),
    ("GET", "/api/listings/{id}"),
    ("GET", "/api/shows"),
    ("GET", "/api/shows/{id}"),
];
const SIGNED_IN: [(&str, &str); 7] = [
    ("POST", "/api/shows"),
    ("PATCH", "/api/shows/{id}"),
    ("POST", "/api/listings"),
    ("PATCH", "/api/listings/{id}"),
    ("POST", "/api/listings/{id}/withdraw"),
    ("GET", "/api/passes"),
    ("GET", "/api/passes/{id}"),
];

#[test]
fn every_route_is_public_or_needs_a_user() {
    let route = |access| {
        move |(method, path): (&'static str, &str)| RouteInfo { method, path: path.to_owned(), access }
    };
    let public = PUBLIC.into_iter().map(route(Access::Public));
    let mut listed: Vec<RouteInfo> =
        public.chain(SIGNED_IN.into_iter().map(route(Access::SignedIn))).collect();
    let mut routes = routes_of(&tickets::routes::openapi());
    listed.sort();
    routes.sort();
    assert_eq!(routes, listed);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_signed_in_is_told_so_whatever_the_request_says() {
    let app = TestApp::start().await;
    for (method, path) in SIGNED_IN {
        for token in [None, Some("garbage"), Some("eyJhbGciOiJub25lIn0.e30.")] {
            let answer = call(&app, method, path, token).await.expect(401);
            assert_eq!(answer.headers["content-type"], "application/problem+json");
            assert!(answer.headers.contains_key("www-authenticate"), "{answer:?}");
        }
    }
    for (method, path) in PUBLIC {
        let answer = call(&app, method, path, None).await;
        assert!([200, 404].contains(&answer.status), "{method} {path}: {answer:?}");
    }
    assert_eq!(app.documents().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_openapi_document_that_is_served_is_the_one_of_the_code() {
    let app = TestApp::start().await;
    let served = app.get("/api/shows/openapi.json").await.expect(200).json();
    assert_eq!(served, serde_json::to_value(tickets::routes::openapi()).unwrap());
}

async fn call(app: &TestApp, method: &str, path: &str, token: Option<&str>) -> Answer {
    let path = path.replace("{id}", "01932f5c-7f1e-7cc3-98c4-dc0c0c07398f");
    let request = app.world.request(method, app.running.port(), &path, None);
    let request = match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    let request = if method == "GET" { request } else { request.json(&json!({ "nonsense": true })) };
    Answer::read(request.send().await.unwrap()).await
}

//! Whatever a body says: a problem document that names the field, and no effect.

use common::{
    events::order::{OrderCompleted, OrderStatus},
    ids::OrderId,
    testing::Answer,
};
use serde_json::{Value, json};

use crate::app::{TestApp, assert_names, assert_problem, later, signer};

/// A request that would be carried out.
struct Good {
    method: &'static str,
    path: String,
    body: Value,
}

/// Each route with a body. The admin sends, who may do all of it.
async fn good_requests(app: &TestApp) -> Vec<Good> {
    let show = app.show().await;
    let listing = app.listing(show, 4, 5_000).await;
    let price = json!({ "amountCents": 4_000, "currency": "GBP" });
    let offer = json!({
        "showId": show, "section": "Stalls", "row": "C", "seats": ["1", "2"], "splitRule": "any", "price": price,
    });
    let edit = json!({
        "title": "Macbeth", "performers": ["Witches"], "startsAt": app.in_days(40), "status": "scheduled",
    });
    let order = later(&app.order(show, listing, &[1]), 3, OrderStatus::Completed);
    app.world.publish(OrderCompleted(order)).await;
    app.world.settle().await;
    let pass = app.get_as(&app.buyer, "/api/passes").await.expect(200).json()["items"][0].take();
    let code = signer().sign(&serde_json::from_value(pass).unwrap());
    vec![
        Good { method: "POST", path: "/api/shows".to_owned(), body: app.new_show(20) },
        Good { method: "PATCH", path: format!("/api/shows/{show}"), body: edit },
        Good { method: "POST", path: "/api/listings".to_owned(), body: offer },
        Good { method: "PATCH", path: format!("/api/listings/{listing}"), body: json!({ "price": price }) },
        Good { method: "POST", path: "/api/passes/check-ins".to_owned(), body: json!({ "code": code }) },
    ]
}

/// The pointers of all values in a body, but for `null`.
fn pointers(value: &Value, at: &str) -> Vec<String> {
    let inner: Vec<String> = match value {
        Value::Object(fields) => {
            fields.iter().flat_map(|(name, value)| pointers(value, &format!("{at}/{name}"))).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(n, item)| pointers(item, &format!("{at}/{n}"))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    let this = if at.is_empty() { None } else { Some(at.to_owned()) };
    this.into_iter().chain(inner).collect()
}

/// Values that no field of ours accepts.
fn never_acceptable() -> Vec<Value> {
    vec![
        json!(true),
        json!(-1),
        json!(-1.5),
        json!(1e300),
        json!(i64::MIN),
        json!(u64::MAX),
        json!({ "$gt": "" }),
        json!([{ "$gt": "" }]),
        json!([[]]),
        json!(""),
        json!(" "),
        json!("nul\u{0}"),
        json!("escape\u{1b}[2J"),
        json!("line\nbreak"),
        json!("\u{202e}turned around"),
        json!("x".repeat(10_000)),
    ]
}

async fn send(app: &TestApp, request: &Good, body: &Value) -> Answer {
    let call = app.world.request(request.method, app.running.port(), &request.path, Some(&app.admin));
    let call = call.header("Idempotency-Key", OrderId::generate().to_string());
    Answer::read(call.json(body).send().await.unwrap()).await
}

async fn assert_unchanged(app: &TestApp) {
    assert_eq!(app.documents().await, 3, "only the show, the listing and an order of it are there");
    let pass = app.get_as(&app.buyer, "/api/passes").await.expect(200).json();
    assert_eq!(pass["items"][0]["version"], 1, "{pass}");
    let versions = async |path: &str| {
        let list = app.get(path).await.expect(200).json();
        assert_eq!(list["items"][0]["version"], 1, "{list}");
    };
    versions("/api/shows").await;
    versions("/api/listings").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_absurd_is_named() {
    let app = TestApp::start().await;
    for request in good_requests(&app).await {
        for pointer in pointers(&request.body, "") {
            for value in never_acceptable() {
                let mut body = request.body.clone();
                *body.pointer_mut(&pointer).unwrap() = value.clone();
                let answer = send(&app, &request, &body).await;
                assert_names(&answer, &pointer);
            }
        }
    }
    assert_unchanged(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_missing_is_named() {
    let app = TestApp::start().await;
    for request in good_requests(&app).await {
        let optional = |pointer: &str| {
            request.path.starts_with("/api/shows/") || matches!(pointer, "/row" | "/performers/1")
        };
        for pointer in pointers(&request.body, "").into_iter().filter(|pointer| !optional(pointer)) {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            let mut body = request.body.clone();
            let Value::Object(fields) = body.pointer_mut(parent).unwrap() else { continue };
            fields.remove(name);
            assert_names(&send(&app, &request, &body).await, &pointer);
        }
    }
    assert_unchanged(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_does_not_exist_is_named() {
    let app = TestApp::start().await;
    for request in good_requests(&app).await {
        let objects = pointers(&request.body, "")
            .into_iter()
            .filter(|at| request.body.pointer(at).unwrap().is_object());
        for parent in objects.chain([String::new()]) {
            for name in ["$where", "sellerId", "id", "version", "__proto__"] {
                let mut body = request.body.clone();
                body.pointer_mut(&parent).unwrap()[name] = json!("x");
                assert_names(&send(&app, &request, &body).await, &format!("{parent}/{name}"));
            }
        }
    }
    assert_unchanged(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn particular_fields_have_particular_limits() {
    let app = TestApp::start().await;
    let requests = good_requests(&app).await;
    let (show, edit, offer) = (&requests[0], &requests[1], &requests[2]);
    let none = json!([]);
    let many: Value = (0..51).map(|n| format!("Player {n}")).collect();
    for (request, pointer, value) in [
        (show, "/title", json!("é".repeat(201))),
        (show, "/performers", none.clone()),
        (show, "/performers", many.clone()),
        (show, "/performers/0", json!("é".repeat(101))),
        (show, "/venue/name", json!("é".repeat(121))),
        (show, "/venue/city", json!("é".repeat(121))),
        (show, "/venue/timeZone", json!("Mars/Olympus_Mons")),
        (show, "/category", json!("opera")),
        (show, "/startsAt", json!("2020-01-01T00:00:00Z")),
        (show, "/startsAt", json!("tomorrow")),
        (show, "/startsAt", json!("2027-02-30T00:00:00Z")),
        (show, "/startsAt", json!("99999-01-01T00:00:00Z")),
        (edit, "/performers", none),
        (edit, "/performers", many),
        (edit, "/startsAt", json!("2020-01-01T00:00:00Z")),
        (edit, "/status", json!("sold_out")),
        (offer, "/section", json!("é".repeat(41))),
        (offer, "/row", json!("é".repeat(21))),
        (offer, "/showId", json!("7")),
        (offer, "/showId", json!("{01932f5c-7f1e-7cc3-98c4-dc0c0c07398f}")),
        (offer, "/seats", json!("1")),
        (offer, "/splitRule", json!("none")),
    ] {
        let mut body = request.body.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        assert_names(&send(&app, request, &body).await, pointer);
    }
    assert_unchanged(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_none_is_refused() {
    let app = TestApp::start().await;
    for request in good_requests(&app).await {
        let deep = "[".repeat(20_000);
        for body in ["", "{", "[]", "null", "7", "\"text\"", "{}x", "\u{feff}{}", deep.as_str()] {
            let call = app.world.request(request.method, app.running.port(), &request.path, Some(&app.admin));
            let call = call.header("Content-Type", "application/json").body(body.to_owned());
            assert_problem(&Answer::read(call.send().await.unwrap()).await);
        }
        let call = app.world.request(request.method, app.running.port(), &request.path, Some(&app.admin));
        let call = call
            .header("Idempotency-Key", "k")
            .header("Content-Type", "text/plain")
            .body(request.body.to_string());
        Answer::read(call.send().await.unwrap()).await.expect(415);
        let mut body = request.body.clone();
        body["title"] = json!("x".repeat(1_000_000));
        assert_problem(&send(&app, &request, &body).await.expect(413));
    }
    assert_unchanged(&app).await;
}

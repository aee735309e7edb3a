//! What cannot be meant is refused with the name of the field, and does nothing.

use common::ids::ListingId;
use serde_json::{Value, json};

use crate::app::{TestApp, wish};

/// Each wrong body with the field that is to blame.
fn wrong_bodies(good: &Value) -> Vec<(Value, &'static str)> {
    let with = |field: &str, value: Value| {
        let mut body = good.clone();
        body[field] = value;
        body
    };
    let without = |field: &str| {
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(field);
        body
    };
    let mut bodies = vec![
        (without("listingId"), "/listingId"),
        (without("quantity"), "/quantity"),
        (without("expectedPriceCents"), "/expectedPriceCents"),
        (with("extra", json!(1)), "/extra"),
        (with("buyerId", json!(ListingId::generate())), "/buyerId"),
        (with("$where", json!("1")), "/$where"),
        (json!([]), ""),
        (json!("text"), ""),
        (json!(null), ""),
    ];
    let not_ids = [
        json!({ "$gt": "" }),
        json!(""),
        json!("7"),
        json!(7),
        json!(null),
        json!([ListingId::generate()]),
        json!("x".repeat(10_000)),
        json!("\u{0}\u{1b}[2J"),
        json!("ffffffff-ffff-ffff-ffff-fffffffffffg"),
    ];
    let not_quantities = [
        json!({ "$gt": "" }),
        json!("2"),
        json!(null),
        json!(0),
        json!(-1),
        json!(9),
        json!(1.5),
        json!(u64::MAX),
        json!([2]),
    ];
    let not_prices = [
        json!({ "$gt": "" }),
        json!("5000"),
        json!(null),
        json!(-1),
        json!(1_000_000_001),
        json!(0.5),
        json!(u64::MAX),
    ];
    bodies.extend(not_ids.into_iter().map(|value| (with("listingId", value), "/listingId")));
    bodies.extend(not_quantities.into_iter().map(|value| (with("quantity", value), "/quantity")));
    bodies.extend(
        not_prices.into_iter().map(|value| (with("expectedPriceCents", value), "/expectedPriceCents")),
    );
    bodies
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_order_is_refused_with_the_name_of_the_field() {
    let app = TestApp::start().await;
    let listing = app.listing(8).await;
    let buyer = app.world.user();
    for (number, (body, pointer)) in wrong_bodies(&wish(&listing, 2)).into_iter().enumerate() {
        let answer = app.post("/api/orders", &buyer, &format!("wrong-{number}"), &body).await;
        assert_eq!((answer.status, answer.code().as_str()), (422, "invalid"), "{body}: {answer:?}");
        assert_eq!(answer.pointers(), [pointer], "{body}: {answer:?}");
        assert_eq!(answer.headers["content-type"], "application/problem+json");
    }
    let orders = app.get("/api/orders", &buyer).await.expect(200).json();
    assert_eq!(orders["items"], json!([]));
    assert_eq!(app.place(&buyer, &listing, 8).await.seats.len(), 8, "no seat was claimed");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_json_is_refused() {
    let app = TestApp::start().await;
    let buyer = app.world.user();
    let send = async |body: String, kind: &str| {
        let request = app.world.request("POST", app.running.port(), "/api/orders", Some(&buyer));
        let request = request.header("Idempotency-Key", "k").header("Content-Type", kind).body(body);
        common::testing::Answer::read(request.send().await.unwrap()).await
    };
    assert_eq!(send("{".to_owned(), "application/json").await.expect(400).code(), "malformed_json");
    send("{}".to_owned(), "text/plain").await.expect(415);
    send(format!("\"{}\"", "x".repeat(1_000_000)), "application/json").await.expect(413);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_cannot_be_one_is_refused() {
    let app = TestApp::start().await;
    let listing = app.listing(2).await;
    let buyer = app.world.user();
    for key in ["two words", "tab\tbed", &"k".repeat(129)] {
        let answer = app.post("/api/orders", &buyer, key, &wish(&listing, 2)).await;
        assert_eq!(answer.status, 400, "{key:?}: {answer:?}");
    }
    // What looks like a query is a key like any other.
    app.post("/api/orders", &buyer, "{\"$gt\":\"\"}", &wish(&listing, 2)).await.expect(201);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_id_names_no_order() {
    let app = TestApp::start().await;
    let admin = app.world.admin();
    for id in [
        "7",
        "%7B%22$gt%22:%22%22%7D",
        "%00",
        "..%2f..",
        "00000000000000000000000000000000",
        &"x".repeat(2_000),
    ] {
        for (method, action) in [("GET", ""), ("POST", "/cancel"), ("POST", "/refund")] {
            let path = format!("/api/orders/{id}{action}");
            let request = app.world.request(method, app.running.port(), &path, Some(&admin));
            let answer = request.header("Idempotency-Key", "k").send().await.unwrap();
            assert_eq!(answer.status().as_u16(), 404, "{method} {path}");
        }
    }
    app.end().await;
}

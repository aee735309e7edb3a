//! Bad input: a problem document that names the field, never a 5xx, never half an effect.

use common::ids::OrderId;
use serde_json::{Value, json};

use crate::app::*;

#[tokio::test]
async fn every_field_is_checked_and_named() {
    let app = TestApp::start().await;
    let order = app.place().await;
    let (id, good) = (json!(order.id), json!("tok_a"));
    let long = json!("a".repeat(200));
    let bodies: [(Value, &str); 15] = [
        (json!({ "paymentMethod": good }), "/orderId"),
        (json!({ "orderId": id }), "/paymentMethod"),
        (json!({ "orderId": null, "paymentMethod": good }), "/orderId"),
        (json!({ "orderId": 7, "paymentMethod": good }), "/orderId"),
        (json!({ "orderId": "7", "paymentMethod": good }), "/orderId"),
        (json!({ "orderId": { "$gt": "" }, "paymentMethod": good }), "/orderId"),
        (json!({ "orderId": "{\"$gt\": \"\"}", "paymentMethod": good }), "/orderId"),
        (json!({ "orderId": id, "paymentMethod": "" }), "/paymentMethod"),
        (json!({ "orderId": id, "paymentMethod": null }), "/paymentMethod"),
        (json!({ "orderId": id, "paymentMethod": -1 }), "/paymentMethod"),
        (json!({ "orderId": id, "paymentMethod": { "$gt": "" } }), "/paymentMethod"),
        (json!({ "orderId": id, "paymentMethod": "{\"$gt\": \"\"}" }), "/paymentMethod"),
        (json!({ "orderId": id, "paymentMethod": "tok_\u{0}" }), "/paymentMethod"),
        (json!({ "orderId": id, "paymentMethod": long }), "/paymentMethod"),
        (json!({ "orderId": id, "paymentMethod": good, "amountCents": 1 }), "/amountCents"),
    ];
    for (body, pointer) in bodies {
        let answer = app.world.post_once(app.port(), "/api/payments", Some(&app.buyer), "key", &body).await;
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert_eq!(answer.expect(422).pointers(), [pointer], "{body}");
    }
    let page = app.world.get(app.port(), "/api/payments", Some(&app.buyer)).await.expect(200).json();
    assert_eq!(page["items"], json!([]), "nothing was made");
}

#[tokio::test]
async fn a_body_that_is_none_and_a_body_without_end_are_refused() {
    let app = TestApp::start().await;
    let send = async |body: String| {
        let request = app.world.request("POST", app.port(), "/api/payments", Some(&app.buyer));
        let request = request.header("Idempotency-Key", "key").header("content-type", "application/json");
        common::testing::Answer::read(request.body(body).send().await.unwrap()).await
    };
    assert_eq!(send("{".to_owned()).await.expect(400).code(), "malformed_json");
    send(format!("{{\"orderId\": \"{}\"}}", "x".repeat(1_000_000))).await.expect(413);
    send("[]".to_owned()).await.expect(422);
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let app = TestApp::start().await;
    let long = "k".repeat(129);
    for key in ["two words", long.as_str()] {
        let answer = app.pay_with(&app.buyer, key, OrderId::generate(), "tok_a").await.expect(400);
        assert_eq!(answer.code(), "idempotency_key_invalid");
    }
}

#[tokio::test]
async fn parameters_of_lists_are_checked_and_named() {
    let app = TestApp::start().await;
    for (query, pointer) in [
        ("orderId=7", "/query/orderId"),
        ("orderId=%7B%22$gt%22:%22%22%7D", "/query/orderId"),
        ("limit=0", "/query/limit"),
        ("limit=-1", "/query/limit"),
        ("limit=99999999999999999999", "/query/limit"),
        ("cursor=garbage", "/query/cursor"),
        ("cursor=eyIkZ3QiOiIifQ", "/query/cursor"),
    ] {
        let path = format!("/api/payments?{query}");
        let answer = app.world.get(app.port(), &path, Some(&app.buyer)).await.expect(422);
        assert_eq!(answer.pointers(), [pointer], "{query}");
    }
}

#[tokio::test]
async fn a_webhook_of_a_megabyte_is_refused() {
    let app = TestApp::start().await;
    let request = app.world.request("POST", app.port(), "/api/payments/webhooks/sandbox", None);
    let answer = request.body("x".repeat(1_000_000)).send().await.unwrap();
    let answer = common::testing::Answer::read(answer).await;
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    answer.expect(413);
}

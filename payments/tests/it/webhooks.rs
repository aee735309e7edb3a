//! What the gateway says by itself is a hint.

use std::time::Duration;

use common::{events::payment::PaymentStatus, ids::PaymentId, testing::Answer};
use payments::{gateway::signature, routes::PaymentView};

use crate::app::*;

const PATH: &str = "/api/payments/webhooks/sandbox";

async fn send(app: &TestApp, signature: Option<String>, body: &str) -> Answer {
    let mut request = app.world.request("POST", app.port(), PATH, None).body(body.to_owned());
    if let Some(signature) = signature {
        request = request.header(signature::HEADER, signature);
    }
    Answer::read(request.send().await.unwrap()).await
}

fn body(reference: &str) -> String {
    serde_json::json!({ "type": "authorization.captured", "reference": reference }).to_string()
}

#[tokio::test]
async fn a_webhook_that_is_not_signed_by_the_gateway_is_refused() {
    let app = TestApp::start().await;
    let body = body(&PaymentId::generate().to_string());
    let now = app.world.now();
    let sign = |secret: &str, at| signature::sign(&secret.into(), at, body.as_bytes());
    for signature in [
        None,
        Some(String::new()),
        Some("t=1,v1=00".to_owned()),
        Some(sign("another secret", now)),
        Some(sign(SECRET, now.minus(Duration::from_mins(6)))),
        Some(sign(SECRET, now.plus(Duration::from_mins(6)))),
        Some(signature::sign(&SECRET.into(), now, b"another body")),
    ] {
        let answer = send(&app, signature, &body).await.expect(400);
        assert_eq!(answer.code(), "invalid_signature");
    }
}

#[tokio::test]
async fn a_signed_webhook_is_understood_even_if_it_is_about_nothing() {
    let app = TestApp::start().await;
    for body in
        [body(&PaymentId::generate().to_string()), body("{\"$gt\": \"\"}"), "[]".to_owned(), String::new()]
    {
        let signature = signature::sign(&SECRET.into(), app.world.now(), body.as_bytes());
        assert_eq!(send(&app, Some(signature), &body).await.expect(204).text, "");
    }
}

#[tokio::test]
async fn a_webhook_is_not_believed_but_looked_into() {
    let app = TestApp::start().await;
    let order = app.place().await;
    let payment: PaymentView = app.pay(&order, NEEDS_AUTHENTICATION).await.expect(201).body();
    let lie = body(&payment.id.to_string());
    let signature = signature::sign(&SECRET.into(), app.world.now(), lie.as_bytes());
    for _ in 0..3 {
        send(&app, Some(signature.clone()), &lie).await.expect(204);
    }
    app.world.settle().await;
    assert_eq!(app.payment(payment.id).await.status, PaymentStatus::Authorizing);
    assert_eq!(app.effects(payment.id).await, ["action_required"]);
}

#[tokio::test]
async fn webhooks_may_come_twice_late_or_before_the_answer() {
    let app = TestApp::start().await;
    for card in [DUPLICATE_WEBHOOKS, LATE_WEBHOOKS, EARLY_WEBHOOK] {
        let order = app.place().await;
        let payment: PaymentView = app.pay(&order, card).await.expect(201).body();
        assert_eq!(payment.status, PaymentStatus::Authorized, "{card}");
        let order = confirmed_by(&order, payment.id);
        app.tell(&order).await;
        app.until(payment.id, PaymentStatus::Captured).await;
        // The late ones arrive now.
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(app.payment(payment.id).await.status, PaymentStatus::Captured);
        assert_eq!(app.effects(payment.id).await, ["authorized", "captured"], "{card}");
        assert_eq!(app.stored(payment.id).await.version, 2, "{card}");
        app.assert_sound(&order).await;
    }
}

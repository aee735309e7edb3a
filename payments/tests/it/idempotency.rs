//! One idempotency key, one payment.

use common::ids::OrderId;
use futures::future::join_all;
use payments::routes::PaymentView;

use crate::app::*;

#[tokio::test(flavor = "multi_thread")]
async fn eight_requests_under_one_key_make_one_payment() {
    let app = TestApp::start().await;
    let order = app.place().await;
    let token = app.token(VISA).await;
    let answers = join_all((0..8).map(|_| app.pay_with(&app.buyer, "key", order.id, &token))).await;
    let payments: Vec<PaymentView> = answers.into_iter().map(|answer| answer.expect(201).body()).collect();
    assert!(payments.iter().all(|payment| payment.id == payments[0].id), "{payments:#?}");
    assert_eq!(app.effects(payments[0].id).await, ["authorized"]);
}

#[tokio::test]
async fn a_repeated_request_has_the_same_answer_whatever_became_of_the_order() {
    let app = TestApp::start().await;
    let order = app.place().await;
    let token = app.token(DECLINED).await;
    let first: PaymentView = app.pay_with(&app.buyer, "key", order.id, &token).await.expect(201).body();
    app.tell(&then(&order, common::events::order::OrderStatus::Expired)).await;
    let again: PaymentView = app.pay_with(&app.buyer, "key", order.id, &token).await.expect(201).body();
    assert_eq!(first, again);
}

#[tokio::test]
async fn a_key_cannot_be_used_for_another_body() {
    let app = TestApp::start().await;
    let (order, other) = (app.place().await, app.place().await);
    let (token, card) = (app.token(VISA).await, app.token(VISA).await);
    app.pay_with(&app.buyer, "key", order.id, &token).await.expect(201);
    for (order, token) in [(other.id, &token), (order.id, &card)] {
        let answer = app.pay_with(&app.buyer, "key", order, token).await.expect(422);
        assert_eq!(answer.code(), "idempotency_key_reused");
    }
}

#[tokio::test]
async fn the_key_of_another_buyer_is_another_key() {
    let app = TestApp::start().await;
    let order = app.place().await;
    let token = app.token(VISA).await;
    app.pay_with(&app.buyer, "key", order.id, &token).await.expect(201);
    let stranger = app.world.user();
    app.pay_with(&stranger, "key", order.id, &token).await.expect(404);
}

#[tokio::test]
async fn a_payment_needs_a_key() {
    let app = TestApp::start().await;
    let body = serde_json::json!({ "orderId": OrderId::generate(), "paymentMethod": "tok_a" });
    let answer = app.world.post(app.port(), "/api/payments", Some(&app.buyer), &body).await.expect(400);
    assert_eq!(answer.code(), "idempotency_key_required");
}

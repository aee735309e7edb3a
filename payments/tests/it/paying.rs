//! Paying an order.

use std::time::Duration;

use common::events::{
    order::OrderStatus,
    payment::{DeclineReason, PaymentAuthorized, PaymentCaptured, PaymentDeclined, PaymentStatus},
};
use payments::routes::{NextAction, PaymentView};

use crate::app::*;

#[tokio::test]
async fn a_card_is_authorised_then_charged_when_the_order_is_confirmed() {
    let app = TestApp::start().await;
    let order = app.place().await;
    let answer = app.pay(&order, VISA).await.expect(201);
    let payment: PaymentView = answer.body();
    assert_eq!(answer.headers["location"], format!("/api/payments/{}", payment.id));
    assert_eq!((payment.status, payment.amount), (PaymentStatus::Authorized, order.total));
    let card = payment.card.unwrap();
    assert_eq!((card.brand.as_str(), card.last4.as_str()), ("visa", "4242"));
    app.world.settle().await;
    let told: Vec<PaymentAuthorized> = app.world.published().await;
    assert_eq!((told.len(), told[0].0.version, told[0].0.id), (1, 1, payment.id));
    assert_eq!(app.effects(payment.id).await, ["authorized"], "nothing is charged yet");

    let order = confirmed_by(&order, payment.id);
    app.tell(&order).await;
    app.until(payment.id, PaymentStatus::Captured).await;
    app.world.settle().await;
    let told: Vec<PaymentCaptured> = app.world.published().await;
    assert_eq!((told.len(), told[0].0.version), (1, 2));
    assert_eq!(app.effects(payment.id).await, ["authorized", "captured"]);
    app.assert_sound(&order).await;
}

#[tokio::test]
async fn after_a_decline_another_card_can_be_tried() {
    let app = TestApp::start().await;
    let order = app.place().await;
    for (number, reason) in [
        (DECLINED, DeclineReason::CardDeclined),
        ("4000000000009995", DeclineReason::InsufficientFunds),
        ("4000000000000069", DeclineReason::ExpiredCard),
        ("4000000000000127", DeclineReason::IncorrectCvc),
        ("4000008400001629", DeclineReason::AuthenticationFailed),
    ] {
        let declined: PaymentView = app.pay(&order, number).await.expect(201).body();
        assert_eq!((declined.status, declined.decline_reason), (PaymentStatus::Declined, Some(reason)));
        assert_eq!(declined.card.unwrap().last4, number[12..]);
    }
    let paid: PaymentView = app.pay(&order, "5555555555554444").await.expect(201).body();
    assert_eq!(paid.status, PaymentStatus::Authorized);
    app.world.settle().await;
    assert_eq!(app.world.published::<PaymentDeclined>().await.len(), 5);
    app.assert_sound(&order).await;
}

#[tokio::test]
async fn a_token_that_the_gateway_does_not_know_is_declined() {
    let app = TestApp::start().await;
    let order = app.place().await;
    let answer = app.pay_with(&app.buyer, "key", order.id, "tok_nobodyknows").await.expect(201);
    let payment: PaymentView = answer.body();
    assert_eq!(payment.decline_reason, Some(DeclineReason::UnknownPaymentMethod));
}

#[tokio::test]
async fn an_order_that_does_not_await_payment_cannot_be_paid() {
    let app = TestApp::start().await;
    for status in [
        OrderStatus::Confirmed,
        OrderStatus::Completed,
        OrderStatus::Refunding,
        OrderStatus::Refunded,
        OrderStatus::Cancelled,
        OrderStatus::Expired,
    ] {
        let order = then(&app.place().await, status);
        app.tell(&order).await;
        let answer = app.pay(&order, VISA).await.expect(409);
        assert_eq!(answer.code(), "order_closed", "{status:?}");
    }
}

#[tokio::test]
async fn paying_after_the_hold_is_too_late_even_before_anybody_said_so() {
    let app = TestApp::start().await;
    let order = app.place().await;
    app.world.clock.advance(Duration::from_mins(15));
    assert_eq!(app.pay(&order, VISA).await.expect(409).code(), "order_closed");
}

#[tokio::test]
async fn an_order_that_was_placed_a_moment_ago_can_be_paid_before_its_news_is_here() {
    let app = TestApp::start().await;
    let order = new_order(&app.world, &app.buyer);
    let (paid, ()) = tokio::join!(app.pay(&order, VISA), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        tell_only(&app.world, &order).await;
    });
    paid.expect(201);
}

#[tokio::test]
async fn a_payment_waits_for_three_d_secure_and_goes_on_when_the_bank_agrees() {
    let app = TestApp::start().await;
    let order = app.place().await;
    let payment: PaymentView = app.pay(&order, NEEDS_AUTHENTICATION).await.expect(201).body();
    assert_eq!(payment.status, PaymentStatus::Authorizing);
    let url = format!("/sandbox/v1/challenges/{}", payment.id);
    assert_eq!(payment.next_action, Some(NextAction::Authenticate { url }), "the buyer is told where to go");
    assert_eq!(app.stored(payment.id).await.payment_method, None, "the token is not needed any more");
    let agree = serde_json::json!({ "outcome": "succeeded" });
    let path = format!("/v1/challenges/{}", payment.id);
    app.gateway("POST", &path, Some(&agree)).await.expect(200);
    let payment = app.until(payment.id, PaymentStatus::Authorized).await;
    assert_eq!(payment.next_action, None, "nothing is left to do");
}

#[tokio::test]
async fn a_payment_is_declined_when_three_d_secure_fails() {
    let app = TestApp::start().await;
    let order = app.place().await;
    let payment: PaymentView = app.pay(&order, NEEDS_AUTHENTICATION).await.expect(201).body();
    let refuse = serde_json::json!({ "outcome": "failed" });
    let path = format!("/v1/authorizations/{}/authenticate", payment.id);
    app.gateway("POST", &path, Some(&refuse)).await.expect(402);
    let payment = app.until(payment.id, PaymentStatus::Declined).await;
    assert_eq!(payment.decline_reason, Some(DeclineReason::AuthenticationFailed));
    app.pay(&order, VISA).await.expect(201);
}

#[tokio::test]
async fn a_card_number_reaches_neither_database_nor_answer() {
    let app = TestApp::start().await;
    let order = app.place().await;
    let answer = app.pay_with(&app.buyer, "key", order.id, VISA).await.expect(422);
    assert_eq!(answer.pointers(), ["/paymentMethod"]);
    assert!(!answer.text.contains(VISA), "{answer:?}");
    let number: u64 = VISA.parse().unwrap();
    let body = serde_json::json!({ "orderId": order.id, "paymentMethod": number });
    let answer = app.world.post_once(app.port(), "/api/payments", Some(&app.buyer), "key", &body).await;
    assert!(!answer.text.contains(VISA), "{answer:?}");
    assert_eq!(answer.expect(422).pointers(), ["/paymentMethod"]);

    let paid: PaymentView = app.pay(&order, VISA).await.expect(201).body();
    let stored = serde_json::to_string(&app.stored(paid.id).await).unwrap();
    let ledger = serde_json::to_string(&app.ledger().await).unwrap();
    assert!(!stored.contains(VISA) && !stored.contains("tok_"), "{stored}");
    assert!(!ledger.contains(VISA));
}

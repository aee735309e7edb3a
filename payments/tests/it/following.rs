//! What becomes of a payment when its order changes.

use common::events::{
    order::OrderStatus,
    payment::{
        DeclineReason, PaymentAuthorized, PaymentFailed, PaymentRefunded, PaymentStatus, PaymentVoided,
    },
};
use payments::routes::PaymentView;

use crate::app::*;

#[tokio::test]
async fn an_authorisation_whose_order_ends_is_voided_and_never_charged() {
    let app = TestApp::start().await;
    for ended in [OrderStatus::Cancelled, OrderStatus::Expired] {
        let order = app.place().await;
        let payment: PaymentView = app.pay(&order, VISA).await.expect(201).body();
        let order = then(&order, ended);
        app.tell(&order).await;
        app.until(payment.id, PaymentStatus::Voided).await;
        assert_eq!(app.effects(payment.id).await, ["authorized", "voided"]);
        app.assert_sound(&order).await;
    }
    assert_eq!(app.world.published::<PaymentVoided>().await.len(), 2);
}

#[tokio::test]
async fn an_authorisation_of_an_order_that_another_payment_took_is_voided() {
    let app = TestApp::start().await;
    let order = app.place().await;
    let payment: PaymentView = app.pay(&order, VISA).await.expect(201).body();
    app.tell(&confirmed_by(&order, common::ids::PaymentId::generate())).await;
    app.until(payment.id, PaymentStatus::Voided).await;
    assert_eq!(app.effects(payment.id).await, ["authorized", "voided"]);
}

#[tokio::test]
async fn a_refund_gives_the_money_back() {
    let app = TestApp::start().await;
    let order = app.place().await;
    let payment: PaymentView = app.pay(&order, VISA).await.expect(201).body();
    let order = confirmed_by(&order, payment.id);
    app.tell(&order).await;
    app.until(payment.id, PaymentStatus::Captured).await;
    let order = then(&order, OrderStatus::Completed);
    app.tell(&order).await;
    let order = then(&order, OrderStatus::Refunding);
    app.tell(&order).await;
    app.until(payment.id, PaymentStatus::Refunded).await;
    assert_eq!(app.effects(payment.id).await, ["authorized", "captured", "refunded"]);
    app.assert_sound(&then(&order, OrderStatus::Refunded)).await;
    let told: Vec<PaymentRefunded> = app.world.published().await;
    assert_eq!((told.len(), told[0].0.version), (1, 3));
}

#[tokio::test]
async fn what_cannot_be_charged_has_failed() {
    let app = TestApp::start().await;
    let order = app.place().await;
    let payment: PaymentView = app.pay(&order, CAPTURE_FAILS).await.expect(201).body();
    app.tell(&confirmed_by(&order, payment.id)).await;
    app.until(payment.id, PaymentStatus::Failed).await;
    assert_eq!(app.effects(payment.id).await, ["authorized", "capture_failed"]);
    app.world.settle().await;
    assert_eq!(app.world.published::<PaymentFailed>().await.len(), 1);
}

#[tokio::test]
async fn an_order_that_ends_while_the_gateway_is_asked_is_never_charged() {
    let app = TestApp::start().await;
    let order = app.place().await;
    // The gateway reserves the money, and its answer is lost; meanwhile the hold is over.
    let (answer, ()) = tokio::join!(app.pay(&order, TIMES_OUT_AFTER), async {
        app.world
            .eventually("the gateway is asked", async || {
                let entries = app.ledger().await;
                entries.iter().any(|entry| entry["kind"] == "authorized").then_some(())
            })
            .await;
        app.tell(&then(&order, OrderStatus::Expired)).await;
    });
    let payment: PaymentView = answer.expect(201).body();
    app.until(payment.id, PaymentStatus::Voided).await;
    assert_eq!(app.effects(payment.id).await, ["authorized", "voided"]);
    app.world.settle().await;
    // The history that others see follows the table: authorised, then voided.
    assert_eq!(app.world.published::<PaymentAuthorized>().await.len(), 1);
    assert_eq!(app.world.published::<PaymentVoided>().await.len(), 1);
    app.assert_sound(&then(&order, OrderStatus::Expired)).await;
}

#[tokio::test]
async fn a_payment_that_waits_for_three_d_secure_ends_with_its_order() {
    let app = TestApp::start().await;
    let order = app.place().await;
    let payment: PaymentView = app.pay(&order, NEEDS_AUTHENTICATION).await.expect(201).body();
    app.tell(&then(&order, OrderStatus::Cancelled)).await;
    let payment = app.until(payment.id, PaymentStatus::Declined).await;
    assert_eq!(payment.decline_reason, Some(DeclineReason::OrderClosed));
    assert_eq!(app.effects(payment.id).await, ["action_required", "voided"]);
}

#[tokio::test]
async fn an_end_that_overtakes_the_beginning_stays_the_end() {
    let app = TestApp::start().await;
    let order = new_order(&app.world, &app.buyer);
    let cancelled = then(&order, OrderStatus::Cancelled);
    app.tell(&cancelled).await;
    tell_only(&app.world, &order).await;
    app.world.settle().await;
    assert_eq!(app.pay(&order, VISA).await.expect(409).code(), "order_closed");
}

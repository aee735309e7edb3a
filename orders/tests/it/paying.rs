//! What payments do to an order.

use common::{
    events::{
        order::{CancelReason, OrderStatus},
        payment::{
            PaymentAuthorized, PaymentDeclined, PaymentFailed, PaymentSnapshot, PaymentStatus, PaymentVoided,
        },
    },
    money::Money,
};

use crate::app::{HOLD, TestApp, next, payment};

#[tokio::test(flavor = "multi_thread")]
async fn an_authorisation_confirms_and_the_capture_completes() {
    let app = TestApp::start().await;
    let listing = app.listing(2).await;
    let buyer = app.world.user();
    let order = app.place(&buyer, &listing, 2).await;
    let paid_by = app.authorize(&order).await;
    let confirmed = app.order(&buyer, order.id).await;
    assert_eq!((confirmed.status, confirmed.payment_id), (OrderStatus::Confirmed, Some(paid_by.id)));
    assert_eq!(app.try_cancel(&buyer, order.id).await.expect(409).code(), "not_cancellable");
    let captured = next(&paid_by, PaymentStatus::Captured);
    app.world.publish(common::events::payment::PaymentCaptured(captured.clone())).await;
    assert_eq!(app.order(&buyer, order.id).await.status, OrderStatus::Completed);
    let kept = app.context().orders.get(order.id).await.unwrap().unwrap().state.payments;
    assert_eq!(kept, [captured]);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_authorisation_wins_and_the_order_says_which() {
    let app = TestApp::start().await;
    let listing = app.listing(2).await;
    let buyer = app.world.user();
    let order = app.place(&buyer, &listing, 2).await;
    let first = app.authorize(&order).await;
    app.world.settle().await;
    let second = app.authorize(&order).await;
    app.world.settle().await;
    app.world.publish(PaymentVoided(next(&second, PaymentStatus::Voided))).await;
    let confirmed = app.order(&buyer, order.id).await;
    assert_eq!((confirmed.status, confirmed.payment_id), (OrderStatus::Confirmed, Some(first.id)));
    assert_eq!(app.history(order.id).await.len(), 2);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authorisation_after_the_deadline_does_not_confirm() {
    let app = TestApp::start().await;
    let listing = app.listing(2).await;
    let buyer = app.world.user();
    let order = app.place(&buyer, &listing, 2).await;
    app.world.clock.advance(HOLD);
    app.authorize(&order).await;
    assert_eq!(app.order(&buyer, order.id).await.status, OrderStatus::AwaitingPayment);
    app.fire(&order).await;
    assert_eq!(app.order(&buyer, order.id).await.status, OrderStatus::Expired);
    app.authorize(&order).await;
    assert_eq!(app.order(&buyer, order.id).await.status, OrderStatus::Expired);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_declined_card_another_one_may_be_tried() {
    let app = TestApp::start().await;
    let listing = app.listing(2).await;
    let buyer = app.world.user();
    let order = app.place(&buyer, &listing, 2).await;
    app.world.publish(PaymentDeclined(payment(&order, PaymentStatus::Declined))).await;
    assert_eq!(app.order(&buyer, order.id).await, order);
    app.pay(&order).await;
    assert_eq!(app.order(&buyer, order.id).await.status, OrderStatus::Completed);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_cannot_be_charged_ends_the_order_and_frees_its_seats() {
    let app = TestApp::start().await;
    let listing = app.listing(2).await;
    for status in [PaymentStatus::Failed, PaymentStatus::Voided] {
        let buyer = app.world.user();
        let order = app.place(&buyer, &listing, 2).await;
        let paid_by = app.authorize(&order).await;
        app.world.settle().await;
        app.world.publish(PaymentFailed(next(&paid_by, status))).await;
        let ended = app.order(&buyer, order.id).await;
        assert_eq!(ended.status, OrderStatus::Cancelled);
        assert_eq!(ended.cancel_reason, Some(CancelReason::PaymentFailed));
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_amount_confirms_nothing() {
    let app = TestApp::start().await;
    let listing = app.listing(2).await;
    let buyer = app.world.user();
    let order = app.place(&buyer, &listing, 2).await;
    let less = Money { amount_cents: order.total.amount_cents - 1, ..order.total };
    let wrong = PaymentSnapshot { amount: less, ..payment(&order, PaymentStatus::Authorized) };
    app.world.publish(PaymentAuthorized(wrong)).await;
    assert_eq!(app.order(&buyer, order.id).await, order);
    app.end().await;
}

//! How money goes back.

use std::time::Duration;

use common::events::{
    listing::{ListingSnapshot, ListingUpdated},
    order::{OrderSnapshot, OrderStatus},
    payment::{PaymentRefunded, PaymentStatus},
};
use futures::future::join_all;
use serde_json::json;

use crate::app::{TestApp, next};

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_frees_the_seats_when_the_money_is_back() {
    let app = TestApp::start().await;
    let listing = app.listing(2).await;
    let buyer = app.world.user();
    let order = app.place(&buyer, &listing, 2).await;
    let paid_by = app.pay(&order).await;
    let refunding = app.try_refund(&buyer, order.id, "refund").await.expect(202).json();
    assert_eq!(refunding["status"], "refunding");
    assert_eq!(app.try_place(&app.world.user(), &listing, 2).await.expect(409).code(), "sold_out");
    app.world.publish(PaymentRefunded(next(&paid_by, PaymentStatus::Refunded))).await;
    assert_eq!(app.order(&buyer, order.id).await.status, OrderStatus::Refunded);
    app.place(&app.world.user(), &listing, 2).await;
    assert_eq!(app.history(order.id).await.len(), 5);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_is_asked_for_again_under_its_key_is_the_same_refund() {
    let app = TestApp::start().await;
    let listing = app.listing(4).await;
    let buyer = app.world.user();
    let (order, other) = (app.place(&buyer, &listing, 2).await, app.place(&buyer, &listing, 2).await);
    app.pay(&order).await;
    app.pay(&other).await;
    let answers = join_all((0..8).map(|_| app.try_refund(&buyer, order.id, "refund"))).await;
    let versions: Vec<u64> =
        answers.into_iter().map(|answer| answer.expect(202).body::<OrderSnapshot>().version).collect();
    assert_eq!(versions, [4; 8]);
    assert_eq!(app.try_refund(&buyer, order.id, "again").await.expect(409).code(), "not_refundable");
    let reused = app.try_refund(&buyer, other.id, "refund").await.expect(422);
    assert_eq!(reused.code(), "idempotency_key_reused");
    assert_eq!(app.order(&buyer, other.id).await.status, OrderStatus::Completed);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_completed_cannot_be_refunded() {
    let app = TestApp::start().await;
    let listing = app.listing(2).await;
    let buyer = app.world.user();
    let order = app.place(&buyer, &listing, 2).await;
    assert_eq!(app.try_refund(&buyer, order.id, "k").await.expect(409).code(), "not_refundable");
    app.authorize(&order).await;
    app.world.settle().await;
    assert_eq!(app.try_refund(&buyer, order.id, "k").await.expect(409).code(), "not_refundable");
    let path = format!("/api/orders/{}/refund", order.id);
    let unnamed = app.world.post(app.running.port(), &path, Some(&buyer), &json!({})).await;
    assert_eq!(unnamed.expect(400).code(), "idempotency_key_required");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_show_has_started_only_an_admin_gives_money_back() {
    let app = TestApp::start().await;
    let listing = app.listing(2).await;
    let buyer = app.world.user();
    let order = app.place(&buyer, &listing, 2).await;
    app.pay(&order).await;
    // The show is earlier than it was when the order was placed.
    let earlier = app.world.now().plus(Duration::from_hours(1));
    let moved = ListingSnapshot { version: 2, show_starts_at: earlier, ..listing };
    app.world.publish(ListingUpdated(moved)).await;
    app.world.settle().await;
    app.world.clock.advance(Duration::from_hours(1));
    assert_eq!(app.try_refund(&buyer, order.id, "k").await.expect(409).code(), "not_refundable");
    app.try_refund(&app.world.admin(), order.id, "k").await.expect(202);
    app.end().await;
}

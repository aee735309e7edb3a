//! What sellers are owed.

use common::{
    events::{
        order::OrderStatus,
        payment::PaymentStatus,
        payout::{PayoutCancelled, PayoutScheduled, PayoutStatus},
    },
    ids::UserId,
    testing::TestUser,
};
use payments::routes::{PaymentView, PayoutView};
use serde_json::Value;

use crate::app::*;

async fn payouts(app: &TestApp, seller: &TestUser) -> Vec<PayoutView> {
    let page: Value = app.world.get(app.port(), "/api/payouts", Some(seller)).await.expect(200).json();
    serde_json::from_value(page["items"].clone()).unwrap()
}

#[tokio::test]
async fn a_seller_is_owed_the_price_once_the_order_is_completed() {
    let app = TestApp::start().await;
    let seller = app.world.user();
    let mut order = new_order(&app.world, &app.buyer);
    order.seller_id = seller.id;
    app.tell(&order).await;
    let payment: PaymentView = app.pay(&order, VISA).await.expect(201).body();
    let order = confirmed_by(&order, payment.id);
    app.tell(&order).await;
    app.until(payment.id, PaymentStatus::Captured).await;
    assert_eq!(payouts(&app, &seller).await, [], "not before the order is completed");

    let order = then(&order, OrderStatus::Completed);
    tell_only(&app.world, &order).await;
    app.tell(&order).await;
    app.world.settle().await;
    let owed = payouts(&app, &seller).await;
    assert_eq!(owed.len(), 1);
    assert_eq!((owed[0].amount, owed[0].status), (order.total, PayoutStatus::Scheduled));
    assert_eq!(app.world.published::<PayoutScheduled>().await.len(), 1);
    assert_eq!(payouts(&app, &app.buyer).await, [], "the buyer is owed nothing");

    let order = then(&order, OrderStatus::Refunding);
    app.tell(&order).await;
    app.until(payment.id, PaymentStatus::Refunded).await;
    app.world.settle().await;
    assert_eq!(payouts(&app, &seller).await[0].status, PayoutStatus::Cancelled);
    assert_eq!(app.world.published::<PayoutCancelled>().await.len(), 1);
}

#[tokio::test]
async fn payouts_are_read_page_by_page() {
    let app = TestApp::start().await;
    let seller = app.world.user();
    for _ in 0..3 {
        complete_order_of(&app, seller.id).await;
    }
    app.world.settle().await;
    let get = async |path: &str| app.world.get(app.port(), path, Some(&seller)).await.expect(200).json();
    let first = get("/api/payouts?limit=2").await;
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = get(&format!("/api/payouts?limit=2&cursor={cursor}")).await;
    assert_eq!(second["items"].as_array().unwrap().len(), 1);
    assert_eq!(second.get("nextCursor"), None);
    let answer = app.world.get(app.port(), "/api/payouts?cursor=garbage", Some(&seller)).await.expect(422);
    assert_eq!(answer.pointers(), ["/query/cursor"]);
}

async fn complete_order_of(app: &TestApp, seller: UserId) {
    let order = new_order(&app.world, &app.buyer);
    let order = common::events::order::OrderSnapshot { seller_id: seller, ..order };
    app.tell(&then(&order, OrderStatus::Completed)).await;
}

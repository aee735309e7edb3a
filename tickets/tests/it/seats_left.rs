//! How many seats are left, as far as the orders tell.

use common::events::order::{
    OrderCancelled, OrderCompleted, OrderConfirmed, OrderCreated, OrderExpired, OrderRefundRequested,
    OrderRefunded, OrderStatus,
};

use crate::app::{TestApp, later};

#[tokio::test(flavor = "multi_thread")]
async fn seats_are_taken_while_an_order_lives() {
    let app = TestApp::start().await;
    let show = app.show().await;
    let listing = app.listing(show, 6, 5_000).await;
    let (bought, cancelled, expired) = (
        app.order(show, listing, &[1, 2]),
        app.order(show, listing, &[3, 4]),
        app.order(show, listing, &[5, 6]),
    );
    let left = async || {
        app.world.settle().await;
        app.seats_left(listing).await
    };
    assert_eq!(left().await, 6);
    for order in [&bought, &cancelled, &expired] {
        app.world.publish(OrderCreated(order.clone())).await;
    }
    assert_eq!(left().await, 0);
    app.world.publish(OrderCancelled(later(&cancelled, 2, OrderStatus::Cancelled))).await;
    app.world.publish(OrderExpired(later(&expired, 2, OrderStatus::Expired))).await;
    app.world.publish(OrderConfirmed(later(&bought, 2, OrderStatus::Confirmed))).await;
    assert_eq!(left().await, 4);
    app.world.publish(OrderCompleted(later(&bought, 3, OrderStatus::Completed))).await;
    app.world.publish(OrderRefundRequested(later(&bought, 4, OrderStatus::Refunding))).await;
    assert_eq!(left().await, 4, "the seats belong to the order until the money is back");
    app.world.publish(OrderRefunded(later(&bought, 5, OrderStatus::Refunded))).await;
    assert_eq!(left().await, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_overtakes_its_beginning_leaves_the_seats_free() {
    let app = TestApp::start().await;
    let show = app.show().await;
    let listing = app.listing(show, 2, 5_000).await;
    let order = app.order(show, listing, &[1, 2]);
    app.world.publish(OrderCancelled(later(&order, 2, OrderStatus::Cancelled))).await;
    app.world.publish(OrderCreated(order.clone())).await;
    app.world.publish(OrderCreated(order)).await;
    app.world.settle().await;
    assert_eq!(app.seats_left(listing).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_that_two_orders_seem_to_have_for_a_moment_is_one_seat() {
    let app = TestApp::start().await;
    let show = app.show().await;
    let listing = app.listing(show, 4, 5_000).await;
    // The first was cancelled, but that news is late.
    app.world.publish(OrderCreated(app.order(show, listing, &[1, 2]))).await;
    app.world.publish(OrderCreated(app.order(show, listing, &[2, 3]))).await;
    app.world.settle().await;
    assert_eq!(app.seats_left(listing).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_of_one_listing_take_nothing_from_another() {
    let app = TestApp::start().await;
    let show = app.show().await;
    let (one, other) = (app.listing(show, 2, 5_000).await, app.listing(show, 2, 6_000).await);
    app.world.publish(OrderCreated(app.order(show, one, &[1]))).await;
    app.world.settle().await;
    let answer = app.get(&format!("/api/listings?showId={show}")).await.expect(200).json();
    let left: Vec<_> =
        answer["items"].as_array().unwrap().iter().map(|item| item["seatsLeft"].clone()).collect();
    assert_eq!(left, [1, 2]);
    assert_eq!((app.seats_left(one).await, app.seats_left(other).await), (1, 2));
}

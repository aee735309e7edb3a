//! How a hold ends.

use std::time::Duration;

use common::events::order::OrderStatus;
use orders::{domain::placing::Terms, sweeper};

use crate::app::{HOLD, TERMS, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_is_over_frees_its_seats() {
    let app = TestApp::start().await;
    let listing = app.listing(2).await;
    let buyer = app.world.user();
    let order = app.place(&buyer, &listing, 2).await;
    app.world.clock.advance(HOLD);
    app.fire(&order).await;
    assert_eq!(app.order(&buyer, order.id).await.status, OrderStatus::Expired);
    assert_eq!(app.place(&app.world.user(), &listing, 2).await.seats, order.seats);
    assert_eq!(app.try_cancel(&buyer, order.id).await.expect(409).code(), "not_cancellable");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_that_fires_early_waits_for_the_deadline() {
    let hold = Duration::from_secs(1);
    let app = TestApp::start_with(Terms { hold, ..TERMS }).await;
    let listing = app.listing(2).await;
    let buyer = app.world.user();
    let order = app.place(&buyer, &listing, 2).await;
    app.fire(&order).await;
    let path = format!("/api/orders/{}", order.id);
    let expired = async || {
        let order: common::events::order::OrderSnapshot = app.get(&path, &buyer).await.expect(200).body();
        (order.status == OrderStatus::Expired).then_some(order)
    };
    let expired = app.world.eventually("the hold to end", expired).await;
    assert!(expired.changed_at >= order.expires_at, "{expired:?}");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timer_that_fires_twice_or_too_late_changes_nothing() {
    let app = TestApp::start().await;
    let listing = app.listing(4).await;
    let buyer = app.world.user();
    let (bought, left) = (app.place(&buyer, &listing, 2).await, app.place(&buyer, &listing, 2).await);
    app.authorize(&bought).await;
    app.world.settle().await;
    app.world.clock.advance(HOLD);
    for order in [&bought, &left, &bought, &left] {
        app.fire(order).await;
    }
    assert_eq!(app.order(&buyer, bought.id).await.status, OrderStatus::Confirmed);
    assert_eq!(app.order(&buyer, left.id).await.status, OrderStatus::Expired);
    assert_eq!(app.history(left.id).await.len(), 2);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_expiration_does_not_report_is_swept_a_minute_later() {
    let app = TestApp::start().await;
    let listing = app.listing(6).await;
    let buyer = app.world.user();
    let (left, bought) = (app.place(&buyer, &listing, 2).await, app.place(&buyer, &listing, 2).await);
    app.pay(&bought).await;
    app.world.clock.advance(HOLD + Duration::from_secs(50));
    let newer = app.place(&buyer, &listing, 2).await;
    assert_eq!(sweeper::sweep(&app.context()).await.unwrap(), 0, "expiration still has its time");
    app.world.clock.advance(Duration::from_secs(11));
    assert_eq!(sweeper::sweep(&app.context()).await.unwrap(), 1);
    assert_eq!(sweeper::sweep(&app.context()).await.unwrap(), 0);
    assert_eq!(app.order(&buyer, left.id).await.status, OrderStatus::Expired);
    assert_eq!(app.order(&buyer, bought.id).await.status, OrderStatus::Completed);
    assert_eq!(app.order(&buyer, newer.id).await.status, OrderStatus::AwaitingPayment);
    app.end().await;
}

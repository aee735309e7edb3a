//! What Redis loses, and what it costs.

use std::time::Duration;

use common::events::order::OrderCreated;
use futures::{StreamExt as _, stream};

use crate::app::{PRECISE, TestApp, order};

const HOLD: Duration = Duration::from_mins(15);
/// How long the index may take to be whole again.
const SOON: Duration = Duration::from_secs(10);

/// How long ten thousand timers may take; on two idle cores it was 0.2 s in a debug build.
const QUICK: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_flushed_index_is_rebuilt_and_timers_fire_in_time() {
    let mut app = TestApp::start().await;
    let order = app.place(HOLD).await;
    app.world.settle().await;
    app.redis().flush().await;
    app.indexed(1).await;

    let rest = order.expires_at.since(app.world.now());
    app.world.clock.advance(rest.saturating_sub(Duration::from_millis(300)));
    let timer = app.fires(order.id).await;
    assert!(timer.fired_at.since(order.expires_at) < PRECISE, "fired late: {timer:?}");
    app.stop().await;
}

#[tokio::test]
async fn a_single_lost_entry_is_found_within_seconds() {
    let mut app = TestApp::start().await;
    let order = app.place(HOLD).await;
    app.world.settle().await;
    app.redis().forget(order.id).await;

    let rest = order.expires_at.since(app.world.now());
    app.world.clock.advance(rest);
    let timer = app.fires(order.id).await;
    assert!(timer.fired_at.since(order.expires_at) < SOON, "fired late: {timer:?}");
    app.stop().await;
}

#[tokio::test]
async fn without_redis_timers_are_set_and_fire_all_the_same() {
    let mut app = TestApp::start().await;
    let before = app.place(HOLD).await;
    app.world.settle().await;
    app.redis().kill();
    let during = app.place(HOLD).await;
    app.world.settle().await;

    let rest = during.expires_at.since(app.world.now());
    app.world.clock.advance(rest);
    for order in [before, during] {
        let timer = app.fires(order.id).await;
        assert!(timer.fired_at >= order.expires_at, "fired early: {timer:?}");
        assert!(timer.fired_at.since(order.expires_at) < SOON, "fired late: {timer:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn what_was_set_while_redis_was_away_is_indexed_when_it_is_back() {
    let mut app = TestApp::start().await;
    app.place(HOLD).await;
    app.world.settle().await;
    app.redis().kill();
    app.place(HOLD).await;
    app.world.settle().await;
    app.redis().restart().await;
    app.indexed(2).await;
    app.stop().await;
}

#[tokio::test]
async fn ten_thousand_timers_are_rebuilt_in_seconds() {
    const MANY: usize = 10_000;
    let mut app = TestApp::start().await;
    let orders = stream::iter((0..MANY).map(|_| order(app.world.now(), HOLD)));
    orders.for_each_concurrent(64, |order| app.world.publish(OrderCreated(order))).await;
    app.indexed(MANY).await;

    let began = std::time::Instant::now();
    app.redis().flush().await;
    app.indexed(MANY).await;
    assert!(began.elapsed() < QUICK, "took {:?}", began.elapsed());
    app.stop().await;
}

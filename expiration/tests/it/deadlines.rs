//! When timers fire, and when they do not.

use std::time::Duration;

use common::events::order::{OrderCancelled, OrderConfirmed, OrderCreated, OrderSnapshot, OrderStatus};

use crate::app::{PRECISE, TestApp, cancelled, order};

const HOLD: Duration = Duration::from_mins(15);

/// Moves the clock to shortly before a deadline, so that the rest of the way takes real time.
async fn approach(app: &TestApp, order: &OrderSnapshot) {
    app.world.settle().await;
    let rest = order.expires_at.since(app.world.now());
    app.world.clock.advance(rest.saturating_sub(Duration::from_millis(300)));
}

#[tokio::test]
async fn a_timer_fires_within_well_under_a_second_of_its_deadline_and_never_before() {
    let app = TestApp::start().await;
    let order = app.place(HOLD).await;
    approach(&app, &order).await;

    let timer = app.fires(order.id).await;
    assert_eq!((timer.version, timer.expires_at), (1, order.expires_at));
    assert!(timer.fired_at >= order.expires_at, "fired before the deadline: {timer:?}");
    assert!(timer.fired_at.since(order.expires_at) < PRECISE, "fired late: {timer:?}");
    app.stop().await;
}

#[tokio::test]
async fn a_timer_that_is_set_while_the_worker_sleeps_fires_in_time() {
    let app = TestApp::start().await;
    app.place(HOLD).await;
    app.world.settle().await;
    let soon = app.place(Duration::from_secs(2)).await;
    let timer = app.fires(soon.id).await;
    assert!(
        timer.fired_at >= soon.expires_at && timer.fired_at.since(soon.expires_at) < PRECISE,
        "{timer:?}"
    );
    app.stop().await;
}

#[tokio::test]
async fn the_timer_of_a_settled_order_never_fires() {
    let app = TestApp::start().await;
    let (gone, paid) = (app.place(HOLD).await, app.place(HOLD).await);
    app.world.settle().await;
    app.cancel(&gone).await;
    let confirmed = OrderSnapshot { version: 2, status: OrderStatus::Confirmed, ..paid };
    app.world.publish(OrderConfirmed(confirmed)).await;
    assert_only_a_later_timer_fires(&app).await;
    app.stop().await;
}

#[tokio::test]
async fn a_creation_that_its_end_has_overtaken_sets_nothing() {
    let app = TestApp::start().await;
    let order = order(app.world.now(), HOLD);
    app.world.publish(OrderCancelled(cancelled(&order))).await;
    app.world.settle().await;
    app.world.publish(OrderCreated(order)).await;
    assert_only_a_later_timer_fires(&app).await;
    app.stop().await;
}

/// Timers fire in the order of their deadlines, so when a later one has fired nothing earlier will.
async fn assert_only_a_later_timer_fires(app: &TestApp) {
    let later = app.place(HOLD + Duration::from_mins(1)).await;
    app.world.settle().await;
    app.world.clock.advance(HOLD * 2);
    app.fires(later.id).await;
    let fired: Vec<_> = app.fired().await.into_iter().map(|timer| timer.id).collect();
    assert_eq!(fired, [later.id]);
}

#[tokio::test]
async fn an_order_heard_of_after_its_deadline_fires_at_once() {
    let app = TestApp::start().await;
    let order = order(app.world.now().minus(HOLD), Duration::from_secs(1));
    app.world.publish(OrderCreated(order.clone())).await;
    app.world.settle().await;
    let fired = app.fired().await;
    assert_eq!(fired.len(), 1, "{fired:?}");
    assert_eq!((fired[0].id, fired[0].version), (order.id, 1));
    app.stop().await;
}

#[tokio::test]
async fn there_is_nothing_to_see_on_the_public_port() {
    let app = TestApp::start().await;
    let answer = app.world.get(app.port(), "/api/expiration", None).await.expect(404);
    assert_eq!(answer.code(), "route_not_found");
    let look = async |path| app.world.get(app.internal_port(), path, None).await;
    let ready = async || (look("/readyz").await.status == 200).then_some(());
    app.world.eventually("the service to be ready", ready).await;
    let measured = async || look("/metrics").await.text.contains("expiration_timers_pending").then_some(());
    app.world.eventually("the pending timers to be measured", measured).await;
    app.stop().await;
}

//! The audit finds what is wrong with timers, however it came there, and nothing where nothing is.

use std::time::Duration;

use bson::{Document, doc};
use common::{
    audit::{Auditor, Violation},
    ids::OrderId,
};
use expiration::{audit, store::Timers};

use crate::app::TestApp;

fn auditor(app: &TestApp) -> Auditor<Timers> {
    let bus = app.bus().clone();
    let timers = Timers::new(bus.repository());
    Auditor::new(bus, audit::table(), timers)
}

fn ids(found: &[Violation]) -> Vec<&'static str> {
    found.iter().map(|violation| violation.invariant).collect()
}

/// Writes into the database past all rules.
async fn plant(app: &TestApp, id: OrderId, set: Document) {
    let update = doc! { "q": { "_id": id }, "u": { "$set": set } };
    let reply = app.bus().database().run_command(doc! { "update": "timers", "updates": [update] }).await;
    assert_eq!(reply.unwrap().get_i32("nModified").unwrap(), 1);
}

#[tokio::test]
async fn timers_that_wait_and_fire_are_no_violation() {
    let app = TestApp::start().await;
    app.place(Duration::from_mins(15)).await;
    let fired = app.place(Duration::from_millis(300)).await;
    app.fires(fired.id).await;
    app.world.settle().await;
    let mut auditor = auditor(&app);
    assert_eq!(auditor.look_at_all().await.unwrap(), []);
    assert_eq!(auditor.look().await.unwrap(), []);
    app.stop().await;
}

#[tokio::test]
async fn a_timer_that_fired_too_early_or_went_back_is_found() {
    let app = TestApp::start().await;
    let order = app.place(Duration::from_millis(300)).await;
    app.fires(order.id).await;
    app.world.settle().await;
    let mut auditor = auditor(&app);
    assert_eq!(auditor.look_at_all().await.unwrap(), []);
    let early = order.expires_at.minus(Duration::from_secs(1));
    plant(&app, order.id, doc! { "state.told.firedAt": early, "state.orderVersion": 0_i64 }).await;
    assert_eq!(ids(&auditor.look_at_all().await.unwrap()), ["S9", "S11"]);
    app.stop().await;
}

#[tokio::test]
async fn a_timer_whose_order_goes_on_and_one_that_does_not_fire_are_found() {
    let app = TestApp::start().await;
    let order = app.place(Duration::from_millis(300)).await;
    app.fires(order.id).await;
    app.world.settle().await;
    app.world.clock.advance(Duration::from_mins(3));
    let found = auditor(&app).look_at_all().await.unwrap();
    assert_eq!(ids(&found), ["L1"]);
    assert!(found[0].detail.contains(&order.id.to_string()), "{found:?}");
    // Overdue by minutes, as if nobody had fired it: audited by a service that has only just come back.
    let bus = app.bus().clone();
    let timers = Timers::new(bus.repository());
    app.stop().await;
    let past = doc! { "state.status": "pending", "awaitsPeer": false };
    let update = doc! { "q": { "_id": order.id }, "u": { "$set": past } };
    bus.database().run_command(doc! { "update": "timers", "updates": [update] }).await.unwrap();
    let mut auditor = Auditor::new(bus, audit::table(), timers);
    assert_eq!(ids(&auditor.look_at_all().await.unwrap()), ["L1"]);
}

//! Several replicas share the work, and take over from those that die.

use std::{collections::BTreeSet, time::Duration};

use common::events::order::OrderCreated;
use expiration::schedule::LEASE;

use crate::app::{TestApp, order};

const HOLD: Duration = Duration::from_mins(15);

#[tokio::test]
async fn two_replicas_share_500_timers_and_each_fires_once() {
    const MANY: usize = 500;
    let mut app = TestApp::start().await;
    app.start_replica().await;
    let deadline = app.world.now();
    let mut placed = BTreeSet::new();
    for _ in 0..MANY {
        let order = order(deadline, HOLD);
        placed.insert(order.id);
        app.world.publish(OrderCreated(order)).await;
    }
    app.world.settle().await;
    app.world.clock.advance(HOLD);

    let all = async || (app.fired().await.len() >= MANY).then_some(());
    app.world.eventually("all timers to fire", all).await;
    app.world.settle().await;
    let fired = app.fired().await;
    assert_eq!(fired.len(), MANY, "some timers fired twice");
    assert!(fired.iter().all(|timer| timer.version == 1));
    assert_eq!(fired.iter().map(|timer| timer.id).collect::<BTreeSet<_>>(), placed);
    app.stop().await;
}

#[tokio::test]
async fn what_a_dead_worker_had_claimed_fires_when_its_lease_is_over() {
    let app = TestApp::start().await;
    let order = app.place(HOLD).await;
    app.world.settle().await;
    let dying = app.schedule();
    assert_eq!(dying.claim(order.expires_at).await.unwrap().ids, [order.id]);

    let rest = order.expires_at.since(app.world.now());
    app.world.clock.advance(rest + LEASE.saturating_sub(Duration::from_secs(2)));
    let timer = app.fires(order.id).await;
    let held = timer.fired_at.since(order.expires_at);
    assert!(held >= LEASE, "taken from a claim that was still good: {timer:?}");
    app.stop().await;
}

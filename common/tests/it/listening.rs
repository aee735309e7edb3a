use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use common::{
    bus::{HandlerError, Listener, Listeners, Meta, Outcome, Tx},
    events::order::{OrderChanged, OrderCreated},
    ids::OrderId,
    testing::TestWorld,
};

use crate::fixture::{Claim, Process, insert, raise};

/// What the listeners of these tests have seen, and how they are to behave.
#[derive(Clone, Default)]
struct Seen {
    versions: Arc<Mutex<HashMap<OrderId, Vec<u64>>>>,
    failures_left: Arc<AtomicU32>,
}

struct Watch;

impl Listener for Watch {
    const NAME: &'static str = "test-watch-on-order-changed";
    type Event = OrderChanged;
    type Context = Seen;

    async fn handle(
        event: &OrderChanged,
        _: &Meta,
        _: &mut Tx,
        seen: &Seen,
    ) -> Result<Outcome, HandlerError> {
        let left = seen.failures_left.load(Ordering::SeqCst);
        if event.0.version == 2 && left > 0 {
            seen.failures_left.store(left - 1, Ordering::SeqCst);
            return Err(HandlerError::failed("not this time"));
        }
        seen.versions.lock().unwrap().entry(event.0.id).or_default().push(event.0.version);
        Ok(Outcome::Done)
    }
}

async fn listen(process: &Process, seen: &Seen) {
    let table = Listeners::new().with::<Watch>();
    process.bus.listen(table, seen.clone(), &process.front).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_aggregate_is_heard_in_order() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let seen = Seen::default();
    listen(&process, &seen).await;
    let claims: Vec<Claim> = (0..10).map(|_| Claim::of_seat("1")).collect();
    for claim in &claims {
        insert(&process.bus, claim).await.unwrap();
        for _ in 0..9 {
            raise(&process.bus, claim.order.id).await.unwrap();
        }
    }
    world.settle().await;
    for claim in &claims {
        assert_eq!(seen.versions.lock().unwrap()[&claim.order.id], (1..=10).collect::<Vec<_>>());
    }
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_event_is_tried_again_before_those_that_follow_it() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let seen = Seen::default();
    seen.failures_left.store(2, Ordering::SeqCst);
    listen(&process, &seen).await;
    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    for _ in 0..4 {
        raise(&process.bus, claim.order.id).await.unwrap();
    }
    world.settle().await;
    assert_eq!(seen.versions.lock().unwrap()[&claim.order.id], [1, 2, 3, 4, 5]);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_subscriber_hears_what_happened_before() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    world.settle().await;
    let seen = Seen::default();
    listen(&process, &seen).await;
    world.settle().await;
    assert_eq!(seen.versions.lock().unwrap()[&claim.order.id], [1]);
    process.stop().await;
}

struct Refuse;

impl Listener for Refuse {
    const NAME: &'static str = "test-refuse-on-order-created";
    type Event = OrderCreated;
    type Context = Seen;

    async fn handle(
        event: &OrderCreated,
        _: &Meta,
        _: &mut Tx,
        seen: &Seen,
    ) -> Result<Outcome, HandlerError> {
        if seen.failures_left.load(Ordering::SeqCst) > 0 {
            return Err(HandlerError::dead_letter("refused by the test"));
        }
        seen.versions.lock().unwrap().entry(event.0.id).or_default().push(event.0.version);
        Ok(Outcome::Done)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_kept_and_can_be_replayed() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let seen = Seen::default();
    seen.failures_left.store(1, Ordering::SeqCst);
    let table = Listeners::new().with::<Refuse>();
    process.bus.listen(table, seen.clone(), &process.front).await.unwrap();
    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    world.settle().await;

    let letters = process.bus.dead_letters().open().await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].reason, "refused by the test");
    assert_eq!(letters[0].listener, Refuse::NAME);

    seen.failures_left.store(0, Ordering::SeqCst);
    assert!(process.bus.dead_letters().request_replay(&letters[0].id).await.unwrap());
    world
        .eventually("the replay", async || {
            process.bus.dead_letters().open().await.unwrap().is_empty().then_some(())
        })
        .await;
    assert_eq!(seen.versions.lock().unwrap()[&claim.order.id], [1]);
    process.stop().await;
}

struct Panic;

impl Listener for Panic {
    const NAME: &'static str = "test-panic-on-order-created";
    type Event = OrderCreated;
    type Context = Seen;

    async fn handle(_: &OrderCreated, _: &Meta, _: &mut Tx, seen: &Seen) -> Result<Outcome, HandlerError> {
        let left = seen.failures_left.fetch_sub(1, Ordering::SeqCst);
        assert!(left == 1, "the second try");
        Ok(Outcome::Done)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_that_panics_is_tried_again_and_takes_nobody_with_it() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let seen = Seen::default();
    seen.failures_left.store(2, Ordering::SeqCst);
    let table = Listeners::new().with::<Panic>().with::<Watch>();
    process.bus.listen(table, seen.clone(), &process.front).await.unwrap();
    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    world.settle().await;
    assert_eq!(seen.failures_left.load(Ordering::SeqCst), 0);
    assert_eq!(seen.versions.lock().unwrap()[&claim.order.id], [1]);
    assert!(process.bus.dead_letters().open().await.unwrap().is_empty());
    process.stop().await;
}

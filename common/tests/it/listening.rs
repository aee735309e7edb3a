use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use common::{
    bus::{HandlerError, Listener, Listeners, Meta, Outcome, Repository, Tx},
    config::LogFormat,
    events::order::{OrderChanged, OrderCreated},
    ids::OrderId,
    telemetry,
    testing::TestWorld,
};
use tracing::Instrument as _;

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

#[derive(Clone)]
struct Reading {
    claims: Repository<Claim>,
    read: Arc<AtomicU32>,
}

struct Read;

impl Listener for Read {
    const NAME: &'static str = "test-read-on-order-created";
    type Event = OrderCreated;
    type Context = Reading;

    async fn handle(
        event: &OrderCreated,
        _: &Meta,
        _: &mut Tx,
        reading: &Reading,
    ) -> Result<Outcome, HandlerError> {
        for _ in 0..3 {
            reading.claims.get(event.0.id).await?;
        }
        reading.read.fetch_add(1, Ordering::SeqCst);
        Ok(Outcome::Done)
    }
}

/// Handlers that read wait for connections; were they polled only while the runner waits for nothing else,
/// a burst would leave all connections with handlers that nobody polls.
#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_events_is_handled_to_its_end() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let inserts = (0..1_500).map(|_| {
        let bus = process.bus.clone();
        tokio::spawn(async move { insert(&bus, &Claim::of_seat("1")).await.unwrap() })
    });
    for insert in futures::future::join_all(inserts).await {
        insert.unwrap();
    }
    let reading = Reading { claims: process.bus.repository(), read: Arc::default() };
    let table = Listeners::new().with::<Read>();
    process.bus.listen(table, reading.clone(), &process.front).await.unwrap();
    world.settle().await;
    assert_eq!(reading.read.load(Ordering::SeqCst), 1_500);
    process.stop().await;
}

struct Wait;

impl Listener for Wait {
    const NAME: &'static str = "test-wait-on-order-created";
    type Event = OrderCreated;
    type Context = Seen;

    async fn handle(
        event: &OrderCreated,
        _: &Meta,
        _: &mut Tx,
        seen: &Seen,
    ) -> Result<Outcome, HandlerError> {
        let left = seen.failures_left.load(Ordering::SeqCst);
        if left > 0 {
            seen.failures_left.store(left - 1, Ordering::SeqCst);
            return Err(HandlerError::unavailable("it is away"));
        }
        seen.versions.lock().unwrap().entry(event.0.id).or_default().push(event.0.version);
        Ok(Outcome::Done)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dependency_that_is_away_makes_no_dead_letter() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let seen = Seen::default();
    // More often than a failure may happen.
    seen.failures_left.store(9, Ordering::SeqCst);
    let table = Listeners::new().with::<Wait>();
    process.bus.listen(table, seen.clone(), &process.front).await.unwrap();
    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    world.settle().await;
    assert_eq!(seen.versions.lock().unwrap()[&claim.order.id], [1]);
    assert!(process.bus.dead_letters().open().await.unwrap().is_empty());
    process.stop().await;
}

/// What no producer of ours would send.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_cannot_be_read_is_a_dead_letter_at_once() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let seen = Seen::default();
    listen(&process, &seen).await;
    let id = OrderId::generate();
    world.publish_raw("orders", &format!("orders.order.created.v1.{id}"), "{\"$gt\": \"\"").await;
    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    world.settle().await;
    let letters = process.bus.dead_letters().open().await.unwrap();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].reason.contains("ce-id"), "{}", letters[0].reason);
    assert_eq!(seen.versions.lock().unwrap()[&claim.order.id], [1]);
    process.stop().await;
}

#[derive(Clone, Default)]
struct Traces(Arc<Mutex<Vec<Option<String>>>>);

struct Trace;

impl Listener for Trace {
    const NAME: &'static str = "test-trace-on-order-created";
    type Event = OrderCreated;
    type Context = Traces;

    async fn handle(
        _: &OrderCreated,
        meta: &Meta,
        _: &mut Tx,
        traces: &Traces,
    ) -> Result<Outcome, HandlerError> {
        traces.0.lock().unwrap().push(meta.traceparent.clone());
        traces.0.lock().unwrap().push(telemetry::current_traceparent());
        Ok(Outcome::Done)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trace_of_a_request_goes_on_in_what_it_causes() {
    telemetry::init(LogFormat::Pretty);
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let traces = Traces::default();
    let table = Listeners::new().with::<Trace>();
    process.bus.listen(table, traces.clone(), &process.front).await.unwrap();
    let request = tracing::info_span!("request");
    let of_request = request.in_scope(telemetry::current_traceparent).unwrap();
    insert(&process.bus, &Claim::of_seat("1")).instrument(request).await.unwrap();
    world.settle().await;
    let trace_id = |traceparent: &str| traceparent.split('-').nth(1).unwrap().to_owned();
    let heard = traces.0.lock().unwrap().clone();
    assert_eq!(heard.len(), 2);
    for traceparent in heard {
        assert_eq!(trace_id(&traceparent.unwrap()), trace_id(&of_request));
    }
    process.stop().await;
}

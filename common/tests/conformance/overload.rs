use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bson::doc;
use common::{
    bus::{HandlerError, Listener, Listeners, Meta, Outcome, Repository, StoreError, Tx},
    events::order::OrderCreated,
    testing::TestWorld,
};
use futures::future::join_all;

use crate::{
    fixture::{Claim, Process, insert, raise},
    script::Script,
};

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
    for insert in join_all(inserts).await {
        insert.unwrap();
    }
    let reading = Reading { claims: process.bus.repository(), read: Arc::default() };
    let table = Listeners::new().with::<Read>();
    process.bus.listen(table, reading.clone(), &process.front).await.unwrap();
    world.settle().await;
    assert_eq!(reading.read.load(Ordering::SeqCst), 1_500);
    process.stop().await;
}

/// The last ones wait for longer than JetStream waits for a sign of life. Were they delivered again
/// meanwhile, a listener that is slow would get ever more to do.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_listener_is_given_nothing_twice() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    for _ in 1..420 {
        raise(&process.bus, claim.order.id).await.unwrap();
    }
    let script = Script::new(async |_| {
        tokio::time::sleep(Duration::from_millis(45)).await;
        Ok(Outcome::Done)
    });
    process.listen(&script).await;
    world.settle().await;
    assert_eq!(script.heard(claim.order.id), (1..=420).collect::<Vec<_>>());
    assert_eq!(script.count(), 420);
    process.stop().await;
}

/// A listener whose reads hang is to wait until MongoDB is fast again. Were they not given up before the listener is,
/// it would look as if the event could not be handled.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_is_not_answered_in_time_counts_as_away() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    insert(&process.bus, &Claim::of_seat("1")).await.unwrap();
    let claims: Repository<Claim> = process.bus.repository();
    let body = "function() { sleep(15000); return true; }";
    let slowly = doc! { "$expr": { "$function": { "body": body, "args": [], "lang": "js" } } };
    let (one, many, count, rows) = tokio::join!(
        claims.find_one(slowly.clone()),
        claims.find(slowly.clone(), doc! { "_id": 1 }, 1),
        claims.count(slowly.clone()),
        claims.aggregate(vec![doc! { "$match": slowly.clone() }]),
    );
    let errors = [one.unwrap_err(), many.unwrap_err(), count.unwrap_err(), rows.unwrap_err()];
    for error in errors {
        assert!(matches!(error, StoreError::Late), "{error:?}");
        assert!(matches!(HandlerError::from(error), HandlerError::Unavailable(_)));
    }
    process.stop().await;
}

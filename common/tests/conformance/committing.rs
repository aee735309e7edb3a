use bson::{Document, doc};
use common::{
    bus::{Aggregate as _, CommitError},
    testing::{Profile, TestWorld},
};
use futures::future::join_all;

use crate::fixture::{Claim, Process, insert, load, raise};

#[tokio::test(flavor = "multi_thread")]
async fn writers_that_meet_on_one_document_all_succeed_without_a_gap() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let claim = Claim::of_seat("1");
    let id = claim.order.id;
    insert(&process.bus, &claim).await.unwrap();
    let writers = (0..8).map(|_| {
        let bus = process.bus.clone();
        tokio::spawn(async move {
            for _ in 0..5 {
                raise(&bus, id).await.unwrap();
            }
        })
    });
    for writer in join_all(writers).await {
        writer.unwrap();
    }
    assert_eq!(load(&process.bus, id).await.state.order.version, 41);
    world.settle().await;
    let versions: Vec<u64> = world
        .published()
        .await
        .into_iter()
        .map(|fact: common::events::order::OrderCreated| fact.0.version)
        .collect();
    assert_eq!(versions, (1..=41).collect::<Vec<_>>());
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_inserts_of_one_seat_exactly_one_is_committed() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let first = Claim::of_seat("12");
    let rivals = (0..64).map(|_| {
        let mut rival = Claim::of_seat("12");
        rival.order.listing_id = first.order.listing_id;
        let bus = process.bus.clone();
        tokio::spawn(async move { insert(&bus, &rival).await })
    });
    let results: Vec<_> = join_all(rivals).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for result in results.into_iter().filter(Result::is_err) {
        let refusal = result.unwrap_err();
        assert!(
            matches!(&refusal, CommitError::Duplicate { index } if index == "seats_of_claims"),
            "{refusal}"
        );
    }
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_unit_of_work_does_not_disturb_its_group() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let taken = Claim::of_seat("1");
    insert(&process.bus, &taken).await.unwrap();
    let units = (0..100).map(|n| {
        let mut claim = Claim::of_seat("1");
        if n % 10 == 0 {
            claim.order.listing_id = taken.order.listing_id;
        }
        let bus = process.bus.clone();
        tokio::spawn(async move { (n, insert(&bus, &claim).await) })
    });
    for unit in join_all(units).await {
        let (n, result) = unit.unwrap();
        assert_eq!(result.is_err(), n % 10 == 0, "unit {n}: {result:?}");
    }
    assert_eq!(process.bus.repository::<Claim>().count(bson::doc! {}).await.unwrap(), 91);
    world.settle().await;
    assert_eq!(world.published::<common::events::order::OrderCreated>().await.len(), 91);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_with_a_gap_is_refused_and_nothing_is_written() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    let result: Result<(), CommitError> = process
        .bus
        .transact(async |tx| {
            let loaded = load(&process.bus, claim.order.id).await;
            let too_far = loaded.state.next().next();
            tx.save(&loaded, too_far.clone());
            tx.publish(too_far.fact());
            Ok(())
        })
        .await;
    assert!(matches!(result, Err(CommitError::Rejected(_))), "{result:?}");
    assert_eq!(load(&process.bus, claim.order.id).await.state.order.version, 1);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_without_a_write_is_refused() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let result: Result<(), CommitError> = process
        .bus
        .transact(async |tx| {
            tx.publish(Claim::of_seat("1").fact());
            Ok(())
        })
        .await;
    assert!(matches!(result, Err(CommitError::Rejected(_))), "{result:?}");
    process.stop().await;
}

/// A majority read alone may show less for a moment when another member of the replica set has been elected.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_asks_for_what_was_committed_before_whoever_is_primary() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let database = process.bus.database();
    let hello = database.run_command(doc! { "hello": 1 }).await.unwrap();
    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    let profile = Profile::begin(database.clone()).await;
    load(&process.bus, claim.order.id).await;
    let by_id = doc! { "_id": claim.order.id.to_string() };
    let reads = profile.reads(Claim::COLLECTION).await;
    let is_by_id = |read: &&Document| read.get_document("filter").is_ok_and(|filter| *filter == by_id);
    let read = reads.iter().find(is_by_id).unwrap();
    let concern = read.get_document("readConcern").unwrap();
    assert_eq!(concern.get_str("level").unwrap(), "majority");
    let (asked, before) = (concern.get_timestamp("afterClusterTime"), hello.get_timestamp("operationTime"));
    assert!(asked.unwrap() > before.unwrap(), "{concern}");
    process.stop().await;
}

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_nats::jetstream;
use bson::{Document, doc};
use common::{
    bus::{Aggregate as _, Listener as _, Outcome},
    events::order::OrderCreated,
    ids::OrderId,
    testing::{Profile, TestWorld},
};
use futures::{StreamExt as _, future::join_all, stream};
use tokio::sync::Mutex;

use crate::{
    fixture::{Claim, Process, insert, insert_all, load, raise},
    fragile::Fragile,
    script::{Follow, Script},
};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_committed_while_the_broker_is_down_is_published_when_it_is_back() {
    let mut fragile = Fragile::new().await;
    let process = Process::start(&fragile.world).await;
    fragile.kill();
    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    raise(&process.bus, claim.order.id).await.unwrap();

    fragile.start_again().await;
    fragile.world.settle().await;
    assert_eq!(published(&fragile.world, claim.order.id).await, [1, 2]);
    process.stop().await;
}

/// The broker dies twice under writers who do not care, with two relays at work.
#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_dies_while_events_are_published_loses_none_and_keeps_their_order() {
    let mut fragile = Fragile::new().await;
    let (left, right) = (Process::start(&fragile.world).await, Process::start(&fragile.world).await);
    let script = Script::smooth();
    left.listen(&script).await;
    let claims: Vec<Claim> = (0..8).map(|_| Claim::of_seat("1")).collect();
    let writing = claims.iter().enumerate().map(|(n, claim)| {
        let (bus, claim) = (if n % 2 == 0 { left.bus.clone() } else { right.bus.clone() }, claim.clone());
        tokio::spawn(async move {
            insert(&bus, &claim).await.unwrap();
            for _ in 1..60 {
                raise(&bus, claim.order.id).await.unwrap();
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
    });
    let writing: Vec<_> = writing.collect();
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(700)).await;
        fragile.kill();
        tokio::time::sleep(Duration::from_millis(300)).await;
        fragile.start_again().await;
    }
    for written in join_all(writing).await {
        written.unwrap();
    }
    fragile.world.settle().await;
    for claim in &claims {
        let id = claim.order.id;
        assert_eq!(published(&fragile.world, id).await, (1..=60).collect::<Vec<_>>());
        assert_eq!(first_times(script.heard(id)), (1..=60).collect::<Vec<_>>());
    }
    left.stop().await;
    right.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn listening_goes_on_when_the_broker_is_back() {
    let mut fragile = Fragile::new().await;
    let process = Process::start(&fragile.world).await;
    let script = Script::smooth();
    process.listen(&script).await;
    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    fragile.world.settle().await;
    fragile.kill();
    tokio::time::sleep(Duration::from_secs(1)).await;
    fragile.start_again().await;
    raise(&process.bus, claim.order.id).await.unwrap();
    fragile.world.settle().await;
    // What it acknowledged last before its end the broker may not know any more.
    assert_eq!(first_times(script.heard(claim.order.id)), [1, 2]);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_is_deleted_under_its_listener_is_made_again() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let script = Script::smooth();
    process.listen(&script).await;
    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    world.settle().await;

    let nats = async_nats::connect(&world.servers.nats_url).await.unwrap();
    let stream = jetstream::new(nats).get_stream(world.namespace.stream("orders")).await.unwrap();
    stream.delete_consumer(Follow::NAME).await.unwrap();
    raise(&process.bus, claim.order.id).await.unwrap();
    let heard = async || script.heard(claim.order.id).contains(&2).then_some(());
    world.eventually("the event after the deletion", heard).await;
    assert_eq!(first_times(script.heard(claim.order.id)), [1, 2]);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_stream_is_gone_all_current_states_are_published_and_heard_again() {
    let mut fragile = Fragile::new().await;
    let process = Process::start(&fragile.world).await;
    let script = Script::smooth();
    process.listen(&script).await;
    let claims: Vec<Claim> = (0..30).map(|_| Claim::of_seat("1")).collect();
    for claim in &claims {
        insert(&process.bus, claim).await.unwrap();
    }
    raise(&process.bus, claims[0].order.id).await.unwrap();
    fragile.world.settle().await;

    fragile.kill();
    fragile.start_empty().await;
    until_all_are_published(&fragile.world, &process, &claims).await;
    for claim in &claims {
        let versions = published(&fragile.world, claim.order.id).await;
        assert_eq!(versions, [load(&process.bus, claim.order.id).await.state.order.version]);
    }
    let late = Claim::of_seat("2");
    insert(&process.bus, &late).await.unwrap();
    let heard = async || (script.heard(late.order.id) == [1]).then_some(());
    fragile.world.eventually("an event after the loss", heard).await;
    process.stop().await;
}

/// More than one page of each, so that the order is that of the repair and not that of one query.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_loss_what_waits_for_another_service_comes_first_then_what_has_just_changed_then_the_newest()
{
    let mut fragile = Fragile::new().await;
    let process = Process::start(&fragile.world).await;
    let mut claims: Vec<Claim> = (0..600).map(|_| Claim::of_seat("1")).collect();
    claims[0].waiting = true;
    insert_all(&process.bus, &claims).await;
    fragile.world.clock.advance(Duration::from_hours(1));
    raise(&process.bus, claims[1].order.id).await.unwrap();
    fragile.world.settle().await;

    fragile.kill();
    fragile.start_empty().await;
    until_all_are_published(&fragile.world, &process, &claims).await;
    let order: Vec<OrderId> =
        fragile.world.published::<OrderCreated>().await.iter().map(|fact| fact.0.id).collect();
    let place = |claim: &Claim| order.iter().position(|id| *id == claim.order.id).unwrap();
    assert_eq!([place(&claims[0]), place(&claims[1])], [0, 1]);
    // Sixty-four are on their way at once, so neighbours may change places.
    assert!(place(&claims[599]) < 100, "the newest came as number {}", place(&claims[599]));
    assert!(place(&claims[2]) > 500, "the oldest came as number {}", place(&claims[2]));
    process.stop().await;
}

/// The listener hears some two hundred events in a second, and a repair may publish a thousand.
#[tokio::test(flavor = "multi_thread")]
async fn what_happens_during_a_repair_does_not_stand_in_line_behind_all_of_it() {
    let mut fragile = Fragile::new().await;
    let process = Process::start(&fragile.world).await;
    let claims = lose_many_claims(&mut fragile, &process).await;
    let one_at_a_time = Arc::new(Mutex::new(()));
    let script = Script::new(move |_| {
        let one_at_a_time = one_at_a_time.clone();
        async move {
            let _turn = one_at_a_time.lock().await;
            tokio::time::sleep(Duration::from_millis(5)).await;
            Ok(Outcome::Done)
        }
    });
    until_repair_begins(&fragile.world).await;
    process.listen(&script).await;
    let some = async || (script.count() > 600).then_some(());
    fragile.world.eventually("the first events of the repair", some).await;
    let late = Claim::of_seat("2");
    let before = script.count();
    insert(&process.bus, &late).await.unwrap();
    let heard = async || (script.heard(late.order.id) == [1]).then(|| script.count());
    let stood_behind = fragile.world.eventually("an event during the repair", heard).await - before;
    assert!(stood_behind < claims.len() - before, "it stood behind {stood_behind}");
    until_all_are_published(&fragile.world, &process, &claims).await;
    process.stop().await;
}

/// What the one that does not repair is told of the stream meanwhile takes the repair from nobody.
#[tokio::test(flavor = "multi_thread")]
async fn a_repair_comes_to_its_end_while_both_replicas_publish() {
    let mut fragile = Fragile::new().await;
    let (left, right) = (Process::start(&fragile.world).await, Process::start(&fragile.world).await);
    let claims = lose_many_claims(&mut fragile, &left).await;
    let publishing = async {
        loop {
            for process in [&left, &right] {
                insert(&process.bus, &Claim::of_seat("2")).await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = publishing => {}
        () = until_all_are_published(&fragile.world, &left, &claims) => {}
    }
    left.stop().await;
    right.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_that_fails_half_way_goes_on_at_once() {
    let mut fragile = Fragile::new().await;
    let process = Process::start(&fragile.world).await;
    let claims = lose_many_claims(&mut fragile, &process).await;
    until_repair_begins(&fragile.world).await;
    fragile.kill();
    fragile.start_again().await;
    until_all_are_published(&fragile.world, &process, &claims).await;
    process.stop().await;
}

/// Nothing fails when a stream is replaced by an empty one in between, and there is no other replica that would see it.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_lost_again_during_its_repair_is_repaired_again() {
    let mut fragile = Fragile::new().await;
    let process = Process::start(&fragile.world).await;
    let claims = lose_many_claims(&mut fragile, &process).await;
    until_repair_begins(&fragile.world).await;
    let nats = async_nats::connect(&fragile.world.servers.nats_url).await.unwrap();
    let (jetstream, name) = (jetstream::new(nats), fragile.world.namespace.stream("orders"));
    let config = jetstream.get_stream(&name).await.unwrap().cached_info().config.clone();
    jetstream.delete_stream(&name).await.unwrap();
    jetstream.create_stream(config).await.unwrap();
    until_all_are_published(&fragile.world, &process, &claims).await;
    process.stop().await;
}

/// MongoDB may take a while to make the indexes of what is registered.
#[tokio::test(flavor = "multi_thread")]
async fn a_loss_that_a_service_finds_when_it_starts_is_repaired_however_long_the_start_takes() {
    let mut fragile = Fragile::new().await;
    let process = Process::start(&fragile.world).await;
    let claims = [Claim::of_seat("1"), Claim::of_seat("2")];
    insert_all(&process.bus, &claims).await;
    fragile.world.settle().await;
    process.stop().await;
    fragile.kill();
    fragile.start_empty().await;

    let process = Process::connect(&fragile.world, |config| config).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    process.register().await;
    until_all_are_published(&fragile.world, &process, &claims).await;
    process.stop().await;
}

/// Whoever repairs may have seen nothing of what another replica has written, and may ask a primary that was just elected.
#[tokio::test(flavor = "multi_thread")]
async fn a_repair_asks_for_all_that_was_committed_before_it() {
    let mut fragile = Fragile::new().await;
    let process = Process::start(&fragile.world).await;
    insert(&process.bus, &Claim::of_seat("1")).await.unwrap();
    fragile.world.settle().await;
    let database = process.bus.database();
    let by_another = doc! { "insert": "others", "documents": [{}], "writeConcern": { "w": "majority" } };
    let written = database.run_command(by_another).await.unwrap().get_timestamp("operationTime").unwrap();
    let profile = Profile::begin(database.clone()).await;
    fragile.kill();
    fragile.start_empty().await;
    until_repair_begins(&fragile.world).await;

    let newest_first = doc! { "_id": -1 };
    let is_page = |read: &Document| read.get_document("sort").is_ok_and(|sort| *sort == newest_first);
    let reads = profile.reads(Claim::COLLECTION).await.into_iter();
    let pages: Vec<Document> = reads.filter(is_page).collect();
    assert!(!pages.is_empty());
    for page in pages {
        let concern = page.get_document("readConcern").unwrap();
        assert!(concern.get_timestamp("afterClusterTime").is_ok_and(|asked| asked > written), "{page}");
    }
    process.stop().await;
}

/// The stream is lost with so many that their repair takes a while.
async fn lose_many_claims(fragile: &mut Fragile, process: &Process) -> Vec<Claim> {
    let claims: Vec<Claim> = (0..1_500).map(|_| Claim::of_seat("1")).collect();
    insert_all(&process.bus, &claims).await;
    fragile.world.settle().await;
    fragile.kill();
    fragile.start_empty().await;
    claims
}

async fn until_repair_begins(world: &TestWorld) {
    let begun = async || (!world.published::<OrderCreated>().await.is_empty()).then_some(());
    world.eventually("the repair to begin", begun).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_stream_is_an_older_copy_of_itself_all_current_states_are_published_again() {
    let mut fragile = Fragile::new().await;
    let process = Process::start(&fragile.world).await;
    let claims = before_and_after_a_copy(&mut fragile, &process).await;
    until_all_are_published(&fragile.world, &process, &claims).await;
    process.stop().await;
}

/// A look at the last sequence alone would not tell: more is published afterwards than was lost, before
/// anybody looks.
#[tokio::test(flavor = "multi_thread")]
async fn a_loss_is_noticed_even_if_the_stream_has_grown_beyond_it() {
    let mut fragile = Fragile::new().await;
    let process = Process::start_with(&fragile.world, |mut config| {
        config.repair_poll = Duration::from_secs(4);
        config
    })
    .await;
    let mut claims = before_and_after_a_copy(&mut fragile, &process).await;
    for _ in 0..30 {
        let claim = Claim::of_seat("1");
        insert(&process.bus, &claim).await.unwrap();
        claims.push(claim);
    }
    until_all_are_published(&fragile.world, &process, &claims).await;
    process.stop().await;
}

/// Publishes, copies the stream, publishes more, and starts the broker again on the copy.
async fn before_and_after_a_copy(fragile: &mut Fragile, process: &Process) -> Vec<Claim> {
    let claims: Vec<Claim> = (0..20).map(|_| Claim::of_seat("1")).collect();
    let (before, after) = claims.split_at(10);
    for claim in before {
        insert(&process.bus, claim).await.unwrap();
    }
    fragile.world.settle().await;
    fragile.kill();
    let copy = fragile.copy();
    fragile.start_again().await;
    for claim in after {
        insert(&process.bus, claim).await.unwrap();
    }
    fragile.world.settle().await;
    fragile.kill();
    fragile.start_on(copy).await;
    claims
}

async fn until_all_are_published(world: &TestWorld, process: &Process, claims: &[Claim]) {
    world
        .eventually("the current states in the stream", async || {
            let facts = world.published::<OrderCreated>().await;
            let newest: HashMap<OrderId, OrderCreated> =
                facts.into_iter().map(|fact| (fact.0.id, fact)).collect();
            if claims.iter().any(|claim| !newest.contains_key(&claim.order.id)) {
                return None;
            }
            let current = stream::iter(claims)
                .map(async |claim| load(&process.bus, claim.order.id).await.state.fact())
                .buffered(32);
            current.all(async |fact| newest[&fact.0.id] == fact).await.then_some(())
        })
        .await;
}

/// The versions of an aggregate in the stream, in its order, without repetitions.
async fn published(world: &TestWorld, id: OrderId) -> Vec<u64> {
    let facts = world.published::<OrderCreated>().await;
    first_times(facts.iter().filter(|fact| fact.0.id == id).map(|fact| fact.0.version).collect())
}

/// What is delivered again comes after it was delivered first, and decides nothing any more.
fn first_times(mut versions: Vec<u64>) -> Vec<u64> {
    let mut highest = 0;
    versions.retain(|version| {
        let is_first = *version > highest;
        highest = highest.max(*version);
        is_first
    });
    versions
}

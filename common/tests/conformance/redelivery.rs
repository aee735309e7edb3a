use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use common::{
    bus::{HandlerError, Outcome},
    testing::TestWorld,
};
use tokio::runtime::Runtime;

use crate::{
    fixture::{Claim, Process, insert, raise},
    script::Script,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_event_is_tried_again_before_those_that_follow_it() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let script = Script::failing(2, 2);
    process.listen(&script).await;
    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    for _ in 0..4 {
        raise(&process.bus, claim.order.id).await.unwrap();
    }
    world.settle().await;
    assert_eq!(script.heard(claim.order.id), [1, 2, 3, 4, 5]);
    process.stop().await;
}

/// At least half of each pause is fixed, and what is fixed doubles.
#[tokio::test(flavor = "multi_thread")]
async fn the_pauses_between_two_tries_grow() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let script = Script::failing(1, 4);
    process.listen(&script).await;
    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    world.settle().await;
    let times: Vec<Instant> = script.calls(claim.order.id).iter().map(|call| call.at).collect();
    let pauses: Vec<Duration> = times.windows(2).map(|pair| pair[1].duration_since(pair[0])).collect();
    let at_least = [100, 200, 400, 800].map(Duration::from_millis);
    assert_eq!(pauses.len(), 4, "{pauses:?}");
    assert!(pauses.iter().zip(at_least).all(|(pause, least)| *pause >= least), "{pauses:?}");
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_that_panics_is_tried_again_and_takes_nobody_with_it() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let script = Script::new(async |call| {
        assert!(call.version == 2 || call.number == 2, "the second try");
        Ok(Outcome::Done)
    });
    process.listen(&script).await;
    let (claim, other) = (Claim::of_seat("1"), Claim::of_seat("2"));
    insert(&process.bus, &claim).await.unwrap();
    insert(&process.bus, &other).await.unwrap();
    raise(&process.bus, other.order.id).await.unwrap();
    world.settle().await;
    assert_eq!(script.heard(claim.order.id), [1]);
    assert_eq!(script.heard(other.order.id), [1, 2]);
    assert!(process.bus.dead_letters().open().await.unwrap().is_empty());
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dependency_that_is_away_makes_no_dead_letter() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    // More often than a failure may happen.
    let script = Script::new(async |call| {
        if call.number > 9 { Ok(Outcome::Done) } else { Err(HandlerError::unavailable("it is away")) }
    });
    process.listen(&script).await;
    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    let heard = async || (script.heard(claim.order.id) == [1]).then_some(());
    world.eventually("the dependency to be back", heard).await;
    assert!(process.bus.dead_letters().open().await.unwrap().is_empty());
    process.stop().await;
}

/// JetStream waits four seconds for a sign of life, and gets one every second.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_not_delivered_again_while_its_listener_takes_long() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let script = Script::new(async |call| {
        if call.version == 1 {
            tokio::time::sleep(Duration::from_secs(7)).await;
        }
        Ok(Outcome::Done)
    });
    process.listen(&script).await;
    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    raise(&process.bus, claim.order.id).await.unwrap();
    world.settle().await;
    assert_eq!(script.heard(claim.order.id), [1, 2]);
    assert_eq!(script.count(), 2, "the one in line was not delivered again either");
    process.stop().await;
}

/// A runtime that is shut down takes everything of the process with it, at whatever point it is.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_process_had_in_hand_is_handled_by_the_next_one() {
    let world = Arc::new(TestWorld::new("orders").await);
    let (doomed, in_hand) = (Runtime::new().unwrap(), Script::new(async |_| std::future::pending().await));
    let (of_doomed, script) = (world.clone(), in_hand.clone());
    let starting = async move {
        let process = Process::start(&of_doomed).await;
        process.listen(&script).await;
        process
    };
    let process = doomed.spawn(starting).await.unwrap();
    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    raise(&process.bus, claim.order.id).await.unwrap();
    world.eventually("the event to be in hand", async || (in_hand.count() == 1).then_some(())).await;
    doomed.shutdown_background();

    let (heir, script) = (Process::start(&world).await, Script::smooth());
    let inherited = Instant::now();
    heir.listen(&script).await;
    world.settle().await;
    // Each returns when its own last sign of life is four seconds old.
    let mut heard = script.heard(claim.order.id);
    heard.sort_unstable();
    assert_eq!(heard, [1, 2]);
    assert!(inherited.elapsed() < Duration::from_secs(10), "{:?}", inherited.elapsed());
    heir.stop().await;
}

/// What a stopping process has fetched and not begun goes back at once, not after the time of a dead one.
#[tokio::test(flavor = "multi_thread")]
async fn listening_goes_on_after_a_stop_and_a_start_without_a_pause() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    for _ in 1..400 {
        raise(&process.bus, claim.order.id).await.unwrap();
    }
    let script = Script::new(async |_| {
        tokio::time::sleep(Duration::from_millis(5)).await;
        Ok(Outcome::Done)
    });
    process.listen(&script).await;
    world.eventually("the listening to be under way", async || (script.count() >= 20).then_some(())).await;
    process.stop().await;
    assert!(script.count() < 300, "it was stopped half-way");

    let (heir, before) = (Process::start(&world).await, script.count());
    let restarted = Instant::now();
    heir.listen(&script).await;
    world.eventually("the first event afterwards", async || (script.count() > before).then_some(())).await;
    assert!(restarted.elapsed() < Duration::from_secs(2), "{:?}", restarted.elapsed());
    world.settle().await;
    // What was on its way to the one that stopped returns after the time of a dead one.
    let mut heard = script.heard(claim.order.id);
    heard.sort_unstable();
    assert_eq!(heard, (1..=400).collect::<Vec<_>>());
    heir.stop().await;
}

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use common::{
    bus::{HandlerError, Outcome},
    testing::TestWorld,
};
use futures::future::join_all;
use tokio::sync::Barrier;

use crate::{
    fixture::{Claim, Process, insert, raise},
    script::Script,
};

#[tokio::test(flavor = "multi_thread")]
async fn each_aggregate_is_heard_in_order() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let script = Script::smooth();
    process.listen(&script).await;
    let claims: Vec<Claim> = (0..10).map(|_| Claim::of_seat("1")).collect();
    for claim in &claims {
        insert(&process.bus, claim).await.unwrap();
        for _ in 0..9 {
            raise(&process.bus, claim.order.id).await.unwrap();
        }
    }
    world.settle().await;
    for claim in &claims {
        assert_eq!(script.heard(claim.order.id), (1..=10).collect::<Vec<_>>());
    }
    process.stop().await;
}

/// Each waits for all others: one after the other they would wait for ever.
#[tokio::test(flavor = "multi_thread")]
async fn different_aggregates_are_handled_in_parallel() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let meeting = Arc::new(Barrier::new(32));
    let script = Script::new(move |_| {
        let meeting = meeting.clone();
        async move {
            meeting.wait().await;
            Ok(Outcome::Done)
        }
    });
    process.listen(&script).await;
    let claims: Vec<Claim> = (0..32).map(|_| Claim::of_seat("1")).collect();
    for result in join_all(claims.iter().map(|claim| insert(&process.bus, claim))).await {
        result.unwrap();
    }
    world.settle().await;
    assert_eq!(script.count(), 32);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_acknowledged_blocks_its_aggregate_and_no_other() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let (blocked, free) = (Claim::of_seat("1"), Claim::of_seat("2"));
    let (id, released) = (blocked.order.id, Arc::new(AtomicBool::new(false)));
    let ready = released.clone();
    let script = Script::new(move |call| {
        let refused = call.id == id && !ready.load(Ordering::SeqCst);
        async move { if refused { Err(HandlerError::failed("not yet")) } else { Ok(Outcome::Done) } }
    });
    process.listen(&script).await;
    for claim in [&blocked, &free] {
        insert(&process.bus, claim).await.unwrap();
        raise(&process.bus, claim.order.id).await.unwrap();
        raise(&process.bus, claim.order.id).await.unwrap();
    }
    let heard = async || (script.heard(free.order.id) == [1, 2, 3]).then_some(());
    world.eventually("the aggregate that is free", heard).await;
    assert!(script.calls(id).iter().all(|call| call.version == 1), "the later ones wait for the first");
    released.store(true, Ordering::SeqCst);
    world.settle().await;
    assert_eq!(script.heard(id), [1, 2, 3]);
    process.stop().await;
}

/// New events of an aggregate arrive all the time while one of it is sent back again and again; whichever
/// moment they meet, none of them overtakes it.
#[tokio::test(flavor = "multi_thread")]
async fn no_event_overtakes_one_of_its_aggregate_that_is_tried_again() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let script = Script::failing(2, 4);
    process.listen(&script).await;
    let claims: Vec<Claim> = (0..8).map(|_| Claim::of_seat("1")).collect();
    for claim in &claims {
        insert(&process.bus, claim).await.unwrap();
    }
    for _ in 0..150 {
        let raises = claims.iter().map(|claim| raise(&process.bus, claim.order.id));
        for result in join_all(raises).await {
            result.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    world.settle().await;
    for claim in &claims {
        assert_eq!(script.heard(claim.order.id), (1..=151).collect::<Vec<_>>());
    }
    process.stop().await;
}

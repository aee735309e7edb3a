use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use bson::{Document, doc};
use common::{
    bus::{BusConfig, Outcome},
    events::order::OrderCreated,
    testing::{TestWorld, laws},
};
use futures::future::join_all;

use crate::{
    fixture::{Claim, Process, insert, insert_all, raise},
    script::{Keep, Script},
};

#[tokio::test(flavor = "multi_thread")]
async fn replicas_share_the_work_and_each_event_is_handled_once() {
    let world = TestWorld::new("orders").await;
    let (left, right) = (Process::start(&world).await, Process::start(&world).await);
    let slowly = || {
        Script::new(async |_| {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok(Outcome::Done)
        })
    };
    let (of_left, of_right) = (slowly(), slowly());
    left.listen(&of_left).await;
    right.listen(&of_right).await;
    let claims: Vec<Claim> = (0..500).map(|_| Claim::of_seat("1")).collect();
    insert_all(&left.bus, &claims).await;
    world.settle().await;
    assert_eq!(of_left.count() + of_right.count(), 500);
    assert!(of_left.count() > 0 && of_right.count() > 0, "one of them had nothing to do");
    for claim in &claims {
        let id = claim.order.id;
        assert_eq!([of_left.heard(id), of_right.heard(id)].concat(), [1]);
    }
    left.stop().await;
    right.stop().await;
}

/// The events of one aggregate may be with both at once, in whatever order; the state decides.
#[tokio::test(flavor = "multi_thread")]
async fn replicas_on_one_aggregate_never_take_it_back() {
    let world = TestWorld::new("orders").await;
    let (left, right) = (Process::start(&world).await, Process::start(&world).await);
    let views = left.keep_views().await;
    right.keep_views().await;
    let claims: Vec<Claim> = (0..10).map(|_| Claim::of_seat("1")).collect();
    for claim in &claims {
        insert(&left.bus, claim).await.unwrap();
    }
    for _ in 0..40 {
        let raises = claims.iter().map(|claim| raise(&right.bus, claim.order.id));
        for result in join_all(raises).await {
            result.unwrap();
        }
    }
    world.settle().await;
    for claim in &claims {
        let view = views.get(claim.order.id).await.unwrap().unwrap().state;
        assert_eq!(view.order.version, 41);
        assert!(view.effects <= 41, "{} effects of 41 events", view.effects);
    }
    left.stop().await;
    right.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_in_the_stream_has_no_effect() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let views = process.keep_views().await;
    let claim = Claim::of_seat("1");
    // Without a message id, JetStream cannot know that they are the same.
    for fact in [claim.fact(), claim.next().fact(), claim.fact(), claim.next().fact()] {
        world.publish(fact).await;
    }
    world.settle().await;
    assert_eq!(world.published::<OrderCreated>().await.len(), 4);
    let view = views.get(claim.order.id).await.unwrap().unwrap().state;
    assert_eq!((view.order.version, view.effects), (2, 2));
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_listener_of_this_suite_obeys_the_laws() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    process.bus.register::<crate::script::View>().await.unwrap();
    let claim = Claim::of_seat("1");
    let history = [claim.fact(), claim.next().fact(), claim.next().next().fact()];
    let history = history.map(|fact| common::events::order::OrderChanged(fact.0));
    laws::check::<Keep>(&process.bus, &process.bus.repository(), &history).await;
    process.stop().await;
}

/// One replica is held up again and again between its looks at the stream and at what is remembered of it, which the other one
/// changes meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn what_another_replica_has_published_meanwhile_does_not_look_lost() {
    let world = Arc::new(TestWorld::new("orders").await);
    let eager = |mut config: BusConfig| {
        config.repair_poll = Duration::from_millis(5);
        config
    };
    let publishing = Process::start_with(&world, eager).await;
    let (is_over, held_up) = (Arc::new(AtomicBool::new(false)), world.clone());
    let over = is_over.clone();
    let looking = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let process = Process::start_with(&held_up, eager).await;
            while !over.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(1)).await;
                thread::sleep(Duration::from_millis(20));
            }
            process.stop().await;
        });
    });
    for _ in 0..500 {
        insert(&publishing.bus, &Claim::of_seat("1")).await.unwrap();
    }
    is_over.store(true, Ordering::Relaxed);
    looking.join().unwrap();
    let streams = publishing.bus.database().collection::<Document>("bus_streams");
    let known = streams.find_one(doc! { "_id": "orders" }).await.unwrap().unwrap();
    assert_eq!(known.get_i64("epoch").unwrap(), 1, "{known}");
    publishing.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_relays_on_one_database_publish_each_event_once_and_in_order() {
    let world = TestWorld::new("orders").await;
    let (left, right) = (Process::start(&world).await, Process::start(&world).await);
    let claims: Vec<Claim> = (0..20).map(|_| Claim::of_seat("1")).collect();
    for claim in &claims {
        insert(&left.bus, claim).await.unwrap();
        for process in [&right, &left, &right] {
            raise(&process.bus, claim.order.id).await.unwrap();
        }
    }
    world.settle().await;
    let published = world.published::<OrderCreated>().await;
    for claim in claims {
        let of_claim = published.iter().filter(|fact| fact.0.id == claim.order.id);
        assert_eq!(of_claim.map(|fact| fact.0.version).collect::<Vec<_>>(), [1, 2, 3, 4]);
    }
    left.stop().await;
    right.stop().await;
}

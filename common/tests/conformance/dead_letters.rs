use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_nats::jetstream;
use common::{
    bus::{DeadLetter, DeadLetterStatus, HandlerError, Listener as _, Outcome},
    ids::OrderId,
    testing::TestWorld,
};

use crate::{
    fixture::{Claim, Process, insert, raise},
    script::{Follow, Script},
};

/// A script that gives everything up until it is allowed to go on.
fn refusing() -> (Script, Arc<AtomicBool>) {
    let allowed = Arc::new(AtomicBool::new(false));
    let may = allowed.clone();
    let script = Script::new(move |_| {
        let may = may.load(Ordering::SeqCst);
        async move { if may { Ok(Outcome::Done) } else { Err(HandlerError::dead_letter("refused by the test")) } }
    });
    (script, allowed)
}

async fn only_letter(process: &Process) -> DeadLetter {
    let mut letters = process.bus.dead_letters().open().await.unwrap();
    assert_eq!(letters.len(), 1, "{letters:?}");
    letters.remove(0)
}

/// The last message on `dlq.<listener>`: its reason and its body.
async fn told(world: &TestWorld) -> (String, String) {
    let nats = async_nats::connect(&world.servers.nats_url).await.unwrap();
    let stream = jetstream::new(nats).get_stream(world.namespace.stream("dlq")).await.unwrap();
    let subject = world.namespace.subject(&format!("dlq.{}", Follow::NAME));
    let message = stream.get_last_raw_message_by_subject(&subject).await.unwrap();
    let reason = message.headers.get("dead-letter-reason").unwrap().to_string();
    (reason, String::from_utf8(message.payload.to_vec()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_kept_told_and_can_be_replayed() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let (script, allowed) = refusing();
    process.listen(&script).await;
    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    world.settle().await;

    let letter = only_letter(&process).await;
    assert_eq!(letter.reason, "refused by the test");
    assert_eq!(letter.listener, Follow::NAME);
    assert_eq!(told(&world).await, (letter.reason.clone(), letter.body.clone()));

    allowed.store(true, Ordering::SeqCst);
    assert!(process.bus.dead_letters().request_replay(&letter.id).await.unwrap());
    world
        .eventually("the replay", async || {
            process.bus.dead_letters().open().await.unwrap().is_empty().then_some(())
        })
        .await;
    assert_eq!(script.heard(claim.order.id), [1]);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_fails_leaves_the_letter_open() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let script = Script::new(async |call| {
        Err(HandlerError::dead_letter(format!("refused for the {}. time", call.number)))
    });
    process.listen(&script).await;
    insert(&process.bus, &Claim::of_seat("1")).await.unwrap();
    world.settle().await;
    let letter = only_letter(&process).await;
    assert!(process.bus.dead_letters().request_replay(&letter.id).await.unwrap());
    until_open_again(&world, &process, "refused for the 2. time").await;
    process.stop().await;
}

async fn until_open_again(world: &TestWorld, process: &Process, reason: &str) {
    world
        .eventually("the letter to be open again", async || {
            let letter = only_letter(process).await;
            let open = letter.status == DeadLetterStatus::Open;
            (open && letter.reason.contains(reason)).then_some(())
        })
        .await;
}

/// It takes about twenty seconds: the pauses grow to more than six.
#[tokio::test(flavor = "multi_thread")]
async fn after_eight_failures_an_event_is_a_dead_letter_and_the_next_one_goes_on() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let script = Script::failing(1, usize::MAX);
    process.listen(&script).await;
    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    raise(&process.bus, claim.order.id).await.unwrap();
    let heard = async || (script.heard(claim.order.id) == [2]).then_some(());
    world.eventually("the next event", heard).await;
    let letter = only_letter(&process).await;
    assert!(letter.reason.ends_with("not this time"), "{}", letter.reason);
    assert_eq!(script.calls(claim.order.id).iter().filter(|call| call.version == 1).count(), 8);
    process.stop().await;
}

/// What no producer of ours would send.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_without_headers_is_a_dead_letter_at_once() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let script = Script::smooth();
    process.listen(&script).await;
    let id = OrderId::generate();
    world.publish_raw("orders", &format!("orders.order.created.v1.{id}"), "{\"$gt\": \"\"").await;
    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    world.settle().await;
    let letter = only_letter(&process).await;
    assert!(letter.reason.contains("ce-id"), "{}", letter.reason);
    assert_eq!(script.heard(claim.order.id), [1]);

    assert!(process.bus.dead_letters().request_replay(&letter.id).await.unwrap());
    until_open_again(&world, &process, "ce-id").await;
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_cannot_be_read_is_a_dead_letter_at_once() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let script = Script::smooth();
    process.listen(&script).await;
    let mut strange = Claim::of_seat("1").fact();
    strange.0.version = 0;
    let body = serde_json::to_string(&strange).unwrap().replace("\"version\":0", "\"version\":\"zero\"");
    world.publish_body("orders.order.created.v1", strange.0.id, &body).await;
    world.settle().await;
    let letter = only_letter(&process).await;
    assert!(letter.reason.starts_with("undecodable body"), "{}", letter.reason);
    assert_eq!(letter.body, body);
    assert_eq!(script.count(), 0);
    process.stop().await;
}

/// Telling of it needs JetStream; keeping it does not.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_is_kept_once_even_if_it_is_given_up_twice() {
    let mut fragile = crate::fragile::Fragile::new().await;
    let process = Process::start(&fragile.world).await;
    let (given_up, at_hand) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
    let (give_up, arrived) = (given_up.clone(), at_hand.clone());
    let script = Script::new(move |call| {
        let (give_up, arrived) = (give_up.clone(), arrived.clone());
        async move {
            if call.number == 1 {
                arrived.notify_one();
                give_up.notified().await;
            }
            Err(HandlerError::dead_letter("refused by the test"))
        }
    });
    process.listen(&script).await;
    insert(&process.bus, &Claim::of_seat("1")).await.unwrap();
    at_hand.notified().await;
    fragile.kill();
    given_up.notify_one();
    let kept = async || (!process.bus.dead_letters().open().await.unwrap().is_empty()).then_some(());
    fragile.world.eventually("the letter to be kept", kept).await;
    // Nobody could be told of it, so it is in hand again.
    let given_up_again = async || (script.count() >= 2).then_some(());
    fragile.world.eventually("the letter to be given up again", given_up_again).await;

    fragile.start_again().await;
    fragile.world.settle().await;
    let letter = only_letter(&process).await;
    assert_eq!(told(&fragile.world).await.0, letter.reason);
    tokio::time::timeout(Duration::from_secs(20), process.stop()).await.unwrap();
}

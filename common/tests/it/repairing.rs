use std::time::Duration;

use common::{
    events::order::OrderCreated,
    testing::{Servers, TestWorld, free_port, start_nats},
};

use crate::fixture::{Claim, Process, insert, raise};

#[tokio::test(flavor = "multi_thread")]
async fn when_jetstream_has_lost_everything_all_current_states_are_published_again() {
    let (port, shared) = (free_port(), Servers::shared().await);
    let nats = start_nats(port).await;
    let servers = Servers { nats_url: nats.url.clone(), ..shared.clone() };
    let world = TestWorld::on(servers, "orders").await;
    let process = Process::start(&world).await;
    let claims: Vec<Claim> = (0..30).map(|_| Claim::of_seat("1")).collect();
    for claim in &claims {
        insert(&process.bus, claim).await.unwrap();
    }
    raise(&process.bus, claims[0].order.id).await.unwrap();
    world.settle().await;

    drop(nats.kill());
    let _nats = start_nats(port).await;

    let published = world
        .eventually("the current states in the new stream", async || {
            let facts = world.published::<OrderCreated>().await;
            (facts.len() >= 30).then_some(facts)
        })
        .await;
    for claim in &claims {
        let version = if claim.order.id == claims[0].order.id { 2 } else { 1 };
        let of_claim: Vec<_> = published.iter().filter(|fact| fact.0.id == claim.order.id).collect();
        assert_eq!(of_claim.iter().map(|fact| fact.0.version).collect::<Vec<_>>(), [version]);
    }
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_another_service_too_long_is_published_again() {
    let world = TestWorld::new("orders").await;
    let process = Process::start_with(&world, |mut config| {
        config.republish_after = Duration::from_secs(1);
        config
    })
    .await;
    let (mut waiting, at_rest) = (Claim::of_seat("1"), Claim::of_seat("2"));
    waiting.waiting = true;
    insert(&process.bus, &waiting).await.unwrap();
    insert(&process.bus, &at_rest).await.unwrap();
    world.clock.advance(Duration::from_mins(1));
    let published = world
        .eventually("the repetition", async || {
            let facts = world.published::<OrderCreated>().await;
            (facts.len() >= 3).then_some(facts)
        })
        .await;
    let of_resting = published.iter().filter(|fact| fact.0.id == at_rest.order.id).count();
    assert_eq!(of_resting, 1, "what is at rest needs no repetition");
    process.stop().await;
}

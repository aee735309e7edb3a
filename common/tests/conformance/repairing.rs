use std::time::Duration;

use common::{
    events::order::OrderCreated,
    testing::{Profile, TestWorld},
};

use crate::fixture::{Claim, Process, insert};

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
    let profile = Profile::begin(process.bus.database().clone()).await;
    world.clock.advance(Duration::from_mins(1));
    let published = world
        .eventually("the repetition", async || {
            let facts = world.published::<OrderCreated>().await;
            (facts.len() >= 3).then_some(facts)
        })
        .await;
    let of_resting = published.iter().filter(|fact| fact.0.id == at_rest.order.id).count();
    assert_eq!(of_resting, 1, "what is at rest needs no repetition");
    for plan in profile.plans("claims", "awaitsPeer").await {
        assert!(plan.contains("updatedAt"), "the few that wait are not found by their index: {plan}");
    }
    process.stop().await;
}

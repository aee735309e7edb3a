use bson::doc;
use common::{
    events::order::OrderCreated,
    testing::{Servers, TestWorld, free_port, start_nats, start_nats_in},
};

use crate::fixture::{Claim, Process, insert, raise};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_committed_while_the_broker_is_down_is_published_when_it_is_back() {
    let (port, shared) = (free_port(), Servers::shared().await);
    let nats = start_nats(port).await;
    let servers = Servers { nats_url: nats.url.clone(), ..shared.clone() };
    let world = TestWorld::on(servers, "orders").await;
    let process = Process::start(&world).await;
    let data = nats.kill().unwrap();

    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    raise(&process.bus, claim.order.id).await.unwrap();

    let _nats = start_nats_in(port, data).await;
    world.settle().await;
    let versions: Vec<u64> =
        world.published::<OrderCreated>().await.iter().map(|fact| fact.0.version).collect();
    assert_eq!(versions, [1, 2]);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_process_left_in_the_outbox_is_published_by_the_next_one() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    world.settle().await;
    process.stop().await;

    // As if the process had died right after the commit of the second version.
    let database =
        common::mongo::connect(&world.servers.mongodb_uri, &world.database("orders")).await.unwrap();
    let next = claim.next();
    let entry = doc! {
        "id": common::ids::EventId::generate(),
        "ceType": "orders.order.created.v1",
        "aggregateId": claim.order.id,
        "version": 2_i64,
        "time": world.now(),
        "body": serde_json::to_string(&next.fact()).unwrap(),
    };
    let update = doc! {
        "q": { "_id": claim.order.id },
        "u": { "$set": { "rev": 2_i64, "outbox": [entry] } },
    };
    database.run_command(doc! { "update": "claims", "updates": [update] }).await.unwrap();

    let process = Process::start(&world).await;
    world.settle().await;
    assert_eq!(world.published::<OrderCreated>().await, [claim.fact(), next.fact()]);
    process.stop().await;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_publishes_what_was_committed() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    for _ in 0..50 {
        insert(&process.bus, &Claim::of_seat("1")).await.unwrap();
    }
    process.stop().await;
    assert_eq!(world.published::<OrderCreated>().await.len(), 50);
}

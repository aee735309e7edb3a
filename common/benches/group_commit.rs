//! What group commit gains: units of work a second, from the call to the acknowledged commit, and until each
//! event is published, acknowledged by JetStream and removed from its outbox. The ways are measured in turn
//! in one run, several rounds each, so that the ratio holds on a noisy machine.
//!
//! `cargo bench -p common --features testing --bench group_commit`
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark stops on the first failure and prints"
)]

use std::time::{Duration, Instant};

use bson::{Document, doc};
use common::{
    bus::{Aggregate, Bus, BusConfig, CommitError, Grouping},
    events::show::{Category, ShowCreated, ShowSnapshot, ShowStatus, Venue},
    ids::ShowId,
    mongo,
    shutdown::Tasks,
    testing::TestWorld,
};
use futures::future::join_all;
use mongodb::{Client, Database};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

const ROUNDS: usize = 5;
const UNITS: usize = 4_000;
const CLIENTS: [usize; 3] = [1, 16, 64];

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct Show(ShowSnapshot);

impl Aggregate for Show {
    const COLLECTION: &'static str = "shows";

    fn document_id(&self) -> String {
        self.0.id.to_string()
    }
}

fn show(world: &TestWorld) -> Show {
    let venue = Venue { name: "Hall".into(), city: "Bergen".into(), time_zone: "Europe/Oslo".into() };
    Show(ShowSnapshot {
        id: ShowId::generate(),
        version: 1,
        title: "Night Trains".into(),
        category: Category::Concert,
        performers: vec!["The Lamplighters".into()],
        venue,
        starts_at: world.now(),
        status: ShowStatus::Scheduled,
        created_at: world.now(),
    })
}

async fn start(world: &TestWorld, grouping: Grouping) -> (Bus, Tasks) {
    let database = mongo::connect(&world.servers.mongodb_uri, &world.database("tickets")).await.unwrap();
    let client = async_nats::connect(&world.servers.nats_url).await.unwrap();
    let tasks = Tasks::new(CancellationToken::new());
    let config = BusConfig { grouping, ..BusConfig::new("tickets", world.namespace.clone()) };
    let bus = Bus::start(config, database, client, world.clock.clone(), &tasks).await.unwrap();
    bus.register::<Show>().await.unwrap();
    (bus, tasks)
}

/// Units a second: committed, and published with the outboxes empty.
async fn outbox_in_the_document(clients: usize, units: usize, grouping: Grouping) -> (f64, f64) {
    let world = TestWorld::new("tickets").await;
    let (bus, tasks) = start(&world, grouping).await;
    let began = Instant::now();
    let workers = (0..clients).map(|_| {
        let (bus, show) = (bus.clone(), show(&world));
        tokio::spawn(async move {
            for _ in 0..units / clients {
                let mut next = show.clone();
                next.0.id = ShowId::generate();
                let unit = bus.transact(async move |tx| {
                    tx.insert(next.clone());
                    tx.publish(ShowCreated(next.0.clone()));
                    Ok::<_, CommitError>(())
                });
                unit.await.unwrap();
            }
        })
    });
    join_all(workers).await;
    let committed = began.elapsed();
    while bus.repository::<Show>().count(doc! { "outbox": { "$exists": true } }).await.unwrap() > 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let published = began.elapsed();
    tasks.finish(Duration::from_secs(10)).await.unwrap();
    (rate(units, committed), rate(units, published))
}

/// Units a second of the usual way: entity and outbox collection in one transaction, without publishing.
async fn outbox_in_a_transaction(clients: usize, units: usize) -> f64 {
    let world = TestWorld::new("tickets").await;
    let database = mongo::connect(&world.servers.mongodb_uri, &world.database("tickets")).await.unwrap();
    for collection in ["shows", "outbox"] {
        database.create_collection(collection).await.unwrap();
    }
    let began = Instant::now();
    let workers = (0..clients).map(|_| {
        let (database, show) = (database.clone(), show(&world));
        tokio::spawn(async move {
            for _ in 0..units / clients {
                transaction(database.client(), &database, &show).await;
            }
        })
    });
    join_all(workers).await;
    rate(units, began.elapsed())
}

#[expect(clippy::disallowed_methods, reason = "this is the way that the bus is compared with")]
async fn transaction(client: &Client, database: &Database, show: &Show) {
    let mut session = client.start_session().await.unwrap();
    session.start_transaction().await.unwrap();
    let body = serde_json::to_string(&show.0).unwrap();
    let entity = doc! { "_id": ShowId::generate(), "rev": 1, "state": &body };
    database.collection::<Document>("shows").insert_one(entity).session(&mut session).await.unwrap();
    let entry = doc! { "_id": ShowId::generate(), "body": &body };
    database.collection::<Document>("outbox").insert_one(entry).session(&mut session).await.unwrap();
    session.commit_transaction().await.unwrap();
}

#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "some thousands of units")]
fn rate(units: usize, time: Duration) -> f64 {
    units as f64 / time.as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[tokio::main]
async fn main() {
    let alone = Grouping { max_units: 1, in_flight: 256 };
    println!("units of work a second, medians of {ROUNDS} rounds taken in turn\n");
    println!(
        "| clients | transaction, committed | alone, committed | grouped, committed | alone, published | grouped, published | grouped : alone, published |"
    );
    println!("|---|---|---|---|---|---|---|");
    for clients in CLIENTS {
        let units = if clients == 1 { UNITS / 4 } else { UNITS };
        let (mut transactions, mut singles, mut groups) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            transactions.push(outbox_in_a_transaction(clients, units).await);
            singles.push(outbox_in_the_document(clients, units, alone).await);
            groups.push(outbox_in_the_document(clients, units, Grouping::default()).await);
        }
        let ratios = groups.iter().zip(&singles).map(|(group, single)| group.1 / single.1).collect();
        let of =
            |values: &[(f64, f64)], which: fn(&(f64, f64)) -> f64| median(values.iter().map(which).collect());
        println!(
            "| {clients} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} | {:.1} |",
            median(transactions),
            of(&singles, |v| v.0),
            of(&groups, |v| v.0),
            of(&singles, |v| v.1),
            of(&groups, |v| v.1),
            median(ratios),
        );
    }
}

//! L1 to L8: nothing is under way any more.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use async_nats::jetstream;
use bson::{Document, doc};
use common::bus::DeadLetters;
use futures::TryStreamExt as _;
use tokio::time::{sleep, timeout};

use crate::{
    market::{Books, Service},
    torture::{fleet::Fleet, nemesis::POISON, nemesis::fault::STREAMS},
};

const POLL: Duration = Duration::from_millis(500);
const NATS_TIMEOUT: Duration = Duration::from_secs(5);

/// Waits until nothing is under way but what is published again; otherwise tells what is.
pub async fn wait(fleet: &Fleet, books: &Books, bound: Duration) -> Result<(), Vec<String>> {
    until_none(bound, async || under_way(fleet, books).await).await
}

/// Waits until no service has states to publish again any more; otherwise tells which have.
pub async fn wait_for_repairs(books: &Books, bound: Duration) -> Result<(), Vec<String>> {
    until_none(bound, async || repairing(books).await).await
}

async fn until_none(bound: Duration, look: impl AsyncFn() -> Vec<String>) -> Result<(), Vec<String>> {
    let deadline = Instant::now() + bound;
    loop {
        let found = look().await;
        if found.is_empty() {
            return Ok(());
        }
        if Instant::now() >= deadline {
            return Err(found);
        }
        sleep(POLL).await;
    }
}

async fn repairing(books: &Books) -> Vec<String> {
    let mut repairing = Vec::new();
    for service in Service::ALL {
        if books.count(service, "bus_streams", doc! { "repairing": true }).await > 0 {
            repairing.push(format!("L7: {} is still publishing its states again", service.name()));
        }
    }
    repairing
}

async fn under_way(fleet: &Fleet, books: &Books) -> Vec<String> {
    let mut restless = Vec::new();
    for (id, what, service, collection, filter) in states_on_the_way() {
        let count = books.count(service, collection, filter).await;
        if count > 0 {
            restless.push(format!("{id}: {count} {what}"));
        }
    }
    let unpublished = books.unpublished().await;
    if unpublished > 0 {
        restless.push(format!("L7: {unpublished} aggregates have events to publish"));
    }
    if restless.is_empty() {
        restless.extend(projections_behind(books).await);
    }
    // As long as states are published again there is always something to hear.
    if restless.is_empty() && repairing(books).await.is_empty() {
        restless.extend(lag(fleet).await);
    }
    restless
}

/// What must not be there any more once everything has ended.
fn states_on_the_way() -> [(&'static str, &'static str, Service, &'static str, Document); 5] {
    let status = |wanted: &[&str]| doc! { "state.status": { "$in": wanted } };
    [
        ("L1", "orders await payment", Service::Orders, "orders", status(&["awaiting_payment"])),
        ("L1", "timers are pending", Service::Expiration, "timers", status(&["pending"])),
        (
            "L2",
            "orders are neither paid nor over",
            Service::Orders,
            "orders",
            status(&["confirmed", "refunding"]),
        ),
        (
            "L4",
            "payments are under way",
            Service::Payments,
            "payments",
            status(&["authorizing", "capturing", "voiding", "refunding"]),
        ),
        ("L5", "payments are authorised and no more", Service::Payments, "payments", status(&["authorized"])),
    ]
}

/// L7: what consumers have yet to handle.
async fn lag(fleet: &Fleet) -> Vec<String> {
    let url = xtask::servers::nats::url(fleet.links.nats_port);
    let Ok(Ok(client)) = timeout(NATS_TIMEOUT, async_nats::connect(url)).await else {
        return vec!["L7: NATS does not answer".to_owned()];
    };
    let context = jetstream::new(client);
    let mut behind = Vec::new();
    for name in STREAMS {
        let Ok(stream) = context.get_stream(name).await else {
            behind.push(format!("L7: the stream {name} is not there"));
            continue;
        };
        let consumers: Vec<_> = stream.consumers().try_collect().await.unwrap_or_default();
        for consumer in consumers {
            let (pending, unacknowledged) = (consumer.num_pending, consumer.num_ack_pending);
            if pending > 0 || unacknowledged > 0 {
                behind.push(format!(
                    "L7: {} has {pending} messages to come and {unacknowledged} in hand",
                    consumer.name
                ));
            }
        }
    }
    behind
}

/// L8: every projection is its source.
async fn projections_behind(books: &Books) -> Vec<String> {
    let listings = (Service::Tickets, "listings", "state.snapshot.version");
    let orders = (Service::Orders, "orders", "state.version");
    let projections = [
        (listings, (Service::Orders, "inventories", "state.listing.version")),
        (orders, (Service::Tickets, "admissions", "state.order.version")),
        (orders, (Service::Payments, "orders", "state.order.version")),
    ];
    let mut behind = Vec::new();
    for ((service, collection, path), projection) in projections {
        let source = books.column(service, collection, path).await;
        let copy: BTreeMap<String, i64> = books.column(projection.0, projection.1, projection.2).await;
        let differ = source.iter().filter(|(id, version)| copy.get(*id) != Some(*version));
        let differ: Vec<&String> = differ.map(|(id, _)| id).collect();
        if let Some(first) = differ.first() {
            let (whose, count) = (projection.0.name(), differ.len());
            behind.push(format!("L8: {whose} does not know {count} {collection} as they are, first {first}"));
        }
        let unknown = copy.keys().filter(|id| !source.contains_key(*id)).count();
        if unknown > 0 {
            behind
                .push(format!("L8: {} knows {unknown} {collection} that do not exist", projection.0.name()));
        }
    }
    behind
}

/// L7: messages that were given up, other than those that nobody could have read.
pub async fn strange_dead_letters(books: &Books) -> Vec<String> {
    let mut strange = Vec::new();
    for service in Service::ALL {
        let open = DeadLetters::new(&books.database(service)).open().await.expect("read the dead letters");
        let others = open.iter().filter(|letter| !letter.subject.contains(&format!(".{POISON}")));
        strange.extend(others.map(|letter| format!("L7: dead letter {}: {}", letter.id, letter.reason)));
    }
    strange
}

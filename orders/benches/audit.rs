//! What the audit costs: queries, time and processor time of one look, here and in MongoDB, when there is
//! nothing to look at, when 100,000 orders are at rest, and when all of them have just changed.
//!
//! `cargo bench -p orders --bench audit` (with `--profile dev` for the figures of a build without optimisation)
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark stops on the first failure and prints"
)]

use std::{fs, time::Duration};

use bson::{Bson, Document, doc};
use common::{
    audit::Auditor,
    clock::Timestamp,
    events::{
        listing::{Admission, ListingSnapshot, ListingStatus, Seat, SplitRule},
        order::OrderStatus,
    },
    ids::{ListingId, OrderId, ShowId, UserId},
    money::{Currency, Money},
    testing::TestWorld,
};
use mongodb::Database;
use orders::{
    app, audit,
    config::Config,
    domain::{
        inventory::Inventory,
        order::{Order, RequestKey},
        placing::Terms,
    },
};
use tokio::time::Instant;

const LISTINGS: usize = 20_000;
const ORDERS_PER_LISTING: usize = 5;
const BATCH: usize = 1_000;

#[tokio::main]
async fn main() {
    let world = TestWorld::new("orders").await;
    let terms = Terms { hold: Duration::from_mins(15), max_open_orders: 4 };
    let config = Config { service: world.service_config(), terms };
    let (service, context) = app::connect(&config, world.clock.clone()).await.unwrap();
    let (bus, database) = (context.bus.clone(), service.bus().database().clone());
    let mut auditor = Auditor::new(bus, audit::table(), context);
    println!("{:<34} {:>8} {:>9} {:>9} {:>11}", "one look", "queries", "time", "CPU here", "CPU MongoDB");
    measure("at nothing", &database, &mut auditor).await;
    fill(&database, world.now().minus(Duration::from_hours(1))).await;
    for _ in 0..3 {
        measure("at 100,000 orders at rest", &database, &mut auditor).await;
    }
    touch_all(&database, world.now()).await;
    world.clock.advance(Duration::from_secs(10));
    for _ in 0..3 {
        measure("when 100,000 orders have changed", &database, &mut auditor).await;
    }
}

async fn measure(what: &str, database: &Database, auditor: &mut Auditor<app::Context>) {
    let (before, here, began) = (mongodb_so_far(database).await, cpu_millis(), Instant::now());
    assert_eq!(auditor.look().await.unwrap(), []);
    let (took, here) = (began.elapsed().as_millis(), cpu_millis() - here);
    let after = mongodb_so_far(database).await;
    let (queries, there) = (after.0 - before.0, (after.1 - before.1) / 1_000);
    println!("{what:<34} {queries:>8} {took:>6} ms {here:>6} ms {there:>8} ms");
}

/// How many queries MongoDB has answered, and the microseconds of processor time that it has had.
async fn mongodb_so_far(database: &Database) -> (i64, i64) {
    let status = database.run_command(doc! { "serverStatus": 1 }).await.unwrap();
    let number = |of: &str, name: &str| match status.get_document(of).unwrap().get(name) {
        Some(Bson::Int64(number)) => *number,
        Some(Bson::Int32(number)) => i64::from(*number),
        other => panic!("{of}.{name} is {other:?}"),
    };
    let queries = number("opcounters", "query") + number("opcounters", "getmore");
    (queries, number("extra_info", "user_time_us") + number("extra_info", "system_time_us"))
}

/// The processor time of this process: fields 14 and 15 of its `stat`, in hundredths of a second.
fn cpu_millis() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit_once(')').unwrap().1.split_whitespace().skip(11).take(2);
    fields.map(|ticks| ticks.parse::<u64>().unwrap() * 10).sum()
}

async fn fill(database: &Database, now: Timestamp) {
    let (mut orders, mut inventories) = (Vec::new(), Vec::new());
    for _ in 0..LISTINGS {
        let listing = listing(now);
        for number in 1..=ORDERS_PER_LISTING {
            orders.push(stored(&order(&listing, u32::try_from(number).unwrap(), now), now));
        }
        inventories.push(stored_inventory(&Inventory { listing }, now));
        if orders.len() >= BATCH {
            insert(database, "orders", std::mem::take(&mut orders)).await;
            insert(database, "inventories", std::mem::take(&mut inventories)).await;
        }
    }
}

/// Makes all orders look changed, which is the most that a look can be given to do.
async fn touch_all(database: &Database, now: Timestamp) {
    let all = doc! { "q": {}, "u": { "$set": { "updatedAt": now } }, "multi": true };
    database.run_command(doc! { "update": "orders", "updates": [all] }).await.unwrap();
}

async fn insert(database: &Database, collection: &str, documents: Vec<Document>) {
    let command = doc! { "insert": collection, "documents": documents };
    let reply = database.run_command(command).await.unwrap();
    assert!(!reply.contains_key("writeErrors"), "{reply}");
}

fn listing(now: Timestamp) -> ListingSnapshot {
    ListingSnapshot {
        id: ListingId::generate(),
        version: 1,
        show_id: ShowId::generate(),
        show_starts_at: now.plus(Duration::from_hours(240)),
        seller_id: UserId::generate(),
        section: "Stalls".to_owned(),
        row: Some("C".to_owned()),
        admission: Admission::Numbered,
        seats: (1..=5).map(Seat::ordinal).collect(),
        split_rule: SplitRule::Any,
        price: Money::new(5_000, Currency::Eur),
        fees: None,
        status: ListingStatus::Active,
        created_at: now,
    }
}

/// A completed order of one seat.
fn order(listing: &ListingSnapshot, seat: u32, now: Timestamp) -> Order {
    Order {
        id: OrderId::generate(),
        version: 3,
        listing_id: listing.id,
        show_id: listing.show_id,
        buyer_id: UserId::generate(),
        seller_id: listing.seller_id,
        seats: vec![Seat::ordinal(seat)],
        price: listing.price,
        fees: None,
        total: listing.price,
        status: OrderStatus::Completed,
        live: true,
        open: false,
        slot: 0,
        created_at: now,
        expires_at: now.plus(Duration::from_mins(15)),
        payment_id: None,
        cancel_reason: None,
        changed_at: now,
        history: Vec::new(),
        request: RequestKey { key: OrderId::generate().to_string(), fingerprint: "body".to_owned() },
        refund: None,
        payments: Vec::new(),
    }
}

fn stored(order: &Order, now: Timestamp) -> Document {
    let state = Document::try_from(bson::serialize_to_raw_document_buf(order).unwrap()).unwrap();
    doc! { "_id": order.id, "rev": 3_i64, "state": state, "awaitsPeer": false, "updatedAt": now }
}

fn stored_inventory(inventory: &Inventory, now: Timestamp) -> Document {
    let id = inventory.listing.id;
    let state = Document::try_from(bson::serialize_to_raw_document_buf(inventory).unwrap()).unwrap();
    doc! { "_id": id, "rev": 1_i64, "state": state, "awaitsPeer": false, "updatedAt": now }
}

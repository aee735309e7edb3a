//! What a marketplace has written down: the databases of its services and the ledger of the gateway, read
//! past all of its code.

use std::collections::BTreeMap;

use bson::{Document, doc};
use common::{
    bus::DeadLetters,
    ids::{ListingId, OrderId},
    money::Money,
};
use futures::TryStreamExt as _;
use mongodb::{Client, Database};
use orders::domain::order::Order;
use payments::{
    domain::{Charge, Payment},
    sandbox::entries::{Effect, Entry},
};
use serde::{Deserialize, de::DeserializeOwned};
use tickets::domain::admission::Admission;

use super::{machinery::Service, site::Site};

/// Collections that tell how the bus is doing, not what a service has decided.
const NOT_STATE: [&str; 2] = ["bus_streams", "dead_letters"];

/// The databases and the ledger.
pub struct Books {
    client: Client,
    site: Site,
}

/// An aggregate, as its document holds it.
#[derive(Deserialize)]
struct Stored<T> {
    state: T,
}

impl Books {
    /// The books of a marketplace.
    pub async fn open(mongodb_uri: &str, site: Site) -> Self {
        Self { client: Client::with_uri_str(mongodb_uri).await.expect("a valid address"), site }
    }

    /// All orders of these listings.
    pub async fn orders_of(&self, listings: &[ListingId]) -> Vec<Order> {
        self.find(Service::Orders, "orders", doc! { "state.listingId": { "$in": listings } }).await
    }

    /// All payments of these orders.
    pub async fn payments_of(&self, orders: &[OrderId]) -> Vec<Payment> {
        self.find(Service::Payments, "payments", doc! { "state.orderId": { "$in": orders } }).await
    }

    /// What tickets knows of these orders.
    pub async fn admissions_of(&self, orders: &[OrderId]) -> Vec<Admission> {
        self.find(Service::Tickets, "admissions", doc! { "_id": { "$in": orders } }).await
    }

    /// Aggregates of one collection that match.
    pub async fn find<T>(&self, service: Service, collection: &str, filter: Document) -> Vec<T>
    where
        T: DeserializeOwned + Send + Sync + Unpin,
    {
        let collection = self.database(service).collection::<Stored<T>>(collection);
        let found = collection.find(filter).await.expect("read a collection");
        found.map_ok(|stored| stored.state).try_collect().await.expect("read a collection")
    }

    /// How many documents of a collection match.
    pub async fn count(&self, service: Service, collection: &str, filter: Document) -> u64 {
        let collection = self.database(service).collection::<Document>(collection);
        collection.count_documents(filter).await.expect("count documents")
    }

    /// A field of every document of a collection, by id.
    pub async fn column(&self, service: Service, collection: &str, path: &str) -> BTreeMap<String, i64> {
        let collection = self.database(service).collection::<Document>(collection);
        let pipeline = [doc! { "$project": { "value": format!("${path}") } }];
        let found = collection.aggregate(pipeline).await.expect("read a collection");
        let documents: Vec<Document> = found.try_collect().await.expect("read a collection");
        let number = |value: &bson::Bson| value.as_i64().or_else(|| value.as_i32().map(i64::from));
        let read = |document: &Document| {
            let id = document.get_str("_id").expect("an id").to_owned();
            Some((id, number(document.get("value")?)?))
        };
        documents.iter().filter_map(read).collect()
    }

    /// Everything that the gateway has ever done, oldest first.
    pub async fn ledger(&self) -> Vec<Entry> {
        let (mut entries, mut after) = (Vec::new(), 0);
        loop {
            let page = self.site.ask_gateway(&format!("/v1/ledger?after={after}")).await.expect(200).json();
            let found: Vec<Entry> = serde_json::from_value(page["entries"].clone()).expect("ledger entries");
            entries.extend(found);
            match page["nextAfter"].as_u64() {
                Some(next) => after = next,
                None => return entries,
            }
        }
    }

    /// What the gateway did under each reference, which is the id of a payment.
    pub async fn reservations(&self) -> BTreeMap<String, Reservation> {
        let mut reservations: BTreeMap<String, Reservation> = BTreeMap::new();
        for entry in self.ledger().await {
            if let Some(reference) = reference_of(&entry.effect) {
                reservations.entry(reference.to_owned()).or_default().add(&entry.effect);
            }
        }
        reservations
    }

    /// Every message that a service has given up.
    pub async fn dead_letters(&self) -> Vec<String> {
        let mut letters = Vec::new();
        for service in Service::ALL {
            let open = DeadLetters::new(&self.database(service)).open().await.expect("read the dead letters");
            letters.extend(open.into_iter().map(|letter| format!("{}: {}", letter.id, letter.reason)));
        }
        letters
    }

    /// The state of every aggregate of every service, and how long the ledger is.
    pub async fn everything(&self) -> BTreeMap<String, Document> {
        let length = i64::try_from(self.ledger().await.len()).expect("a length");
        let mut everything = BTreeMap::from([("ledger".to_owned(), doc! { "length": length })]);
        for service in Service::ALL {
            let database = self.database(service);
            for name in database.list_collection_names().await.expect("list the collections") {
                if NOT_STATE.contains(&name.as_str()) {
                    continue;
                }
                let collection = database.collection::<Document>(&name);
                let found = collection.find(doc! {}).projection(doc! { "state": 1 }).await;
                let documents: Vec<Document> =
                    found.expect("read a collection").try_collect().await.expect("read a collection");
                for document in documents {
                    let id = document.get_str("_id").unwrap_or_default();
                    everything.insert(format!("{}.{name}/{id}", service.name()), document);
                }
            }
        }
        everything
    }

    /// How many aggregates have events that JetStream has not taken yet.
    pub async fn unpublished(&self) -> u64 {
        let mut unpublished = 0;
        for service in Service::ALL {
            for name in self.database(service).list_collection_names().await.expect("list the collections") {
                unpublished += self.count(service, &name, doc! { "outbox": { "$exists": true } }).await;
            }
        }
        unpublished
    }

    /// All databases.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The database of a service.
    pub fn database(&self, service: Service) -> Database {
        self.client.database(service.name())
    }
}

/// What became of somebody's money under one reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reservation {
    /// How much was reserved, if it was.
    pub authorized_cents: Option<i64>,
    /// How much was charged.
    pub captured_cents: i64,
    /// How often something was charged.
    pub captures: u32,
    /// How much was given back.
    pub refunded_cents: i64,
    /// Whether what was reserved was released, or never can be reserved any more.
    pub released: bool,
}

impl Reservation {
    fn add(&mut self, effect: &Effect) {
        match effect {
            Effect::Authorized { amount, .. } => self.authorized_cents = Some(amount.amount_cents),
            Effect::Captured { amount, .. } => {
                self.captured_cents += amount.amount_cents;
                self.captures += 1;
            }
            Effect::Refunded { amount, .. } => self.refunded_cents += amount.amount_cents,
            Effect::CaptureFailed { .. } | Effect::Voided { .. } => self.released = true,
            Effect::TokenCreated { .. } | Effect::ActionRequired { .. } | Effect::Declined { .. } => {}
        }
    }

    /// What the predicates of payments compare with its order.
    pub fn charge(&self, payment: &Payment) -> Charge {
        let currency = payment.amount.currency;
        Charge {
            payment_id: payment.id,
            order_id: payment.order_id,
            captured: Money::new(self.captured_cents, currency),
            refunded: Money::new(self.refunded_cents, currency),
        }
    }

    /// Whether money is reserved, neither charged nor released.
    pub fn is_open(&self) -> bool {
        self.authorized_cents.is_some() && self.captures == 0 && !self.released
    }
}

fn reference_of(effect: &Effect) -> Option<&str> {
    match effect {
        Effect::TokenCreated { .. } => None,
        Effect::ActionRequired { reference, .. }
        | Effect::Authorized { reference, .. }
        | Effect::Declined { reference, .. }
        | Effect::Captured { reference, .. }
        | Effect::CaptureFailed { reference }
        | Effect::Voided { reference }
        | Effect::Refunded { reference, .. } => Some(reference),
    }
}

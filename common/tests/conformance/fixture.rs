//! A service in miniature: one kind of aggregate that publishes order facts, and a bus to itself.

use std::time::Duration;

use bson::doc;
use common::{
    bus::{Aggregate, Bus, BusConfig, CommitError, Index, Loaded, Publication},
    clock::Timestamp,
    events::{
        listing::Seat,
        order::{OrderCreated, OrderSnapshot, OrderStatus},
    },
    ids::{ListingId, OrderId, ShowId, UserId},
    money::{Currency, Money},
    mongo,
    shutdown::Tasks,
    testing::TestWorld,
};
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

/// An aggregate that holds a public snapshot and publishes each change of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claim {
    pub order: OrderSnapshot,
    pub waiting: bool,
}

impl Claim {
    pub fn of_seat(seat: &str) -> Self {
        let now = Timestamp::from_millis(1_800_000_000_000).unwrap();
        let price = Money::new(100, Currency::Usd);
        let order = OrderSnapshot {
            id: OrderId::generate(),
            version: 1,
            listing_id: ListingId::generate(),
            show_id: ShowId::generate(),
            buyer_id: UserId::generate(),
            seller_id: UserId::generate(),
            seats: vec![seat.parse::<Seat>().unwrap()],
            price,
            fees: None,
            total: price,
            status: OrderStatus::AwaitingPayment,
            created_at: now,
            expires_at: now,
            payment_id: None,
            cancel_reason: None,
            changed_at: now,
        };
        Self { order, waiting: false }
    }

    /// The state with the next version.
    pub fn next(&self) -> Self {
        let mut next = self.clone();
        next.order.version += 1;
        next
    }

    pub fn fact(&self) -> OrderCreated {
        OrderCreated(self.order.clone())
    }
}

impl Aggregate for Claim {
    const COLLECTION: &'static str = "claims";

    fn document_id(&self) -> String {
        self.order.id.to_string()
    }

    fn indexes() -> Vec<Index> {
        let keys = doc! { "state.order.listingId": 1, "state.order.seats": 1 };
        vec![Index::on("seats_of_claims", keys).unique()]
    }

    fn current_facts(&self) -> Vec<Publication> {
        vec![self.fact().into()]
    }

    fn awaits_peer(&self) -> bool {
        self.waiting
    }
}

/// One running bus.
pub struct Process {
    pub bus: Bus,
    pub front: Tasks,
    pub back: Tasks,
}

impl Process {
    /// Starts a bus of the service `orders` in this world.
    pub async fn start(world: &TestWorld) -> Self {
        Self::start_with(world, |config| config).await
    }

    pub async fn start_with(world: &TestWorld, adjust: impl FnOnce(BusConfig) -> BusConfig) -> Self {
        let process = Self::connect(world, adjust).await;
        process.register().await;
        process
    }

    /// A process that has not come to register its aggregates yet.
    pub async fn connect(world: &TestWorld, adjust: impl FnOnce(BusConfig) -> BusConfig) -> Self {
        let database = mongo::connect(&world.servers.mongodb_uri, &world.database("orders")).await.unwrap();
        let client = async_nats::ConnectOptions::new()
            .retry_on_initial_connect()
            .connect(&world.servers.nats_url)
            .await
            .unwrap();
        let (front, back) = (Tasks::new(CancellationToken::new()), Tasks::new(CancellationToken::new()));
        let mut config = BusConfig::new("orders", world.namespace.clone());
        config.relay_poll = Duration::from_millis(100);
        config.repair_poll = Duration::from_millis(200);
        let bus = Bus::start(adjust(config), database, client, world.clock.clone(), &back).await.unwrap();
        Self { bus, front, back }
    }

    /// Goes on as a service does before it serves.
    pub async fn register(&self) {
        self.bus.register::<Claim>().await.unwrap();
        self.bus.look_after_stream(&self.back);
    }

    /// Stops gracefully: listeners first, then what they commit through.
    pub async fn stop(self) {
        self.front.finish(Duration::from_secs(20)).await.unwrap();
        self.back.finish(Duration::from_secs(20)).await.unwrap();
    }
}

/// Inserts a claim and publishes it.
pub async fn insert(bus: &Bus, claim: &Claim) -> Result<(), CommitError> {
    let (bus, claim) = (bus.clone(), claim.clone());
    bus.clone()
        .transact(async move |tx| {
            tx.insert(claim.clone());
            tx.publish(claim.fact());
            Ok(())
        })
        .await
}

/// Inserts many at once.
pub async fn insert_all(bus: &Bus, claims: &[Claim]) {
    for result in join_all(claims.iter().map(|claim| insert(bus, claim))).await {
        result.unwrap();
    }
}

/// Raises the version of a claim by one and publishes it.
pub async fn raise(bus: &Bus, id: OrderId) -> Result<u64, CommitError> {
    let bus = bus.clone();
    bus.clone()
        .transact(async move |tx| {
            let loaded = load(&bus, id).await;
            let next = loaded.state.next();
            tx.save(&loaded, next.clone());
            tx.publish(next.fact());
            Ok(next.order.version)
        })
        .await
}

pub async fn load(bus: &Bus, id: OrderId) -> Loaded<Claim> {
    bus.repository::<Claim>().get(id).await.unwrap().unwrap()
}

//! The service under test, in a world of its own.

use std::{collections::BTreeMap, time::Duration};

use common::{
    clock::Timestamp,
    events::{
        Fact,
        listing::{Admission, ListingCreated, ListingSnapshot, ListingStatus, Seat, SplitRule},
        order::{
            OrderCancelled, OrderCompleted, OrderConfirmed, OrderCreated, OrderExpired, OrderRefundRequested,
            OrderRefunded, OrderSnapshot,
        },
        payment::{PaymentAuthorized, PaymentCaptured, PaymentSnapshot, PaymentStatus},
        timer::{ExpirationCompleted, TimerSnapshot},
    },
    ids::{ListingId, OrderId, PaymentId, ShowId, UserId},
    money::{Currency, Money},
    service::Running,
    testing::{Answer, TestUser, TestWorld},
};
use orders::{
    app::Context,
    config::Config,
    domain::{invariants, placing::Terms},
    store::{Inventories, Orders},
};
use serde_json::{Value, json};

pub const PRICE_CENTS: i64 = 5_000;
pub const HOLD: Duration = Duration::from_mins(15);
pub const TERMS: Terms = Terms { hold: HOLD, max_open_orders: 4 };

pub struct TestApp {
    pub world: TestWorld,
    pub running: Running,
    terms: Terms,
}

pub fn config(world: &TestWorld, terms: Terms) -> Config {
    Config { service: world.service_config(), terms }
}

impl TestApp {
    pub async fn start() -> Self {
        Self::start_with(TERMS).await
    }

    pub async fn start_with(terms: Terms) -> Self {
        let world = TestWorld::new("orders").await;
        let running = orders::app::start(config(&world, terms), world.clock.clone()).await.unwrap();
        Self { world, running, terms }
    }

    /// What the service's own parts work with.
    pub fn context(&self) -> Context {
        let bus = self.running.bus().clone();
        Context {
            clock: self.world.clock.clone(),
            orders: Orders::of(&bus),
            inventories: Inventories::of(&bus),
            terms: self.terms,
            bus,
        }
    }

    /// A row of numbered seats, known to orders.
    pub async fn listing(&self, seats: u32) -> ListingSnapshot {
        self.listed(row(self.world.now(), seats)).await
    }

    /// That listing, known to orders.
    pub async fn listed(&self, listing: ListingSnapshot) -> ListingSnapshot {
        self.world.publish(ListingCreated(listing.clone())).await;
        self.world.settle().await;
        listing
    }

    pub async fn get(&self, path: &str, user: &TestUser) -> Answer {
        self.world.get(self.running.port(), path, Some(user)).await
    }

    pub async fn post(&self, path: &str, user: &TestUser, key: &str, body: &Value) -> Answer {
        self.world.post_once(self.running.port(), path, Some(user), key, body).await
    }

    /// Asks for an order under a key of its own.
    pub async fn try_place(&self, user: &TestUser, listing: &ListingSnapshot, quantity: u32) -> Answer {
        let key = OrderId::generate().to_string();
        self.post("/api/orders", user, &key, &wish(listing, quantity)).await
    }

    pub async fn place(&self, user: &TestUser, listing: &ListingSnapshot, quantity: u32) -> OrderSnapshot {
        self.try_place(user, listing, quantity).await.expect(201).body()
    }

    pub async fn try_cancel(&self, user: &TestUser, id: OrderId) -> Answer {
        self.world
            .post(self.running.port(), &format!("/api/orders/{id}/cancel"), Some(user), &json!({}))
            .await
    }

    pub async fn try_refund(&self, user: &TestUser, id: OrderId, key: &str) -> Answer {
        self.post(&format!("/api/orders/{id}/refund"), user, key, &json!({})).await
    }

    /// The order as its buyer or an admin sees it, when everything has settled.
    pub async fn order(&self, user: &TestUser, id: OrderId) -> OrderSnapshot {
        self.world.settle().await;
        self.get(&format!("/api/orders/{id}"), user).await.expect(200).body()
    }

    /// Tells that the money for an order is reserved.
    pub async fn authorize(&self, order: &OrderSnapshot) -> PaymentSnapshot {
        let payment = payment(order, PaymentStatus::Authorized);
        self.world.publish(PaymentAuthorized(payment.clone())).await;
        payment
    }

    /// Tells that the money for an order is reserved, and then charged.
    pub async fn pay(&self, order: &OrderSnapshot) -> PaymentSnapshot {
        let payment = self.authorize(order).await;
        self.world.settle().await;
        let captured = next(&payment, PaymentStatus::Captured);
        self.world.publish(PaymentCaptured(captured.clone())).await;
        self.world.settle().await;
        captured
    }

    /// Tells that the deadline of an order has passed.
    pub async fn fire(&self, order: &OrderSnapshot) {
        let fired_at = self.world.now();
        let timer = TimerSnapshot { id: order.id, version: 1, expires_at: order.expires_at, fired_at };
        self.world.publish(ExpirationCompleted(timer)).await;
    }

    /// The published history of an order.
    pub async fn history(&self, id: OrderId) -> Vec<OrderSnapshot> {
        self.histories().await.remove(&id).unwrap_or_default()
    }

    async fn histories(&self) -> BTreeMap<OrderId, Vec<OrderSnapshot>> {
        self.world.settle().await;
        let mut all = self.told::<OrderCreated>().await;
        all.extend(self.told::<OrderConfirmed>().await);
        all.extend(self.told::<OrderCompleted>().await);
        all.extend(self.told::<OrderCancelled>().await);
        all.extend(self.told::<OrderExpired>().await);
        all.extend(self.told::<OrderRefundRequested>().await);
        all.extend(self.told::<OrderRefunded>().await);
        all.sort_by_key(|snapshot| snapshot.version);
        let mut histories: BTreeMap<OrderId, Vec<OrderSnapshot>> = BTreeMap::new();
        for snapshot in all {
            histories.entry(snapshot.id).or_default().push(snapshot);
        }
        histories
    }

    async fn told<F: Fact<Snapshot = OrderSnapshot>>(&self) -> Vec<OrderSnapshot> {
        let facts = self.world.published::<F>().await;
        facts.into_iter().map(|fact| fact.snapshot().clone()).collect()
    }

    /// Ends the test: everything has settled, nothing was given up, and what is always true is true.
    pub async fn end(self) {
        let histories = self.histories().await;
        let context = self.context();
        let mut orders = Vec::new();
        let mut violations = Vec::new();
        for (id, history) in &histories {
            violations.extend(invariants::audit_history(history));
            let order = context.orders.get(*id).await.unwrap().unwrap().state;
            assert_eq!(history.last(), Some(&order.snapshot()), "what was told last is what is");
            orders.push(order);
        }
        for listing in orders.iter().map(|order| order.listing_id) {
            let listing = context.inventories.get(listing).await.unwrap().unwrap().state.listing;
            violations.extend(invariants::audit_listing(
                &listing,
                &context.orders.of_listing(listing.id).await.unwrap(),
            ));
        }
        violations.extend(invariants::s12(&orders, self.terms.max_open_orders));
        assert_eq!(violations, []);
        let letters = context.bus.dead_letters().open().await.unwrap();
        assert!(letters.is_empty(), "{letters:?}");
        self.running.stop().await.unwrap();
    }
}

/// What a buyer asks for who has seen the listing.
pub fn wish(listing: &ListingSnapshot, quantity: u32) -> Value {
    json!({
        "listingId": listing.id,
        "quantity": quantity,
        "expectedPriceCents": listing.price.amount_cents,
    })
}

/// A row of numbered seats that may be divided in any way.
pub fn row(now: Timestamp, seats: u32) -> ListingSnapshot {
    ListingSnapshot {
        id: ListingId::generate(),
        version: 1,
        show_id: ShowId::generate(),
        show_starts_at: now.plus(Duration::from_hours(240)),
        seller_id: UserId::generate(),
        section: "Stalls".to_owned(),
        row: Some("C".to_owned()),
        admission: Admission::Numbered,
        seats: (1..=seats).map(Seat::ordinal).collect(),
        split_rule: SplitRule::Any,
        price: Money::new(PRICE_CENTS, Currency::Eur),
        fees: None,
        status: ListingStatus::Active,
        created_at: now,
    }
}

/// The first snapshot of a new payment of an order.
pub fn payment(order: &OrderSnapshot, status: PaymentStatus) -> PaymentSnapshot {
    PaymentSnapshot {
        id: PaymentId::generate(),
        version: 1,
        order_id: order.id,
        buyer_id: order.buyer_id,
        amount: order.total,
        status,
        card: None,
        decline_reason: None,
        created_at: order.created_at,
        changed_at: order.created_at,
    }
}

/// The next snapshot of a payment.
pub fn next(payment: &PaymentSnapshot, status: PaymentStatus) -> PaymentSnapshot {
    PaymentSnapshot { version: payment.version + 1, status, ..payment.clone() }
}

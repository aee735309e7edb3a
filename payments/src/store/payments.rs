//! The payments.

use bson::{Document, doc};
use common::{
    bus::{Aggregate, Bus, Index, Loaded, Publication, Repository, StoreError, Tx},
    clock::Timestamp,
    ids::{OrderId, PaymentId, UserId},
    telemetry,
};

use crate::domain::{Payment, PaymentFact};

/// The index that lets an order have one live payment.
pub const LIVE_PAYMENT_OF_ORDER: &str = "live_payment_of_order";
/// The index that makes an idempotency key stand for one payment.
pub const IDEMPOTENCY_KEY_OF_BUYER: &str = "idempotency_key_of_buyer";

impl Aggregate for Payment {
    const COLLECTION: &'static str = "payments";

    fn document_id(&self) -> String {
        self.id.to_string()
    }

    fn indexes() -> Vec<Index> {
        vec![
            Index::on(LIVE_PAYMENT_OF_ORDER, doc! { "state.orderId": 1 })
                .unique()
                .partial(doc! { "state.live": true }),
            Index::on(IDEMPOTENCY_KEY_OF_BUYER, doc! { "state.buyerId": 1, "state.idempotencyKey": 1 })
                .unique(),
            Index::on("payments_of_buyer", doc! { "state.buyerId": 1, "_id": -1 }),
            Index::on("payments_of_order", doc! { "state.orderId": 1, "_id": -1 }),
            Index::on("payments_under_way", doc! { "state.nextAttemptAt": 1 })
                .partial(doc! { "state.nextAttemptAt": { "$exists": true } }),
        ]
    }

    fn current_facts(&self) -> Vec<Publication> {
        let publication = |fact| match fact {
            PaymentFact::Authorized(fact) => fact.into(),
            PaymentFact::Declined(fact) => fact.into(),
            PaymentFact::Captured(fact) => fact.into(),
            PaymentFact::Failed(fact) => fact.into(),
            PaymentFact::Voided(fact) => fact.into(),
            PaymentFact::Refunded(fact) => fact.into(),
        };
        self.current_fact().map(publication).into_iter().collect()
    }

    fn awaits_peer(&self) -> bool {
        self.awaits_order()
    }
}

/// The payments.
#[derive(Debug, Clone)]
pub struct Payments(Repository<Payment>);

impl Payments {
    /// The payments in this service's database.
    pub fn of(bus: &Bus) -> Self {
        Self(bus.repository())
    }

    /// The payment with this id.
    pub async fn get(&self, id: PaymentId) -> Result<Option<Loaded<Payment>>, StoreError> {
        self.0.get(id).await
    }

    /// The payment with this id, which something else tells of.
    pub async fn known(&self, id: PaymentId) -> Result<Loaded<Payment>, StoreError> {
        self.0.known(id).await
    }

    /// The payment that a buyer made under an idempotency key.
    pub async fn with_key(&self, buyer: UserId, key: &str) -> Result<Option<Payment>, StoreError> {
        let filter = doc! { "state.buyerId": buyer, "state.idempotencyKey": key };
        Ok(self.0.find_one(filter).await?.map(|loaded| loaded.state))
    }

    /// Payments, newest first: those of one buyer, of one order, or of both; those before `before`.
    pub async fn list(
        &self,
        buyer: Option<UserId>,
        order: Option<OrderId>,
        before: Option<PaymentId>,
        limit: i64,
    ) -> Result<Vec<Payment>, StoreError> {
        let mut filter = Document::new();
        if let Some(buyer) = buyer {
            filter.insert("state.buyerId", buyer);
        }
        if let Some(order) = order {
            filter.insert("state.orderId", order);
        }
        if let Some(before) = before {
            filter.insert("_id", doc! { "$lt": before });
        }
        let found = self.0.find(filter, doc! { "_id": -1 }, limit).await?;
        Ok(found.into_iter().map(|loaded| loaded.state).collect())
    }

    /// Payments that are under way and whose turn it is by `now`, the longest due first.
    pub async fn due(&self, now: Timestamp, limit: i64) -> Result<Vec<PaymentId>, StoreError> {
        let filter = doc! { "state.nextAttemptAt": { "$lte": now } };
        let found = self.0.find(filter, doc! { "state.nextAttemptAt": 1 }, limit).await?;
        Ok(found.into_iter().map(|loaded| loaded.state.id).collect())
    }

    /// All payments of these orders, for those who check the invariants.
    pub async fn of_orders(&self, orders: &[OrderId]) -> Result<Vec<Payment>, StoreError> {
        self.all(doc! { "state.orderId": { "$in": orders } }, i64::MAX).await
    }

    /// All payments that answer a request which one of these answers, for those who check the invariants.
    pub async fn with_keys_of(&self, payments: &[Payment]) -> Result<Vec<Payment>, StoreError> {
        let request = |payment: &Payment| {
            doc! { "state.buyerId": payment.buyer_id, "state.idempotencyKey": &payment.idempotency_key }
        };
        self.all(doc! { "$or": payments.iter().map(request).collect::<Vec<_>>() }, i64::MAX).await
    }

    /// Payments that have asked the gateway for one thing since that time.
    pub async fn under_way_since(&self, time: Timestamp, limit: i64) -> Result<Vec<Payment>, StoreError> {
        let filter = doc! { "state.nextAttemptAt": { "$exists": true }, "state.changedAt": { "$lt": time } };
        self.all(filter, limit).await
    }

    /// Payments that have waited for their order since that time.
    pub async fn waiting_since(&self, time: Timestamp, limit: i64) -> Result<Vec<Payment>, StoreError> {
        self.all(doc! { "awaitsPeer": true, "updatedAt": { "$lt": time } }, limit).await
    }

    /// The payments that follow one, in the order of their ids.
    pub async fn following(&self, id: Option<PaymentId>, limit: i64) -> Result<Vec<Payment>, StoreError> {
        self.0.after(id, limit).await
    }

    /// In no order: asked for that of the ids, MongoDB may walk through all of them for the sake of it.
    async fn all(&self, filter: Document, limit: i64) -> Result<Vec<Payment>, StoreError> {
        let found = self.0.find(filter, Document::new(), limit).await?;
        Ok(found.into_iter().map(|loaded| loaded.state).collect())
    }

    /// Records a new payment.
    pub fn insert(&self, tx: &mut Tx, mut payment: Payment) {
        payment.traceparent = telemetry::current_traceparent();
        tx.insert(payment);
    }

    /// Records the next state of a payment, and the fact that tells of it.
    pub fn save(&self, tx: &mut Tx, known: &Loaded<Payment>, mut next: Payment, told: Option<PaymentFact>) {
        next.traceparent = telemetry::current_traceparent().or(next.traceparent);
        tx.save(known, next);
        match told {
            Some(PaymentFact::Authorized(fact)) => tx.publish(fact),
            Some(PaymentFact::Declined(fact)) => tx.publish(fact),
            Some(PaymentFact::Captured(fact)) => tx.publish(fact),
            Some(PaymentFact::Failed(fact)) => tx.publish(fact),
            Some(PaymentFact::Voided(fact)) => tx.publish(fact),
            Some(PaymentFact::Refunded(fact)) => tx.publish(fact),
            None => {}
        }
    }
}

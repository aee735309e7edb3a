//! Orders, and the unique indexes that have the last word on seats, slots and retried requests.

use std::collections::BTreeSet;

use bson::{Bson, Document, doc};
use common::{
    bus::{Aggregate, Bus, Index, Loaded, Publication, Repository, StoreError, Tx},
    clock::Timestamp,
    control::Control,
    events::{
        listing::Seat,
        order::{
            OrderCancelled, OrderCompleted, OrderConfirmed, OrderCreated, OrderExpired, OrderRefundRequested,
            OrderRefunded, OrderStatus,
        },
    },
    ids::{ListingId, OrderId, UserId},
};

use crate::domain::order::Order;

/// No seat of a listing is in two live orders. Led by the listing, so that it still holds when orders are
/// sharded by it.
pub const SEATS_OF_LIVE_ORDERS: &str = "seats_of_live_orders";
/// No buyer has two open orders in one slot, so none has more than there are slots.
pub const SLOT_OF_OPEN_ORDERS: &str = "slot_of_open_orders";
/// One `Idempotency-Key` of a buyer, one order.
pub const REQUEST_OF_BUYER: &str = "request_of_buyer";
/// One `Idempotency-Key` of whoever asks for refunds, one refund.
pub const REFUND_OF_REQUESTER: &str = "refund_of_requester";

impl Aggregate for Order {
    const COLLECTION: &'static str = "orders";

    fn document_id(&self) -> String {
        self.id.to_string()
    }

    fn indexes() -> Vec<Index> {
        vec![
            Index::on(SEATS_OF_LIVE_ORDERS, doc! { "state.listingId": 1, "state.seats": 1 })
                .unique_unless(Control::NoSeatIndex)
                .partial(doc! { "state.live": true }),
            Index::on(SLOT_OF_OPEN_ORDERS, doc! { "state.buyerId": 1, "state.slot": 1 })
                .unique_unless(Control::NoSlotIndex)
                .partial(doc! { "state.open": true }),
            Index::on(REQUEST_OF_BUYER, doc! { "state.buyerId": 1, "state.request.key": 1 }).unique(),
            Index::on(REFUND_OF_REQUESTER, doc! { "state.refund.requestedBy": 1, "state.refund.key": 1 })
                .unique()
                .partial(doc! { "state.refund": { "$exists": true } }),
            Index::on("orders_of_buyer", doc! { "state.buyerId": 1, "_id": -1 }),
            Index::on("deadlines", doc! { "state.expiresAt": 1 })
                .partial(doc! { "state.status": "awaiting_payment" }),
        ]
    }

    fn current_facts(&self) -> Vec<Publication> {
        let snapshot = self.snapshot();
        vec![match self.status {
            OrderStatus::AwaitingPayment => OrderCreated(snapshot).into(),
            OrderStatus::Confirmed => OrderConfirmed(snapshot).into(),
            OrderStatus::Completed => OrderCompleted(snapshot).into(),
            OrderStatus::Refunding => OrderRefundRequested(snapshot).into(),
            OrderStatus::Refunded => OrderRefunded(snapshot).into(),
            OrderStatus::Cancelled => OrderCancelled(snapshot).into(),
            OrderStatus::Expired => OrderExpired(snapshot).into(),
        }]
    }

    fn awaits_peer(&self) -> bool {
        Self::awaits_peer(self)
    }
}

/// The orders.
#[derive(Debug, Clone)]
pub struct Orders(Repository<Order>);

impl Orders {
    /// The orders of this database.
    pub fn of(bus: &Bus) -> Self {
        Self(bus.repository())
    }

    /// The order with this id.
    pub async fn get(&self, id: OrderId) -> Result<Option<Loaded<Order>>, StoreError> {
        self.0.get(id).await
    }

    /// The order with this id, which something else tells of.
    pub async fn known(&self, id: OrderId) -> Result<Loaded<Order>, StoreError> {
        self.0.known(id).await
    }

    /// The order that a buyer placed under this key.
    pub async fn requested(&self, buyer: UserId, key: &str) -> Result<Option<Loaded<Order>>, StoreError> {
        self.0.find_one(doc! { "state.buyerId": buyer, "state.request.key": key }).await
    }

    /// The seats of a listing that live orders have.
    pub async fn taken_seats(&self, listing: ListingId) -> Result<BTreeSet<Seat>, StoreError> {
        let pipeline = vec![
            doc! { "$match": { "state.listingId": listing, "state.live": true } },
            doc! { "$unwind": "$state.seats" },
            doc! { "$group": { "_id": null, "seats": { "$push": "$state.seats" } } },
        ];
        let found = self.0.aggregate(pipeline).await?;
        let seats = found.iter().filter_map(|group| group.get_array("seats").ok()).flatten();
        Ok(seats.filter_map(Bson::as_str).filter_map(|seat| seat.parse().ok()).collect())
    }

    /// The slots that a buyer's open orders take.
    pub async fn taken_slots(&self, buyer: UserId) -> Result<BTreeSet<u32>, StoreError> {
        let filter = doc! { "state.buyerId": buyer, "state.open": true };
        let open = self.0.find(filter, doc! {}, i64::MAX).await?;
        Ok(open.into_iter().map(|order| order.state.slot).collect())
    }

    /// A buyer's orders, newest first, older than `before`.
    pub async fn of_buyer(
        &self,
        buyer: UserId,
        before: Option<OrderId>,
        limit: i64,
    ) -> Result<Vec<Order>, StoreError> {
        let mut filter = doc! { "state.buyerId": buyer };
        if let Some(before) = before {
            filter.insert("_id", doc! { "$lt": before });
        }
        let found = self.0.find(filter, doc! { "_id": -1 }, limit).await?;
        Ok(found.into_iter().map(|order| order.state).collect())
    }

    /// Those of these that exist.
    pub async fn with_ids(&self, ids: &[OrderId]) -> Result<Vec<Order>, StoreError> {
        self.all(doc! { "_id": { "$in": ids } }).await
    }

    /// Orders that should have been paid by then and are not, the longest overdue first.
    pub async fn overdue(&self, by: Timestamp, limit: i64) -> Result<Vec<OrderId>, StoreError> {
        let filter = doc! { "state.status": "awaiting_payment", "state.expiresAt": { "$lte": by } };
        let found = self.0.find(filter, doc! { "state.expiresAt": 1 }, limit).await?;
        Ok(found.into_iter().map(|order| order.state.id).collect())
    }

    /// Orders of a listing, for those who check the invariants.
    pub async fn of_listing(&self, listing: ListingId) -> Result<Vec<Order>, StoreError> {
        let found = self.0.find(doc! { "state.listingId": listing }, Document::new(), i64::MAX).await?;
        Ok(found.into_iter().map(|order| order.state).collect())
    }

    /// The live orders of these listings, for those who check the invariants.
    pub async fn live_of_listings(&self, listings: &[ListingId]) -> Result<Vec<Order>, StoreError> {
        self.all(doc! { "state.listingId": { "$in": listings }, "state.live": true }).await
    }

    /// The open orders of these buyers, for those who check the invariants.
    pub async fn open_of_buyers(&self, buyers: &[UserId]) -> Result<Vec<Order>, StoreError> {
        self.all(doc! { "state.buyerId": { "$in": buyers }, "state.open": true }).await
    }

    /// All orders that answer a request which one of these answers, for those who check the invariants.
    pub async fn with_requests_of(&self, orders: &[Order]) -> Result<Vec<Order>, StoreError> {
        let request = |order: &Order| {
            doc! { "state.buyerId": order.buyer_id, "state.request.key": &order.request.key }
        };
        let refund = |order: &Order| {
            let refund = order.refund.as_ref()?;
            // Without the first condition MongoDB would not use the partial index, and then, one branch of
            // the `$or` being without any, walk through all orders.
            Some(doc! {
                "state.refund": { "$exists": true },
                "state.refund.requestedBy": refund.requested_by,
                "state.refund.key": &refund.key,
            })
        };
        let filters: Vec<Document> =
            orders.iter().map(request).chain(orders.iter().filter_map(refund)).collect();
        self.all(doc! { "$or": filters }).await
    }

    /// Orders that were confirmed, or are to be refunded, and have not changed since.
    pub async fn halfway_since(&self, time: Timestamp, limit: i64) -> Result<Vec<Order>, StoreError> {
        let statuses = ["confirmed", "refunding"];
        let filter = doc! {
            "awaitsPeer": true, "updatedAt": { "$lt": time }, "state.status": { "$in": statuses },
        };
        let found = self.0.find(filter, doc! { "updatedAt": 1 }, limit).await?;
        Ok(found.into_iter().map(|order| order.state).collect())
    }

    /// In no order: asked for that of the ids, MongoDB may walk through all of them for the sake of it.
    async fn all(&self, filter: Document) -> Result<Vec<Order>, StoreError> {
        let found = self.0.find(filter, Document::new(), i64::MAX).await?;
        Ok(found.into_iter().map(|order| order.state).collect())
    }

    /// Records a new order, which claims its seats, and tells it.
    pub fn place(tx: &mut Tx, order: Order) {
        let snapshot = order.snapshot();
        tx.insert(order);
        tx.publish(OrderCreated(snapshot));
    }

    /// Records that an order entered its next state, and tells it.
    pub fn change(tx: &mut Tx, loaded: &Loaded<Order>, order: Order) {
        let snapshot = order.snapshot();
        tx.save(loaded, order);
        match snapshot.status {
            OrderStatus::AwaitingPayment => tx.publish(OrderCreated(snapshot)),
            OrderStatus::Confirmed => tx.publish(OrderConfirmed(snapshot)),
            OrderStatus::Completed => tx.publish(OrderCompleted(snapshot)),
            OrderStatus::Refunding => tx.publish(OrderRefundRequested(snapshot)),
            OrderStatus::Refunded => tx.publish(OrderRefunded(snapshot)),
            OrderStatus::Cancelled => tx.publish(OrderCancelled(snapshot)),
            OrderStatus::Expired => tx.publish(OrderExpired(snapshot)),
        }
    }

    /// Records what an order has heard of a payment; there is nothing to tell.
    pub fn remember(tx: &mut Tx, loaded: &Loaded<Order>, order: Order) {
        tx.save(loaded, order);
    }
}

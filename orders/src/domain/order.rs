//! The order: one buyer's claim on seats of one listing.

use common::{
    clock::Timestamp,
    control::{Control, is_broken},
    events::{
        listing::{Fees, Seat},
        order::{CancelReason, OrderSnapshot, OrderStatus},
        payment::PaymentSnapshot,
    },
    ids::{ListingId, OrderId, PaymentId, ShowId, UserId},
    money::Money,
};
use serde::{Deserialize, Serialize};

use super::story::Passage;

/// The whole state of an order: what the others are told ([`Order::snapshot`]), and what only orders needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// The order.
    pub id: OrderId,
    /// 1, 2, 3 … per published change.
    pub version: u64,
    /// Which listing the seats are of.
    pub listing_id: ListingId,
    /// Which show they admit to.
    pub show_id: ShowId,
    /// Who buys.
    pub buyer_id: UserId,
    /// Who sells.
    pub seller_id: UserId,
    /// The seats claimed; never changes.
    pub seats: Vec<Seat>,
    /// The price of each seat, as the seller asked for it when the buyer accepted the total.
    pub price: Money,
    /// The fees for each seat. Orders of older builds have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fees: Option<Fees>,
    /// What the buyer pays for all seats, fees included.
    pub total: Money,
    /// Where the order stands.
    pub status: OrderStatus,
    /// Whether the order has its seats: always `status.is_live()`. Stored, because the unique index that
    /// lets no seat be claimed twice covers the live orders.
    pub live: bool,
    /// Whether the order takes one of the buyer's slots: always [`is_open`] of its status. Stored, because
    /// the unique index that limits a buyer covers the open orders.
    pub open: bool,
    /// Which of the buyer's slots the order takes while it is open.
    pub slot: u32,
    /// When it was placed.
    pub created_at: Timestamp,
    /// Until when it must be paid.
    pub expires_at: Timestamp,
    /// The payment that confirmed it.
    pub payment_id: Option<PaymentId>,
    /// Why it was cancelled.
    pub cancel_reason: Option<CancelReason>,
    /// When it last changed its status.
    pub changed_at: Timestamp,
    /// The states that it has entered, one after the other; empty in documents of builds before.
    #[serde(default)]
    pub history: Vec<Passage>,
    /// The request that placed it, so that a retry finds it.
    pub request: RequestKey,
    /// The request that asked for the money back, so that a retry finds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund: Option<RefundRequest>,
    /// The newest snapshot of each payment for this order, as far as they were heard of.
    pub payments: Vec<PaymentSnapshot>,
}

/// What a retried request is known by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestKey {
    /// The `Idempotency-Key` of the client.
    pub key: String,
    /// What the body was, to tell a retry from another request under the same key.
    pub fingerprint: String,
}

/// Somebody's wish to have the money back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundRequest {
    /// Who asked.
    pub requested_by: UserId,
    /// The `Idempotency-Key` of the client.
    pub key: String,
}

/// In which role somebody acts on an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// The one who placed it.
    Buyer,
    /// An admin who did not.
    Admin,
}

/// Whether an order in this state counts against its buyer's limit: seats are kept from others, and they
/// are not paid yet.
pub const fn is_open(status: OrderStatus) -> bool {
    match status {
        OrderStatus::AwaitingPayment | OrderStatus::Confirmed => true,
        OrderStatus::Completed
        | OrderStatus::Refunding
        | OrderStatus::Refunded
        | OrderStatus::Cancelled
        | OrderStatus::Expired => false,
    }
}

/// What [`Order::live`] is in this state.
fn has_seats(status: OrderStatus) -> bool {
    match status {
        OrderStatus::Confirmed if is_broken(Control::FreeSeatsEarly) => false,
        OrderStatus::Cancelled | OrderStatus::Expired if is_broken(Control::KeepSeats) => true,
        OrderStatus::AwaitingPayment
        | OrderStatus::Confirmed
        | OrderStatus::Completed
        | OrderStatus::Refunding
        | OrderStatus::Refunded
        | OrderStatus::Cancelled
        | OrderStatus::Expired => status.is_live(),
    }
}

impl Order {
    /// What the others are told.
    pub fn snapshot(&self) -> OrderSnapshot {
        OrderSnapshot {
            id: self.id,
            version: self.version,
            listing_id: self.listing_id,
            show_id: self.show_id,
            buyer_id: self.buyer_id,
            seller_id: self.seller_id,
            seats: self.seats.clone(),
            price: self.price,
            fees: self.fees,
            total: self.total,
            status: self.status,
            created_at: self.created_at,
            expires_at: self.expires_at,
            payment_id: self.payment_id,
            cancel_reason: self.cancel_reason,
            changed_at: self.changed_at,
        }
    }

    /// What the buyer pays for each seat: what was accepted.
    pub fn seat_total(&self) -> Money {
        let cents = self.fees.map_or(self.price.amount_cents, |fees| fees.total_cents);
        Money::new(cents, self.price.currency)
    }

    /// Whether another service has to act before this order can go on: expiration or payments.
    pub const fn awaits_peer(&self) -> bool {
        match self.status {
            OrderStatus::AwaitingPayment | OrderStatus::Confirmed | OrderStatus::Refunding => true,
            OrderStatus::Completed
            | OrderStatus::Refunded
            | OrderStatus::Cancelled
            | OrderStatus::Expired => false,
        }
    }

    /// This order in its next state: the only place where the status changes, and all that follows from it.
    pub(super) fn entering(&self, status: OrderStatus, now: Timestamp) -> Self {
        let passage = Passage { status, at: now };
        Self {
            version: self.version + 1,
            status,
            live: has_seats(status),
            open: is_open(status),
            changed_at: now,
            history: self.history.iter().copied().chain([passage]).collect(),
            ..self.clone()
        }
    }
}

#[cfg(test)]
pub(crate) mod examples {
    use std::time::Duration;

    use common::{events::payment::PaymentStatus, money::Currency};

    use super::*;

    pub fn at(secs: u64) -> Timestamp {
        let start: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
        start.plus(Duration::from_secs(secs))
    }

    /// Placed at 0, to be paid before 900.
    pub fn order() -> Order {
        let price = Money::new(5_000, Currency::Eur);
        Order {
            id: OrderId::generate(),
            version: 1,
            listing_id: ListingId::generate(),
            show_id: ShowId::generate(),
            buyer_id: UserId::generate(),
            seller_id: UserId::generate(),
            seats: vec![Seat::ordinal(1), Seat::ordinal(2)],
            price,
            fees: None,
            total: Money::new(10_000, Currency::Eur),
            status: OrderStatus::AwaitingPayment,
            live: true,
            open: true,
            slot: 0,
            created_at: at(0),
            expires_at: at(900),
            payment_id: None,
            cancel_reason: None,
            changed_at: at(0),
            history: vec![Passage { status: OrderStatus::AwaitingPayment, at: at(0) }],
            request: RequestKey { key: "key".into(), fingerprint: "body".into() },
            refund: None,
            payments: Vec::new(),
        }
    }

    /// A payment of that order which has the right amount.
    pub fn payment(order: &Order, status: PaymentStatus) -> PaymentSnapshot {
        PaymentSnapshot {
            id: PaymentId::generate(),
            version: 1,
            order_id: order.id,
            buyer_id: order.buyer_id,
            amount: order.total,
            status,
            card: None,
            decline_reason: None,
            created_at: at(10),
            changed_at: at(10),
        }
    }
}

//! What a seller is owed for one completed order.

use common::{
    clock::Timestamp,
    events::{
        order::{OrderSnapshot, OrderStatus},
        payout::{PayoutCancelled, PayoutPaid, PayoutScheduled, PayoutSnapshot, PayoutStatus},
    },
    ids::{OrderId, PayoutId, UserId},
    money::Money,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A payout: one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payout {
    /// The payout; follows from the order.
    pub id: PayoutId,
    /// How many facts about it were published.
    pub version: u64,
    /// For which order.
    pub order_id: OrderId,
    /// To whom.
    pub seller_id: UserId,
    /// How much.
    pub amount: Money,
    /// Where it stands.
    pub status: PayoutStatus,
    /// The version of the order that brought it here.
    pub order_version: u64,
    /// When it was scheduled.
    pub created_at: Timestamp,
    /// When it last changed its status.
    pub changed_at: Timestamp,
}

/// What is published about a payout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayoutFact {
    /// The seller is owed money.
    Scheduled(PayoutScheduled),
    /// The seller was paid.
    Paid(PayoutPaid),
    /// Nothing is owed any more.
    Cancelled(PayoutCancelled),
}

/// What comes of a snapshot of the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayoutDecision {
    /// The first or next state and the fact that tells of it.
    Next(Box<Payout>, PayoutFact),
    /// Nothing, and why.
    Skipped(&'static str),
}

/// The id of an order's payout: there can be no second one.
pub fn payout_id(order: OrderId) -> PayoutId {
    PayoutId::from_uuid(Uuid::new_v5(&order.uuid(), b"payout"))
}

/// Decides what a payout does when its order changes. A refund that overtakes the completion leaves a
/// cancelled payout, so that the completion that comes late finds it.
pub fn decide_payout(known: Option<&Payout>, order: &OrderSnapshot, now: Timestamp) -> PayoutDecision {
    if known.is_some_and(|payout| order.version <= payout.order_version) {
        return PayoutDecision::Skipped("stale");
    }
    let status = match (known.map(|payout| payout.status), order.status) {
        (None, OrderStatus::Completed) => PayoutStatus::Scheduled,
        (None | Some(PayoutStatus::Scheduled), OrderStatus::Refunding | OrderStatus::Refunded) => {
            PayoutStatus::Cancelled
        }
        (
            None,
            OrderStatus::AwaitingPayment
            | OrderStatus::Confirmed
            | OrderStatus::Cancelled
            | OrderStatus::Expired,
        ) => return PayoutDecision::Skipped("nothing_owed"),
        (
            Some(PayoutStatus::Scheduled),
            OrderStatus::Completed
            | OrderStatus::AwaitingPayment
            | OrderStatus::Confirmed
            | OrderStatus::Cancelled
            | OrderStatus::Expired,
        ) => return PayoutDecision::Skipped("already_scheduled"),
        (
            Some(PayoutStatus::Paid | PayoutStatus::Cancelled),
            OrderStatus::AwaitingPayment
            | OrderStatus::Confirmed
            | OrderStatus::Completed
            | OrderStatus::Refunding
            | OrderStatus::Refunded
            | OrderStatus::Cancelled
            | OrderStatus::Expired,
        ) => return PayoutDecision::Skipped("ended"),
    };
    let next = Payout {
        id: payout_id(order.id),
        version: known.map_or(0, |payout| payout.version) + 1,
        order_id: order.id,
        seller_id: order.seller_id,
        amount: order.proceeds(),
        status,
        order_version: order.version,
        created_at: known.map_or(now, |payout| payout.created_at),
        changed_at: now,
    };
    let fact = next.current_fact();
    PayoutDecision::Next(Box::new(next), fact)
}

impl Payout {
    /// The public state.
    pub fn snapshot(&self) -> PayoutSnapshot {
        PayoutSnapshot {
            id: self.id,
            version: self.version,
            order_id: self.order_id,
            seller_id: self.seller_id,
            amount: self.amount,
            status: self.status,
            created_at: self.created_at,
            changed_at: self.changed_at,
        }
    }

    /// The fact that tells where it stands.
    pub fn current_fact(&self) -> PayoutFact {
        let snapshot = self.snapshot();
        match self.status {
            PayoutStatus::Scheduled => PayoutFact::Scheduled(PayoutScheduled(snapshot)),
            PayoutStatus::Paid => PayoutFact::Paid(PayoutPaid(snapshot)),
            PayoutStatus::Cancelled => PayoutFact::Cancelled(PayoutCancelled(snapshot)),
        }
    }
}

#[cfg(test)]
mod tests;

//! Facts about what sellers are owed. Owner: payments.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    clock::Timestamp,
    events::facts,
    ids::{OrderId, PayoutId, UserId},
    money::Money,
};

/// Where a payout stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PayoutStatus {
    /// Owed; to be paid after the show.
    Scheduled,
    /// End: paid.
    Paid,
    /// End: the order was refunded, nothing is owed.
    Cancelled,
}

/// The public state of a payout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PayoutSnapshot {
    /// The payout.
    pub id: PayoutId,
    /// 1, 2, 3 … per payout.
    pub version: u64,
    /// For which order; there is one payout per order.
    pub order_id: OrderId,
    /// To whom.
    pub seller_id: UserId,
    /// How much.
    pub amount: Money,
    /// Where the payout stands.
    pub status: PayoutStatus,
    /// When it was scheduled.
    pub created_at: Timestamp,
    /// When it last changed its status.
    pub changed_at: Timestamp,
}

facts! {
    PayoutSnapshot by "payments" about "payout";
    any PayoutChanged;
    /// A seller is owed money for a completed order.
    PayoutScheduled = "scheduled" v 1;
    /// A seller was paid.
    PayoutPaid = "paid" v 1;
    /// A scheduled payout was called off because the order was refunded.
    PayoutCancelled = "cancelled" v 1;
}

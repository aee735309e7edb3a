//! Facts about admissions. Owner: tickets. The code that is shown at the door never travels.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    clock::Timestamp,
    events::{facts, listing::Seat},
    ids::{ListingId, OrderId, PassId, ShowId, UserId},
};

/// Whether the pass admits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PassStatus {
    /// It does.
    Valid,
    /// End: its order was refunded.
    Voided,
}

/// The public state of a pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PassSnapshot {
    /// The pass.
    pub id: PassId,
    /// 1, 2, 3 … per pass.
    pub version: u64,
    /// The order that bought it.
    pub order_id: OrderId,
    /// The listing that the seat is of.
    pub listing_id: ListingId,
    /// The show that it admits to.
    pub show_id: ShowId,
    /// Who may enter.
    pub holder_id: UserId,
    /// The seat.
    pub seat: Seat,
    /// Whether the pass admits.
    pub status: PassStatus,
    /// When it was issued.
    pub created_at: Timestamp,
    /// When somebody entered with it; absent as long as nobody has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_in_at: Option<Timestamp>,
}

facts! {
    PassSnapshot by "tickets" about "pass";
    any PassChanged;
    /// A sold seat got its pass.
    PassIssued = "issued" v 1;
    /// Somebody entered with a pass, which admits once.
    PassCheckedIn = "checked_in" v 1;
    /// A pass no longer admits.
    PassVoided = "voided" v 1;
}

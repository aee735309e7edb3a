//! Facts about the deadlines of orders. Owner: expiration.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{clock::Timestamp, events::facts, ids::OrderId};

/// The public state of a timer that has fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimerSnapshot {
    /// The order whose deadline it is; a timer has no other id.
    pub id: OrderId,
    /// 1, 2, 3 … per timer.
    pub version: u64,
    /// The deadline.
    pub expires_at: Timestamp,
    /// When expiration noticed.
    pub fired_at: Timestamp,
}

facts! {
    TimerSnapshot by "expiration" about "timer";
    any TimerChanged;
    /// The deadline of an order has passed.
    ExpirationCompleted = "completed" v 1;
}

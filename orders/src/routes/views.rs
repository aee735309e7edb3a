//! How an order is shown to whoever may see it.

use common::events::order::OrderSnapshot;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{order::Order, story::Step};

/// An order, and how it came to be what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OrderView {
    /// The order as everybody is told of it.
    #[serde(flatten)]
    pub order: OrderSnapshot,
    /// When it entered each of its states, through whom and why; the oldest first.
    pub history: Vec<Step>,
}

impl OrderView {
    /// How this order is shown.
    pub fn of(order: &Order) -> Self {
        Self { order: order.snapshot(), history: order.story() }
    }
}

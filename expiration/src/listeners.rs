//! What this service reacts to.

mod follow_order_on_order_changed;

use common::bus::Listeners;

pub use follow_order_on_order_changed::FollowOrderOnOrderChanged;

use crate::app::Context;

/// The listener table.
pub fn table() -> Listeners<Context> {
    Listeners::new().with::<FollowOrderOnOrderChanged>()
}

//! What payments does when something happens elsewhere.

mod follow_order_on_order_changed;
mod settle_payout_on_order_changed;

use common::bus::Listeners;

pub use follow_order_on_order_changed::FollowOrderOnOrderChanged;
pub use settle_payout_on_order_changed::SettlePayoutOnOrderChanged;

use crate::app::Context;

/// The table.
pub fn table() -> Listeners<Context> {
    Listeners::new().with::<FollowOrderOnOrderChanged>().with::<SettlePayoutOnOrderChanged>()
}

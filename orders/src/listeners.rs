//! What orders does when something has happened elsewhere: the policy list.

mod expire_on_expiration_completed;
mod follow_payment_on_payment_changed;
mod keep_inventory_on_listing_changed;

use common::bus::Listeners;

pub use self::{
    expire_on_expiration_completed::ExpireOnExpirationCompleted,
    follow_payment_on_payment_changed::FollowPaymentOnPaymentChanged,
    keep_inventory_on_listing_changed::KeepInventoryOnListingChanged,
};
use crate::app::Context;

/// The listeners of orders.
pub fn table() -> Listeners<Context> {
    Listeners::new()
        .with::<KeepInventoryOnListingChanged>()
        .with::<ExpireOnExpirationCompleted>()
        .with::<FollowPaymentOnPaymentChanged>()
}

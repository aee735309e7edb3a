//! What tickets reacts to.

mod follow_show_on_listing_changed;
mod follow_show_on_show_updated;
mod keep_admission_on_order_changed;
mod recount_show_on_listing_changed;
mod recount_show_on_order_changed;

use common::bus::{Bus, Listeners, Loaded, Tx};

pub use follow_show_on_listing_changed::FollowShowOnListingChanged;
pub use follow_show_on_show_updated::FollowShowOnShowUpdated;
pub use keep_admission_on_order_changed::KeepAdmissionOnOrderChanged;
pub use recount_show_on_listing_changed::RecountShowOnListingChanged;
pub use recount_show_on_order_changed::RecountShowOnOrderChanged;

use crate::{
    domain::{
        listing::{Following, Listing},
        show::Show,
    },
    recounts::Recounts,
    store::{Admissions, Counts, Listings, Shows},
};

/// What the listeners work with.
#[derive(Clone)]
pub struct Context {
    /// Commits units of work.
    pub bus: Bus,
    /// The shows.
    pub shows: Shows,
    /// The listings.
    pub listings: Listings,
    /// The admissions.
    pub admissions: Admissions,
    /// What shows were counted for.
    pub counts: Counts,
    /// Counts what is on sale.
    pub recounts: Recounts,
}

/// The listener table.
pub fn table() -> Listeners<Context> {
    Listeners::new()
        .with::<FollowShowOnShowUpdated>()
        .with::<FollowShowOnListingChanged>()
        .with::<KeepAdmissionOnOrderChanged>()
        .with::<RecountShowOnListingChanged>()
        .with::<RecountShowOnOrderChanged>()
}

/// Records what a listing does to be in step with its show again; false if it is.
fn bring_in_step(tx: &mut Tx, listing: &Loaded<Listing>, show: &Show) -> bool {
    match listing.state.follow(show) {
        Following::InStep => false,
        Following::Moved(fact) => {
            tx.save(listing, listing.state.with(fact.0.clone()));
            tx.publish(fact);
            true
        }
        Following::CalledOff(fact) => {
            tx.save(listing, listing.state.with(fact.0.clone()));
            tx.publish(fact);
            true
        }
    }
}

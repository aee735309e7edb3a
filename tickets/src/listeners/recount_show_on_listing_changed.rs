//! What is on sale of a show is counted again when a seller has changed something.
//!
//! For which version of the listing that was done is written down: all that is published again after the loss of a stream
//! costs a look then, and not a count.

use common::{
    bus::{HandlerError, Listener, Meta, Outcome, StoreError, Tx},
    events::listing::ListingChanged,
};

use super::Context;
use crate::{domain::listing::Listing, store::Counts};

/// Counts the show of the listing.
///
/// The count is a unit of work of its own, as it is made once for all who wait for it: see [`crate::recounts`].
#[derive(Debug)]
pub struct RecountShowOnListingChanged;

impl Listener for RecountShowOnListingChanged {
    const NAME: &'static str = "tickets-recount-show-on-listing-changed";
    type Event = ListingChanged;
    type Context = Context;

    async fn handle(
        ListingChanged(listing): &ListingChanged,
        _meta: &Meta,
        tx: &mut Tx,
        context: &Context,
    ) -> Result<Outcome, HandlerError> {
        let known = context.listings.known(listing.id).await?.state.snapshot;
        if known.version < listing.version {
            return Err(StoreError::unseen::<Listing>(&listing.id).into());
        }
        let counted = context.counts.get(listing.id).await?;
        if counted.as_ref().is_some_and(|counted| counted.state.version >= known.version) {
            return Ok(Outcome::Skipped("already_done"));
        }
        context.recounts.recount(listing.show_id).await?;
        Counts::keep(tx, counted.as_ref(), listing.id, known.version);
        Ok(Outcome::Done)
    }
}

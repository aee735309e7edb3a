//! What is on sale of a show is counted again when a seller has changed something.
//!
//! That the show was counted is written down with the listing: all that is published again after the loss of a stream
//! costs a look then, and not a count.

use common::{
    bus::{HandlerError, Listener, Meta, Outcome, Tx},
    events::listing::ListingChanged,
};

use super::Context;

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
        let known = context.listings.known(listing.id).await?;
        if known.state.snapshot.version < listing.version {
            return Err(HandlerError::failed("the listing cannot be seen as it is for now"));
        }
        if known.state.is_counted() {
            return Ok(Outcome::Skipped("already_done"));
        }
        context.recounts.recount(listing.show_id).await?;
        // Refused if the listing has changed meanwhile.
        tx.save(&known, known.state.when_counted());
        Ok(Outcome::Done)
    }
}

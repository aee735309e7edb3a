//! What is on sale of a show is counted again when a seller has changed something.

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
        _tx: &mut Tx,
        context: &Context,
    ) -> Result<Outcome, HandlerError> {
        context.recounts.recount(listing.show_id).await?;
        Ok(Outcome::Done)
    }
}

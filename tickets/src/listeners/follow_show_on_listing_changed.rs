//! A listing that was made while its show was being changed follows the show as well.
//!
//! The seller's request read the show before the change and stored the listing after the other listener
//! had looked for listings to bring in step. The listing's own event comes after it was stored, so here
//! the show is read once more.

use common::{
    bus::{HandlerError, Listener, Meta, Outcome, Tx},
    events::listing::ListingChanged,
};

use super::{Context, bring_in_step};

/// Brings one listing in step with its show.
#[derive(Debug)]
pub struct FollowShowOnListingChanged;

impl Listener for FollowShowOnListingChanged {
    const NAME: &'static str = "tickets-follow-show-on-listing-changed";
    type Event = ListingChanged;
    type Context = Context;

    async fn handle(
        ListingChanged(event): &ListingChanged,
        _meta: &Meta,
        tx: &mut Tx,
        context: &Context,
    ) -> Result<Outcome, HandlerError> {
        // The listing first: whoever changes the show after that finds the listing, or makes this save fail.
        let listing = context.listings.known(event.id).await?;
        if listing.state.snapshot.version > event.version {
            return Ok(Outcome::Skipped("stale"));
        }
        let show = context.shows.known(event.show_id).await?;
        let changed = bring_in_step(tx, &listing, &show.state);
        Ok(if changed { Outcome::Done } else { Outcome::Skipped("in step") })
    }
}

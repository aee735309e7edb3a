//! Keeps the newest that tickets told of each listing, to choose seats from.

use common::{
    bus::{HandlerError, Listener, Meta, Outcome, Tx},
    events::listing::ListingChanged,
};

use crate::{
    app::Context,
    domain::inventory::{Inventory, News},
    store::Inventories,
};

/// Takes a listing, its new price or its withdrawal into the inventory. What was ordered before stays
/// ordered, at the price that the buyer accepted.
#[derive(Debug)]
pub struct KeepInventoryOnListingChanged;

impl Listener for KeepInventoryOnListingChanged {
    const NAME: &'static str = "orders-keep-inventory-on-listing-changed";
    type Event = ListingChanged;
    type Context = Context;

    async fn handle(
        event: &ListingChanged,
        _: &Meta,
        tx: &mut Tx,
        context: &Context,
    ) -> Result<Outcome, HandlerError> {
        let newest = Inventory { listing: event.0.clone() };
        let Some(loaded) = context.inventories.get(event.0.id).await? else {
            Inventories::add(tx, newest);
            return Ok(Outcome::Done);
        };
        match loaded.state.news(&event.0) {
            News::Newer => {
                Inventories::update(tx, &loaded, newest);
                Ok(Outcome::Done)
            }
            News::Known => Ok(Outcome::Skipped("duplicate")),
            News::Stale => Ok(Outcome::Skipped("stale")),
        }
    }
}

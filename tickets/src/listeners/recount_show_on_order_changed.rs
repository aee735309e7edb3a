//! What is left of a listing, and what is on sale of its show, is counted again when seats were taken or freed.
//!
//! What is counted is what the other listener keeps of the orders; so this one waits until it has done so. That it has
//! counted an order it writes down with what is kept of it: all that is published again after the loss of a stream
//! costs a look then, and not a count.

use std::time::Duration;

use common::{
    bus::{HandlerError, Listener, Meta, Outcome, Tx},
    events::order::OrderChanged,
};

use super::Context;

/// How long it waits at least for the other listener, and at most between two looks.
const LEAST_WAIT: Duration = Duration::from_millis(10);
const MOST_WAIT: Duration = Duration::from_secs(1);

/// Has the listing of the order follow it, and counts the show.
///
/// Both are units of work of their own: see [`crate::recounts`]. Whoever stops between them does the first again for
/// nothing, and then the second.
#[derive(Debug)]
pub struct RecountShowOnOrderChanged;

impl Listener for RecountShowOnOrderChanged {
    const NAME: &'static str = "tickets-recount-show-on-order-changed";
    type Event = OrderChanged;
    type Context = Context;

    async fn handle(
        OrderChanged(order): &OrderChanged,
        meta: &Meta,
        tx: &mut Tx,
        context: &Context,
    ) -> Result<Outcome, HandlerError> {
        let known = context.admissions.get(order.id).await?;
        let Some(known) = known.filter(|known| known.state.order.version >= order.version) else {
            // The older the news, the less often: what the other one cannot keep may wait for people.
            let wait = (tx.now().since(meta.time) / 4).clamp(LEAST_WAIT, MOST_WAIT);
            return Err(HandlerError::not_before(tx.now().plus(wait)));
        };
        if known.state.is_counted() {
            return Ok(Outcome::Skipped("already_done"));
        }
        context.recounts.follow_order(order.listing_id, order.id).await?;
        context.recounts.recount(order.show_id).await?;
        // Refused if the order has changed meanwhile.
        tx.save(&known, known.state.when_counted());
        Ok(Outcome::Done)
    }
}

//! What is on sale of a show is counted again when seats were taken or freed.
//!
//! What is counted is what the other listener keeps of the orders; so this one waits until it has done so.

use std::time::Duration;

use common::{
    bus::{HandlerError, Listener, Meta, Outcome, Tx},
    events::order::OrderChanged,
};

use super::Context;

/// How long it waits at least for the other listener, and at most between two looks.
const LEAST_WAIT: Duration = Duration::from_millis(10);
const MOST_WAIT: Duration = Duration::from_secs(10);

/// Counts the show of the order.
///
/// The count is a unit of work of its own, as it is made once for all who wait for it: see [`crate::recounts`].
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
        if known.is_none_or(|known| known.state.order.version < order.version) {
            // The older the news, the less often: what the other one cannot keep may wait for people.
            let wait = (tx.now().since(meta.time) / 4).clamp(LEAST_WAIT, MOST_WAIT);
            return Err(HandlerError::not_before(tx.now().plus(wait)));
        }
        context.recounts.recount(order.show_id).await?;
        Ok(Outcome::Done)
    }
}

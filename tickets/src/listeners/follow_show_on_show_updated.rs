//! When a show is moved or called off, its listings follow: they say the new start, or go off sale.
//!
//! Each listing is a document and a decision of its own. What is to be done is found by comparing the
//! listings with the show, so doing it again, or stopping in the middle, converges.

use common::{
    bus::{HandlerError, Listener, Meta, Outcome, Tx},
    events::show::ShowUpdated,
};

use super::{Context, bring_in_step};
use crate::domain::show::Show;

/// How many listings are changed in one unit of work.
const BATCH: u32 = 100;
/// How many batches are changed before the event is put back in line, well within the time of a handler.
const MAX_BATCHES: usize = 20;

/// Brings the listings of a show in step with it.
#[derive(Debug)]
pub struct FollowShowOnShowUpdated;

impl Listener for FollowShowOnShowUpdated {
    const NAME: &'static str = "tickets-follow-show-on-show-updated";
    type Event = ShowUpdated;
    type Context = Context;

    async fn handle(
        ShowUpdated(event): &ShowUpdated,
        _meta: &Meta,
        tx: &mut Tx,
        context: &Context,
    ) -> Result<Outcome, HandlerError> {
        let show = context.shows.known(event.id).await?.state;
        if show.snapshot.version > event.version {
            return Ok(Outcome::Skipped("stale"));
        }
        for _ in 0..MAX_BATCHES {
            if context.listings.count_out_of_step(&show.snapshot).await? <= u64::from(BATCH) {
                return record_batch(tx, &show, context).await;
            }
            // Only the last batch fits into this unit of work; those before it are committed one by one.
            let (show, context) = (show.clone(), context.clone());
            let bus = context.bus.clone();
            bus.transact(async move |tx: &mut Tx| record_batch(tx, &show, &context).await).await?;
        }
        Err(HandlerError::not_before(tx.now()))
    }
}

async fn record_batch(tx: &mut Tx, show: &Show, context: &Context) -> Result<Outcome, HandlerError> {
    let listings = context.listings.out_of_step(&show.snapshot, i64::from(BATCH)).await?;
    for listing in &listings {
        bring_in_step(tx, listing, show);
    }
    Ok(if listings.is_empty() { Outcome::Skipped("in step") } else { Outcome::Done })
}

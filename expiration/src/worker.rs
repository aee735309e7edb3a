//! The worker: sleeps until the next deadline, claims what is due, and fires it.
//!
//! Every replica runs one; the claims share the work between them. While Redis is away, each asks MongoDB
//! once a second instead. Two workers that fire one timer at once do no harm: the document is saved
//! under its revision, so the second finds it fired.

mod fire;

use std::{error::Error, time::Duration};

use common::{clock::Timestamp, ids::OrderId};
use futures::{StreamExt as _, stream::FuturesUnordered};
use tokio_util::sync::CancellationToken;

use crate::{
    app::Context,
    schedule::{Claim, Unavailable},
    store::PAGE,
};
use fire::{FireError, Fired, fire};

/// The longest sleep: a timer set meanwhile with a nearer deadline is at most this late.
const MAX_SLEEP: Duration = Duration::from_millis(100);
/// How often MongoDB is asked while Redis is away.
const POLL: Duration = Duration::from_secs(1);
/// How long a timer that could not be fired is left alone.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How many timers are fired at a time: enough to be committed in groups.
const CONCURRENCY: usize = 64;

/// Fires timers until `stopping`; a batch that was begun is finished.
pub async fn run(context: Context, stopping: CancellationToken) {
    while !stopping.is_cancelled() {
        let pause = step(&context).await;
        tokio::select! {
            () = stopping.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Fires what is due, and says how long there is nothing more to do.
async fn step(context: &Context) -> Duration {
    match context.schedule.claim(context.clock.now()).await {
        Ok(claim) => fire_claimed(context, claim).await,
        Err(Unavailable) => fire_unindexed(context).await,
    }
}

async fn fire_claimed(context: &Context, claim: Claim) -> Duration {
    metrics::gauge!("expiration_timers_pending").set(count(claim.indexed));
    let batch = fire_all(context, claim.ids).await;
    // What Redis does not take note of now is claimed again when the lease is over, and then skipped.
    let _skipped_later = context.schedule.finish(&batch.finished).await;
    let _skipped_later = context.schedule.postpone(&batch.postponed).await;
    if batch.failed {
        return RETRY_AFTER;
    }
    let until_next = claim.next_deadline.map(|next| next.since(context.clock.now()));
    until_next.unwrap_or(MAX_SLEEP).min(MAX_SLEEP)
}

/// Without the index: asks MongoDB. Holds still end, only up to a second late.
async fn fire_unindexed(context: &Context) -> Duration {
    match context.timers.due_at(context.clock.now()).await {
        Ok(due) => {
            let more = due.len() >= PAGE;
            let batch = fire_all(context, due.into_iter().map(|timer| timer.id).collect()).await;
            if more && !batch.failed { Duration::ZERO } else { POLL }
        }
        Err(error) => {
            let error: &dyn Error = &error;
            tracing::warn!(error, "neither Redis nor MongoDB answers; no timer fires until one does");
            POLL
        }
    }
}

/// What became of the timers of a batch.
#[derive(Debug, Default)]
struct Batch {
    /// They need nothing more.
    finished: Vec<OrderId>,
    /// They are to be looked at again, at these times.
    postponed: Vec<(OrderId, Timestamp)>,
    /// Whether some could not be fired; these are among the postponed.
    failed: bool,
}

/// Fires timers at once, a bounded number at a time. When MongoDB is away the rest is not even tried.
async fn fire_all(context: &Context, ids: Vec<OrderId>) -> Batch {
    let mut batch = Batch::default();
    let mut ids = ids.into_iter();
    let mut firing = FuturesUnordered::new();
    let mut outage = false;
    loop {
        while firing.len() < CONCURRENCY && !outage {
            let Some(id) = ids.next() else { break };
            firing.push(async move { (id, fire(context, id).await) });
        }
        let Some((id, result)) = firing.next().await else { break };
        outage |= result.as_ref().is_err_and(FireError::is_outage);
        batch.note(id, result, context.clock.now());
    }
    let again = context.clock.now().plus(RETRY_AFTER);
    batch.postponed.extend(ids.map(|id| (id, again)));
    batch
}

impl Batch {
    fn note(&mut self, id: OrderId, result: Result<Fired, FireError>, now: Timestamp) {
        match result {
            Ok(Fired::Now(_) | Fired::Skipped(_) | Fired::Unknown) => self.finished.push(id),
            Ok(Fired::Early(deadline)) => self.postponed.push((id, deadline)),
            Err(error) => {
                self.postponed.push((id, now.plus(RETRY_AFTER)));
                if !self.failed {
                    let error: &dyn Error = &error;
                    tracing::warn!(error, order.id = %id, "a timer could not be fired; it is tried again");
                }
                self.failed = true;
            }
        }
    }
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

//! Fires one timer: load, decide, save, publish.

use common::{
    bus::{CommitError, StoreError, Tx},
    clock::Timestamp,
    failpoint::{self, Point},
    ids::OrderId,
};

use crate::{
    app::Context,
    domain::{Skip, Ticked},
};

/// What became of a timer that was thought to be due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fired {
    /// It has fired; the fact, about this deadline, will be published.
    Now(Timestamp),
    /// It is not due yet: its document says a later deadline than the index, or another clock is ahead.
    Early(Timestamp),
    /// It has fired already, or its order is settled.
    Skipped(Skip),
    /// There is no such timer. Its commit has failed, or is under way: then the keeper finds it.
    Unknown,
}

/// The timer could not be fired; it is still pending.
#[derive(Debug, thiserror::Error)]
pub(super) enum FireError {
    /// It could not be read.
    #[error("load the timer")]
    Load(#[from] StoreError),
    /// It could not be saved.
    #[error("save the fired timer")]
    Save(#[from] CommitError),
}

impl FireError {
    /// Whether it is of no use to try the next timer.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Load(StoreError::Unavailable(_) | StoreError::Late)
            | Self::Save(CommitError::Unavailable(_)) => true,
            Self::Load(StoreError::Unseen { .. })
            | Self::Save(CommitError::Conflict | CommitError::Duplicate { .. } | CommitError::Rejected(_)) => {
                false
            }
        }
    }
}

/// Fires the timer of an order, if it is pending and due.
pub(super) async fn fire(context: &Context, id: OrderId) -> Result<Fired, FireError> {
    failpoint::pass(Point::TimerUnfired);
    // By value, as the future is sent between threads: see `Bus::transact`.
    let (bus, own) = (context.bus.clone(), context.clone());
    let fired = bus.transact(async move |tx| decide(&own, tx, id).await).await?;
    match fired {
        Fired::Now(deadline) => observe(context, deadline),
        Fired::Early(_) | Fired::Skipped(_) | Fired::Unknown => {}
    }
    Ok(fired)
}

async fn decide(context: &Context, tx: &mut Tx, id: OrderId) -> Result<Fired, FireError> {
    let Some(timer) = context.timers.get(id).await? else {
        return Ok(Fired::Unknown);
    };
    match timer.state.tick(tx.now()) {
        Ticked::Fire(next, fact) => {
            tx.save(&timer, next);
            tx.publish(fact);
            Ok(Fired::Now(timer.state.expires_at))
        }
        Ticked::Early(deadline) => Ok(Fired::Early(deadline)),
        Ticked::Skip(skip) => Ok(Fired::Skipped(skip)),
    }
}

fn observe(context: &Context, deadline: Timestamp) {
    let late = context.clock.now().since(deadline);
    metrics::counter!("expiration_timers_fired_total").increment(1);
    metrics::histogram!("expiration_lateness_seconds").record(late.as_secs_f64());
}

//! The sweeper: a second way for a hold to end. Expiration is precise; but if it is down, or its event is
//! lost, no buyer may block seats for ever. So orders looks for what is overdue by more than a minute,
//! and asks the same decision that a timer asks.

use std::time::Duration;

use common::{
    bus::{CommitError, StoreError, Tx},
    ids::OrderId,
};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{
    app::Context,
    domain::decide::{Decision, Input, decide},
    store::Orders,
};

/// How often to look.
const INTERVAL: Duration = Duration::from_secs(15);
/// How long expiration has to do it itself.
const GRACE: Duration = Duration::from_mins(1);
/// How many orders one look ends at most, so that it leaves room for others; the next look goes on.
const BATCH: i64 = 500;

/// Why a look was broken off; the next one starts again.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The overdue orders could not be read.
    #[error("read overdue orders")]
    Store(#[from] StoreError),
    /// The end of one was not committed.
    #[error("expire an overdue order")]
    Commit(#[from] CommitError),
}

/// Looks every now and then, until told to stop.
pub async fn run(context: Context, stopping: CancellationToken) {
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            _ = ticks.tick() => {}
        }
        match sweep(&context).await {
            Ok(0) => {}
            Ok(expired) => tracing::warn!(expired, "expired overdue orders that expiration did not report"),
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, "overdue orders were not swept");
            }
        }
    }
}

/// Ends what is overdue; tells how many orders it was.
pub async fn sweep(context: &Context) -> Result<u64, SweepError> {
    let overdue = context.orders.overdue(context.clock.now().minus(GRACE), BATCH).await?;
    let mut expired = 0;
    for id in overdue {
        expired += u64::from(expire(context, id).await?);
    }
    metrics::counter!("orders_swept_total").increment(expired);
    Ok(expired)
}

async fn expire(context: &Context, id: OrderId) -> Result<bool, SweepError> {
    // By value, as the future is sent between threads: see `Bus::transact`.
    let orders = context.orders.clone();
    context.bus.transact(async move |tx: &mut Tx| expire_overdue(&orders, tx, id).await).await
}

async fn expire_overdue(orders: &Orders, tx: &mut Tx, id: OrderId) -> Result<bool, SweepError> {
    let Some(loaded) = orders.get(id).await? else { return Ok(false) };
    match decide(&loaded.state, Input::TimerFired, tx.now()) {
        Decision::Changed(expired) => {
            Orders::change(tx, &loaded, *expired);
            Ok(true)
        }
        Decision::Unchanged(_) | Decision::Refused(_) => Ok(false),
    }
}

//! The keeper: makes the index in Redis follow MongoDB again after Redis has lost something.
//!
//! A whole loss (a flush, a new server) takes the epoch with it, which the next claim notices. After an
//! outage, a restart or a failover a little may be missing though the epoch is there, so the index is then
//! not trusted either. Both end in a rebuild: all pending timers, the nearest deadline first, a page at
//! a time. What still slips through is found by the repair, which looks every few seconds for timers that
//! are overdue and not in the index.
//!
//! Every replica runs one; only one of them rebuilds.

use std::{error::Error, time::Duration};

use common::{
    bus::StoreError,
    control::{Control, is_broken},
};
use tokio_util::sync::CancellationToken;

use crate::{app::Context, schedule::Unavailable, store::PAGE};

/// How often overdue timers are looked for.
const REPAIR_EVERY: Duration = Duration::from_secs(5);
/// How late a timer must be to count as forgotten: the worker is never that late unless it has a backlog,
/// and then what it has yet to do is in the index.
const OVERDUE: Duration = Duration::from_secs(1);
/// How long the keeper waits after a failure, whatever it is told meanwhile.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The index could not be looked after.
#[derive(Debug, thiserror::Error)]
enum KeepError {
    #[error("keep the timer index")]
    Index(#[from] Unavailable),
    #[error("keep the timer index")]
    Timers(#[from] StoreError),
}

/// Looks after the index until `stopping`. A rebuild that is given up then is begun again by another.
pub async fn run(context: Context, stopping: CancellationToken) {
    tokio::select! {
        () = stopping.cancelled() => {}
        () = keep_on(&context) => {}
    }
}

async fn keep_on(context: &Context) {
    loop {
        if let Err(error) = keep(context).await {
            note(&error);
            tokio::time::sleep(RETRY_AFTER).await;
        }
        tokio::select! {
            () = context.schedule.lost() => {}
            () = tokio::time::sleep(REPAIR_EVERY) => {}
        }
    }
}

/// An outage of Redis is told once, where its commands fail.
fn note(error: &KeepError) {
    match error {
        KeepError::Index(Unavailable) => {}
        KeepError::Timers(source) => {
            let error: &dyn Error = source;
            tracing::warn!(error, "the timer index could not be compared with MongoDB; it is tried again");
        }
    }
}

async fn keep(context: &Context) -> Result<(), KeepError> {
    if is_broken(Control::TimersInRedis) {
        return Ok(());
    }
    if context.schedule.take_gap() {
        context.schedule.distrust().await?;
    }
    if context.schedule.begin_rebuild().await? {
        rebuild(context).await?;
    }
    repair(context).await
}

async fn rebuild(context: &Context) -> Result<(), KeepError> {
    let mut page = context.timers.first_pending().await?;
    let mut restored = context.schedule.restore(&page).await?;
    while page.len() >= PAGE {
        if !context.schedule.renew_rebuild().await? {
            return Ok(());
        }
        let Some(last) = page.last() else { break };
        page = context.timers.pending_after(last.into()).await?;
        restored += context.schedule.restore(&page).await?;
    }
    if context.schedule.seal_rebuild().await? {
        metrics::counter!("expiration_index_rebuilds_total").increment(1);
        tracing::info!(restored, "rebuilt the timer index from MongoDB");
    }
    Ok(())
}

async fn repair(context: &Context) -> Result<(), KeepError> {
    let overdue = context.timers.due_at(context.clock.now().minus(OVERDUE)).await?;
    let restored = context.schedule.restore(&overdue).await?;
    if restored > 0 {
        metrics::counter!("expiration_timers_repaired_total").increment(u64::try_from(restored).unwrap_or(0));
        tracing::warn!(restored, "found overdue timers that were missing in the index");
    }
    Ok(())
}

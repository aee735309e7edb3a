//! Replays: dead letters that somebody asked to try again. Beside the runner, so that a replay that takes
//! long keeps no message waiting.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tracing::Instrument as _;

use super::{
    Bus,
    dead_letters::DeadLetter,
    listener::Entry,
    runner::{guarded, span},
};
use crate::telemetry::chain;

/// How often dead letters that are to be replayed are looked for.
const POLL: Duration = Duration::from_secs(1);

/// Replays what is wanted of one listener, until it is dropped. What it has begun is begun again by the
/// next process.
pub(super) async fn run<C: Clone + Send + Sync + 'static>(bus: Bus, entry: Entry<C>, context: C) {
    let mut poll = interval(POLL);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        poll.tick().await;
        // If the database is away, the next look finds them.
        let Ok(letters) = bus.dead_letters().wanted(&entry.info().durable).await else { continue };
        for letter in letters {
            let failure = replay(&bus, &entry, &context, &letter).await;
            if let Err(error) = bus.dead_letters().replayed(&letter, failure).await {
                tracing::warn!(error = %chain(&error), "a replay was not recorded");
            }
        }
    }
}

/// Hands a dead letter to its listener again; gives the reason if it failed.
async fn replay<C: Clone + Send + Sync + 'static>(
    bus: &Bus,
    entry: &Entry<C>,
    context: &C,
    letter: &DeadLetter,
) -> Option<String> {
    // A listener cannot be called without its headers: the letter is open again, for the same reason.
    let Some(meta) = letter.meta() else { return Some(letter.reason.clone()) };
    let body = letter.body.clone().into_bytes();
    let handling = entry.handle(bus.clone(), context.clone(), meta.clone(), body);
    let result = guarded(handling).instrument(span(&letter.listener, &meta)).await;
    result.err().map(|error| chain(&error))
}

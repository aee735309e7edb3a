//! One kind of aggregate under audit: where its changes were seen to, and where the background is.

use std::time::Duration;

use futures::{FutureExt as _, future::BoxFuture};
use tokio::time::sleep;

use super::{Audited, Found, Violation, memory::Memory};
use crate::{
    bus::{Bus, Page, Place, StoreError},
    clock::Timestamp,
};

/// How many documents one page holds.
const PAGE: i64 = 500;
/// How many pages of changes one look goes through; the rest waits for the next one.
const PAGES_PER_LOOK: usize = 10;
/// A change is looked at when it is that old: by then whatever was committed with it can be read.
const SETTLED: Duration = Duration::from_secs(5);
/// How many aggregates are remembered.
const REMEMBERED: usize = 50_000;
/// How long after the first look a suspicion is looked at again.
const SECOND_LOOK: Duration = Duration::from_millis(500);

/// What the auditor asks of a kind, without its type.
pub(super) trait Look<C>: Send + Sync {
    /// Says that nothing was looked at yet.
    fn begin(&self);
    /// Looks at what changed, and at the next page of all.
    fn look<'a>(&'a mut self, bus: &'a Bus, context: &'a C) -> BoxFuture<'a, Found>;
    /// Looks at every document there is.
    #[cfg(feature = "testing")]
    fn look_at_all<'a>(&'a mut self, bus: &'a Bus, context: &'a C) -> BoxFuture<'a, Found>;
}

/// The state of one kind.
pub(super) struct Kind<A: Audited> {
    /// Up to where changes were seen; `None` before the first look.
    seen_to: Option<Place>,
    /// Up to where the background is.
    swept_to: String,
    memory: Memory<String, A::Trace>,
}

impl<A: Audited> Kind<A> {
    pub fn new() -> Self {
        Self { seen_to: None, swept_to: String::new(), memory: Memory::new(REMEMBERED) }
    }

    async fn look_at_changes(&mut self, bus: &Bus, context: &A::Context) -> Found {
        let until = bus.clock().now().minus(SETTLED);
        let mut found = Vec::new();
        for _ in 0..PAGES_PER_LOOK {
            // What changed before the service started is left to the background.
            let place = self.seen_to.get_or_insert_with(|| Place::at(until)).clone();
            let page = bus.repository::<A>().changed(&place, until, PAGE).await?;
            let is_last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            let end = page.last().map(|(place, _)| place.clone());
            found.extend(self.check(bus, context, page).await?);
            match end {
                Some(end) if !is_last => self.seen_to = Some(end),
                Some(_) | None => {
                    self.seen_to = Some(Place::at(until));
                    break;
                }
            }
        }
        let behind = self.seen_to.as_ref().map_or(Duration::ZERO, |place| until.since(place.updated_at));
        metrics::gauge!("audit_behind_seconds", "collection" => A::COLLECTION).set(behind.as_secs_f64());
        Ok(found)
    }

    /// Looks at the next page of all there are; says whether it was the last one.
    async fn sweep(&mut self, bus: &Bus, context: &A::Context) -> Result<(Vec<Violation>, bool), StoreError> {
        let page = bus.repository::<A>().following(&self.swept_to, PAGE).await?;
        let is_last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        let end = page.last().map(|(place, _)| place.id.clone());
        let found = self.check(bus, context, page).await?;
        self.swept_to = if is_last { String::new() } else { end.unwrap_or_default() };
        if is_last {
            note_full_look::<A>(bus.clock().now());
        }
        Ok((found, is_last))
    }

    async fn check(&mut self, bus: &Bus, context: &A::Context, page: Page<A>) -> Found {
        let read = page.len();
        let states: Vec<A> = page.into_iter().filter_map(|(_, state)| state).collect();
        let count = |name, number: usize| {
            let number = u64::try_from(number).unwrap_or(u64::MAX);
            metrics::counter!(name, "collection" => A::COLLECTION).increment(number);
        };
        count("audited_total", states.len());
        count("audit_unreadable_total", read - states.len());
        if states.is_empty() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for state in &states {
            if let Some(before) = self.memory.replace(state.document_id(), state.trace()) {
                found.extend(state.compare(&before));
            }
        }
        let suspicions = A::look(&states, context).await?;
        if !suspicions.is_empty() {
            found.extend(confirm(bus, context, &states, suspicions).await?);
        }
        Ok(found)
    }
}

/// Looks again at what looked wrong: what is read from several documents is not read at once, and may be
/// of different times. What is wrong stays so.
async fn confirm<A: Audited>(
    bus: &Bus,
    context: &A::Context,
    states: &[A],
    mut suspicions: Vec<Violation>,
) -> Found {
    sleep(SECOND_LOOK).await;
    let ids: Vec<String> = states.iter().map(A::document_id).collect();
    let page = bus.repository::<A>().with_ids(&ids).await?;
    let states: Vec<A> = page.into_iter().filter_map(|(_, state)| state).collect();
    let again = A::look(&states, context).await?;
    suspicions.retain(|violation| again.contains(violation));
    Ok(suspicions)
}

fn note_full_look<A: Audited>(now: Timestamp) {
    let secs = u32::try_from(now.secs()).unwrap_or(u32::MAX);
    metrics::gauge!("audit_full_look_timestamp", "collection" => A::COLLECTION).set(secs);
}

impl<A: Audited> Look<A::Context> for Kind<A> {
    fn begin(&self) {
        metrics::gauge!("audit_full_look_timestamp", "collection" => A::COLLECTION).set(0);
    }

    fn look<'a>(&'a mut self, bus: &'a Bus, context: &'a A::Context) -> BoxFuture<'a, Found> {
        let look = async move {
            let mut found = self.look_at_changes(bus, context).await?;
            found.extend(self.sweep(bus, context).await?.0);
            Ok(found)
        };
        look.boxed()
    }

    #[cfg(feature = "testing")]
    fn look_at_all<'a>(&'a mut self, bus: &'a Bus, context: &'a A::Context) -> BoxFuture<'a, Found> {
        let look = async move {
            let mut all = Vec::new();
            self.swept_to = String::new();
            loop {
                let (found, was_last) = self.sweep(bus, context).await?;
                all.extend(found);
                if was_last {
                    return Ok(all);
                }
            }
        };
        look.boxed()
    }
}

//! Publishing current states again: all of them after a loss, and those that have waited for another service for a while.

use std::{collections::VecDeque, time::Duration};

use bson::{Document, doc};
use futures::{StreamExt as _, stream};
use mongodb::options::Hint;
use tokio::time::{Instant, sleep};

use super::{
    Bus, StoreError,
    aggregate::Newest,
    documents::{AWAITING_PEER, CHANGES},
    outbox::{OutboxEntry, Publication},
    pace::{Hurry, Pace},
    publisher::PublishError,
    relay::Kind,
};
use crate::{
    clock::Timestamp,
    failpoint::{self, Point},
};

/// How many events are unacknowledged at once.
const IN_FLIGHT: usize = 64;
/// How often it is looked whether the listeners have heard the last page.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// What has changed this long before a loss was noticed comes before all else that changed: listeners that are well have
/// heard what is older.
const RECENT: Duration = Duration::from_mins(3);
/// Of what is recent the latest changes come first, in slices of so long.
const SLICE: Duration = Duration::from_secs(15);
/// How many aggregates that wait one page holds, and how many of their events are published in a second.
const WAITING_PAGE: u32 = 250;
const WAITING_PER_SECOND: u32 = 1_000;

#[derive(Debug, thiserror::Error)]
pub(super) enum RepublishError {
    #[error("publish again: current states")]
    Store(#[from] StoreError),
    #[error("publish again")]
    Publish(#[from] PublishError),
    #[error("publish again: {0}")]
    Encode(String),
}

/// All current states, on their way to JetStream once more.
pub(super) struct Republication {
    /// Makes other messages of them than those that were lost, so that JetStream does not take them for duplicates.
    why: String,
    rest: VecDeque<Pages>,
    pace: Pace,
    published: u64,
}

impl Republication {
    /// First what other services have to act on, then what has just changed, then everything: what was on its way when
    /// the stream was lost is there again within seconds, however long the rest takes.
    pub fn of_all(bus: &Bus, why: String) -> Self {
        let now = bus.clock().now();
        let slices = (0..RECENT.as_secs() / SLICE.as_secs()).map(|n| Scope::Changed {
            since: now.minus(SLICE * u32::try_from(n + 1).unwrap_or(u32::MAX)),
            before: (n > 0).then(|| now.minus(SLICE * u32::try_from(n).unwrap_or(u32::MAX))),
        });
        let scopes = [Scope::Waiting].into_iter().chain(slices).chain([Scope::All]);
        let rest = scopes.map(|scope| Pages::new(bus, scope)).collect();
        Self { why, rest, pace: Pace::new(), published: 0 }
    }

    /// How many events are published.
    pub fn published(&self) -> u64 {
        self.published
    }

    /// Publishes what is left, page after page, for as long as `turn`; says whether all is published.
    pub async fn go_on(&mut self, bus: &Bus, turn: Duration) -> Result<bool, RepublishError> {
        let begun = Instant::now();
        while let Some(pages) = self.rest.front_mut() {
            if begun.elapsed() >= turn {
                return Ok(false);
            }
            if !self.pace.allows_more(bus).await {
                sleep(LOOK_AGAIN).await;
                continue;
            }
            let Some((facts, last)) = pages.read(bus, self.pace.page()).await? else {
                self.rest.pop_front();
                continue;
            };
            self.pace.begin(pages.scope.hurry());
            self.published += publish_again(bus, facts, &self.why).await?;
            failpoint::pass(Point::RepairPaged);
            pages.go_past(last);
        }
        Ok(true)
    }
}

/// Publishes again what has been waiting for another service for a while.
pub(super) async fn republish_waiting(bus: &Bus) -> Result<(), RepublishError> {
    let after = bus.inner.config.republish_after;
    let now = bus.clock().now();
    let scope = Scope::WaitingSince(now.minus(after));
    // A new message id for each period, so that JetStream does not drop the repetition.
    let period = now.millis() / i64::try_from(after.as_millis()).unwrap_or(i64::MAX).max(1);
    let why = format!("waiting-{period}");
    let mut published = 0;
    let mut pages = Pages::new(bus, scope);
    while let Some((facts, last)) = pages.read(bus, WAITING_PAGE).await? {
        let of_page = publish_again(bus, facts, &why).await?;
        published += of_page;
        pages.go_past(last);
        sleep(Duration::from_secs(of_page) / WAITING_PER_SECOND).await;
    }
    if published > 0 {
        tracing::info!(published, "published again what waits for another service");
    }
    Ok(())
}

/// Which aggregates are published again.
#[derive(Debug, Clone, Copy)]
enum Scope {
    /// Every one that there is.
    All,
    /// Those that another service has to act on.
    Waiting,
    /// Those of them that have not changed since.
    WaitingSince(Timestamp),
    /// Those that changed in a while, which may not be over yet.
    Changed { since: Timestamp, before: Option<Timestamp> },
}

impl Scope {
    fn filter(self) -> Document {
        match self {
            Self::All => Document::new(),
            Self::Waiting => doc! { "awaitsPeer": true },
            Self::WaitingSince(time) => doc! { "awaitsPeer": true, "updatedAt": { "$lt": time } },
            Self::Changed { since, before: None } => doc! { "updatedAt": { "$gte": since } },
            Self::Changed { since, before: Some(before) } => {
                doc! { "updatedAt": { "$gte": since, "$lt": before } }
            }
        }
    }

    /// The few that wait or have just changed are found by their own index and then sorted; MongoDB left alone would
    /// look at every document in the order of the ids, since that order is asked for.
    fn index(self) -> Option<Hint> {
        let name = match self {
            Self::All => return None,
            Self::Waiting | Self::WaitingSince(_) => AWAITING_PEER,
            Self::Changed { .. } => CHANGES,
        };
        Some(Hint::Name(name.to_owned()))
    }

    fn hurry(self) -> Hurry {
        if matches!(self, Self::All) { Hurry::None } else { Hurry::Great }
    }
}

/// The current facts of all aggregates of a scope, a page of each kind in turn, the newest first.
struct Pages {
    scope: Scope,
    /// The kinds that are not read to their end, and the id that each was read down to.
    rest: VecDeque<(Kind, Option<String>)>,
}

impl Pages {
    fn new(bus: &Bus, scope: Scope) -> Self {
        let rest = bus.inner.registry.kinds().into_iter().map(|kind| (kind, None)).collect();
        Self { scope, rest }
    }

    /// The facts of the next page and the id that it ends with. It stays the next one until somebody goes past it.
    async fn read(
        &mut self,
        bus: &Bus,
        limit: u32,
    ) -> Result<Option<(Vec<Publication>, String)>, RepublishError> {
        while let Some((kind, before)) = self.rest.front() {
            let mut filter = self.scope.filter();
            if let Some(before) = before {
                filter.insert("_id", doc! { "$lt": before });
            }
            let page = Newest { filter, index: self.scope.index(), limit: i64::from(limit) };
            let page = (kind.current_facts)(bus.clone(), page).await?;
            if let Some((last, _)) = page.last() {
                let last = last.clone();
                return Ok(Some((page.into_iter().flat_map(|(_, facts)| facts).collect(), last)));
            }
            self.rest.pop_front();
        }
        Ok(None)
    }

    /// The page that ends with this id is done; it is the turn of the next kind.
    fn go_past(&mut self, last: String) {
        if let Some((kind, _)) = self.rest.pop_front() {
            self.rest.push_back((kind, Some(last)));
        }
    }
}

async fn publish_again(bus: &Bus, facts: Vec<Publication>, why: &str) -> Result<u64, RepublishError> {
    let now = bus.clock().now();
    let mut sent = stream::iter(facts)
        .map(|fact| async move {
            let message_id = format!("{}:{}:{}:{why}", fact.ce_type, fact.aggregate_id, fact.version);
            let entry = OutboxEntry::new(fact, now, None).map_err(RepublishError::Encode)?;
            bus.inner.publisher.publish(&entry, &message_id).await.map_err(RepublishError::from)
        })
        .buffered(IN_FLIGHT);
    let mut published = 0;
    while let Some(result) = sent.next().await {
        result?;
        published += 1;
    }
    metrics::counter!("bus_republished_total").increment(published);
    Ok(published)
}

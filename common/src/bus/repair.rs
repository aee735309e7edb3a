//! Repair: MongoDB is the truth, JetStream a cache of it.
//!
//! A service knows when its stream was made and how far JetStream has acknowledged. If the stream is
//! younger than that, ends before it, or gives a place away a second time, acknowledged events are gone:
//! the service says so loudly and publishes the current state of all its aggregates again, under a new
//! epoch, so that JetStream does not take them for duplicates. Besides, an aggregate that has waited for
//! another service for minutes is published again in any case.

use std::{collections::VecDeque, time::Duration};

use bson::{Document, doc};
use futures::{StreamExt as _, stream};
use mongodb::options::Hint;
use serde::{Deserialize, Serialize};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use super::{
    Bus,
    documents::AWAITING_PEER,
    outbox::{OutboxEntry, Publication},
    publisher::PublishError,
    relay::{Kind, Page},
};
use crate::{
    clock::Timestamp,
    failpoint::{self, Point},
    telemetry::chain,
};

/// Where a service remembers how far its stream was.
const COLLECTION: &str = "bus_streams";
/// How long one replica may repair before another one takes over.
const LEASE: Duration = Duration::from_mins(1);
/// How many aggregates one page of a repair holds.
const PAGE: i64 = 250;
/// How many events a repair publishes in a second. Consumers know most of them and are quick about that, but
/// what happens now stands in line behind them.
const EVENTS_PER_SECOND: u32 = 1_000;
/// How many events of a repair are unacknowledged at once.
const IN_FLIGHT: usize = 64;

/// What a service remembers of its stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Watermark {
    /// When the stream was made, in nanoseconds since 1970.
    created: String,
    /// The highest sequence that was acknowledged.
    acknowledged: i64,
    /// How often the stream was lost, plus one.
    epoch: i64,
    /// Whether the current states still have to be published in this epoch.
    repairing: bool,
    /// Until when one replica has the repair to itself.
    lease_until: Option<Timestamp>,
}

#[derive(Debug, thiserror::Error)]
enum RepairError {
    #[error("repair: read or write MongoDB")]
    Store(#[from] mongodb::error::Error),
    #[error("repair: encode the watermark")]
    Encode(#[from] bson::error::Error),
    #[error("repair: publish again")]
    Publish(#[from] PublishError),
    #[error("repair: look at the stream: {0}")]
    Stream(String),
    #[error("repair: another replica does it")]
    TakenOver,
}

/// Looks after the stream and the waiting aggregates until told to stop.
pub(super) async fn run(bus: Bus, stopping: CancellationToken) {
    let mut poll = interval(bus.inner.config.repair_poll);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut nudge = interval(bus.inner.config.republish_after / 2);
    nudge.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let done = tokio::select! {
            _ = poll.tick() => tokio::select! {
                done = check(&bus) => done,
                () = stopping.cancelled() => return,
            },
            _ = nudge.tick() => tokio::select! {
                done = republish_waiting(&bus) => done,
                () = stopping.cancelled() => return,
            },
            () = stopping.cancelled() => return,
        };
        if let Err(error) = done {
            tracing::debug!(error = %chain(&error), "the stream cannot be checked yet");
        }
    }
}

/// Compares the stream with what is remembered of it, and repairs a loss.
async fn check(bus: &Bus) -> Result<(), RepairError> {
    let publisher = &bus.inner.publisher;
    if !publisher.is_connected() {
        return Ok(());
    }
    let stream = publisher.namespace().stream(bus.inner.config.service);
    // Read before the stream is asked, so that what is acknowledged meanwhile does not look lost.
    let seen = i64::try_from(publisher.acknowledged(&stream)).unwrap_or(i64::MAX);
    let (created, last_sequence) = look_at(bus, &stream).await?;
    let known = remembered(bus).await?;
    let Some(known) = known else {
        let first = Watermark { created, epoch: 1, ..Watermark::default() };
        return remember(bus, None, &first).await.map(drop);
    };
    let went_back = publisher.went_back(&stream) || last_sequence < known.acknowledged.max(seen);
    let lost = known.created != created || went_back;
    if lost {
        publisher.forget(&stream);
        let next = Watermark {
            created,
            acknowledged: 0,
            epoch: known.epoch + 1,
            repairing: true,
            lease_until: Some(bus.clock().now().plus(LEASE)),
        };
        if remember(bus, Some(&known), &next).await? {
            tracing::error!(
                %stream,
                acknowledged = known.acknowledged,
                last_sequence,
                "the stream lost acknowledged messages; publishing all current states again"
            );
            metrics::counter!("bus_stream_losses_total").increment(1);
            repair(bus, next).await?;
        }
    } else if known.repairing && known.lease_until.is_none_or(|until| until < bus.clock().now()) {
        let lease_until = Some(bus.clock().now().plus(LEASE));
        let next = Watermark { lease_until, ..known.clone() };
        if remember(bus, Some(&known), &next).await? {
            repair(bus, next).await?;
        }
    } else if seen > known.acknowledged {
        let next = Watermark { acknowledged: seen, ..known.clone() };
        remember(bus, Some(&known), &next).await?;
    }
    Ok(())
}

/// When the stream was made, and its last sequence. A stream that is not there is made again.
async fn look_at(bus: &Bus, stream: &str) -> Result<(String, i64), RepairError> {
    let publisher = &bus.inner.publisher;
    let found = if let Ok(found) = publisher.context().get_stream(stream).await {
        found
    } else {
        publisher.ensure_streams().await.map_err(PublishError::from)?;
        let found = publisher.context().get_stream(stream).await;
        found.map_err(|error| RepairError::Stream(error.to_string()))?
    };
    let info = found.cached_info();
    let created = info.created.unix_timestamp_nanos().to_string();
    Ok((created, i64::try_from(info.state.last_sequence).unwrap_or(i64::MAX)))
}

/// Publishes the current state of every aggregate of this service: first of those that another service has
/// to act on, then of all, so that what was on its way when the stream was lost is repaired within seconds,
/// however long the rest takes.
async fn repair(bus: &Bus, mut watermark: Watermark) -> Result<(), RepairError> {
    let why = format!("epoch-{}", watermark.epoch);
    let mut published = 0;
    failpoint::pass(Point::RepairUnbegun);
    for scope in [Scope::Waiting, Scope::All] {
        let mut pages = Pages::new(bus, scope);
        while let Some(facts) = pages.next().await? {
            published += publish_again(bus, facts, &why).await?;
            failpoint::pass(Point::RepairPaged);
            watermark = renew_lease(bus, watermark).await?;
        }
    }
    failpoint::pass(Point::RepairUnrecorded);
    let done = Watermark { repairing: false, lease_until: None, ..watermark.clone() };
    remember(bus, Some(&watermark), &done).await?;
    tracing::info!(published, epoch = watermark.epoch, "all current states are published again");
    Ok(())
}

/// Keeps the repair for this replica; an error if another one has taken it over, or the stream was lost again.
async fn renew_lease(bus: &Bus, watermark: Watermark) -> Result<Watermark, RepairError> {
    let lease_until = Some(bus.clock().now().plus(LEASE));
    let renewed = Watermark { lease_until, ..watermark.clone() };
    if remember(bus, Some(&watermark), &renewed).await? { Ok(renewed) } else { Err(RepairError::TakenOver) }
}

/// Publishes again what has been waiting for another service for a while.
async fn republish_waiting(bus: &Bus) -> Result<(), RepairError> {
    let after = bus.inner.config.republish_after;
    let now = bus.clock().now();
    let scope = Scope::WaitingSince(now.minus(after));
    // A new message id for each period, so that JetStream does not drop the repetition.
    let period = now.millis() / i64::try_from(after.as_millis()).unwrap_or(i64::MAX).max(1);
    let why = format!("waiting-{period}");
    let mut published = 0;
    let mut pages = Pages::new(bus, scope);
    while let Some(facts) = pages.next().await? {
        published += publish_again(bus, facts, &why).await?;
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
}

impl Scope {
    fn filter(self) -> Document {
        match self {
            Self::All => Document::new(),
            Self::Waiting => doc! { "awaitsPeer": true },
            Self::WaitingSince(time) => doc! { "awaitsPeer": true, "updatedAt": { "$lt": time } },
        }
    }

    /// The few that wait are found by their own index and then sorted; MongoDB left alone would look at
    /// every document in the order of the ids, since that order is asked for.
    fn index(self) -> Option<Hint> {
        match self {
            Self::All => None,
            Self::Waiting | Self::WaitingSince(_) => Some(Hint::Name(AWAITING_PEER.to_owned())),
        }
    }
}

/// The current facts of all aggregates of a scope, a page of each kind in turn, the newest first.
struct Pages<'a> {
    bus: &'a Bus,
    scope: Scope,
    /// The kinds that are not read to their end, and the id that each was read down to.
    rest: VecDeque<(Kind, Option<String>)>,
}

impl<'a> Pages<'a> {
    fn new(bus: &'a Bus, scope: Scope) -> Self {
        let rest = bus.inner.registry.kinds().into_iter().map(|kind| (kind, None)).collect();
        Self { bus, scope, rest }
    }

    async fn next(&mut self) -> Result<Option<Vec<Publication>>, RepairError> {
        while let Some((kind, before)) = self.rest.pop_front() {
            let mut filter = self.scope.filter();
            if let Some(before) = before {
                filter.insert("_id", doc! { "$lt": before });
            }
            let page = Page { filter, index: self.scope.index(), limit: PAGE };
            let page = (kind.current_facts)(self.bus.inner.database.clone(), page).await?;
            if let Some((last, _)) = page.last() {
                self.rest.push_back((kind, Some(last.clone())));
                return Ok(Some(page.into_iter().flat_map(|(_, facts)| facts).collect()));
            }
        }
        Ok(None)
    }
}

async fn publish_again(bus: &Bus, facts: Vec<Publication>, why: &str) -> Result<u64, RepairError> {
    let now = bus.clock().now();
    let mut sent = stream::iter(facts)
        .map(|fact| async move {
            let message_id = format!("{}:{}:{}:{why}", fact.ce_type, fact.aggregate_id, fact.version);
            let entry = OutboxEntry::new(fact, now, None).map_err(RepairError::Stream)?;
            bus.inner.publisher.publish(&entry, &message_id).await.map_err(RepairError::from)
        })
        .buffered(IN_FLIGHT);
    let mut published = 0;
    while let Some(result) = sent.next().await {
        result?;
        published += 1;
    }
    metrics::counter!("bus_republished_total").increment(published);
    sleep(Duration::from_secs(published) / EVENTS_PER_SECOND).await;
    Ok(published)
}

async fn remembered(bus: &Bus) -> Result<Option<Watermark>, RepairError> {
    let id = bus.inner.config.service;
    Ok(bus.inner.database.collection::<Watermark>(COLLECTION).find_one(doc! { "_id": id }).await?)
}

/// Replaces what is remembered, if it is still what was read; says whether it was.
async fn remember(bus: &Bus, known: Option<&Watermark>, next: &Watermark) -> Result<bool, RepairError> {
    let mut query = match known {
        Some(known) => as_stored(known)?,
        None => Document::new(),
    };
    query.insert("_id", bus.inner.config.service);
    let command = doc! {
        "update": COLLECTION,
        "updates": [{ "q": query, "u": { "$set": as_stored(next)? }, "upsert": known.is_none() }],
        "writeConcern": { "w": "majority", "j": true },
    };
    let reply = bus.inner.database.run_command(command).await?;
    Ok(reply.get_i32("n").unwrap_or_default() > 0)
}

/// The watermark as MongoDB stores it; `serialize_to_document` would write times as text.
fn as_stored(watermark: &Watermark) -> Result<Document, bson::error::Error> {
    Document::try_from(bson::serialize_to_raw_document_buf(watermark)?)
}

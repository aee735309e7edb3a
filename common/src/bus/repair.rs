//! Repair: MongoDB is the truth, JetStream a cache of it.
//!
//! A service knows when its stream was made and how far JetStream has acknowledged. If the stream is
//! younger than that, ends before it, or gives a place away a second time, acknowledged events are gone:
//! the service says so loudly and publishes the current state of all its aggregates again, under a new
//! epoch, so that JetStream does not take them for duplicates. Besides, an aggregate that has waited for
//! another service for minutes is published again in any case.

use std::{collections::VecDeque, time::Duration};

use bson::{Bson, Document, doc};
use futures::{StreamExt as _, stream};
use mongodb::options::Hint;
use serde::{Deserialize, Serialize};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Bus, StoreError,
    aggregate::Newest,
    documents::AWAITING_PEER,
    outbox::{OutboxEntry, Publication},
    pace::Pace,
    publisher::PublishError,
    relay::Kind,
};
use crate::{
    clock::Timestamp,
    failpoint::{self, Point},
    telemetry::chain,
};

/// Where a service remembers how far its stream was.
const COLLECTION: &str = "bus_streams";
/// After how long without a page one replica loses the repair to another one.
const LEASE: Duration = Duration::from_secs(15);
/// How many aggregates one page of a repair holds.
const PAGE: i64 = 250;
/// How many events a repair publishes in a second, even if the listeners are quicker.
const EVENTS_PER_SECOND: u32 = 1_000;
/// How many events of a repair are unacknowledged at once.
const IN_FLIGHT: usize = 64;
/// How often a repair looks whether the listeners have heard the last page.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// What a service remembers of its stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Watermark {
    /// When the stream was made, in nanoseconds since 1970.
    created: String,
    /// The highest sequence that was acknowledged, to whichever replica.
    acknowledged: i64,
    /// How often the stream was lost, plus one.
    epoch: i64,
    /// Whether the current states still have to be published in this epoch.
    repairing: bool,
    /// The replica that does so.
    repairer: Option<String>,
    /// Until when it has the repair to itself.
    lease_until: Option<Timestamp>,
}

/// What one replica does about its stream.
struct Repairer {
    bus: Bus,
    /// Tells it from the other replicas.
    id: String,
    /// A repair that it has begun. If MongoDB or JetStream fail it meanwhile, it goes on where it was.
    under_way: Option<Repair>,
}

/// A repair in one epoch.
struct Repair {
    epoch: i64,
    /// Those that wait, and then all.
    rest: VecDeque<Pages>,
    pace: Pace,
    published: u64,
}

#[derive(Debug, thiserror::Error)]
enum RepairError {
    #[error("repair: what is remembered of the stream")]
    Watermark(#[from] mongodb::error::Error),
    #[error("repair: current states")]
    Store(#[from] StoreError),
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
    let mut repairer = Repairer { bus: bus.clone(), id: Uuid::now_v7().to_string(), under_way: None };
    loop {
        let done = tokio::select! {
            _ = poll.tick() => tokio::select! {
                done = repairer.check() => done,
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

impl Repairer {
    /// Compares the stream with what is remembered of it, and repairs a loss.
    async fn check(&mut self) -> Result<(), RepairError> {
        let (bus, publisher) = (&self.bus, &self.bus.inner.publisher);
        if !publisher.is_connected() {
            return Ok(());
        }
        let stream = publisher.namespace().stream(bus.inner.config.service);
        // Read before the stream is asked, so that what is acknowledged meanwhile does not look lost.
        let seen = i64::try_from(publisher.acknowledged(&stream)).unwrap_or(i64::MAX);
        let (created, last_sequence) = look_at(bus, &stream).await?;
        let Some(known) = remembered(bus).await? else {
            let first = Watermark { created, epoch: 1, ..Watermark::default() };
            return update(bus, Document::new(), doc! { "$set": as_stored(&first)? }, true).await.map(drop);
        };
        let went_back = publisher.went_back(&stream) || last_sequence < known.acknowledged.max(seen);
        if known.created != created || went_back {
            publisher.forget(&stream);
            let next = Watermark {
                created,
                acknowledged: 0,
                epoch: known.epoch + 1,
                repairing: true,
                repairer: Some(self.id.clone()),
                lease_until: Some(self.lease()),
            };
            // Whoever notices it first repairs it.
            let query = doc! { "epoch": known.epoch };
            if update(bus, query, doc! { "$set": as_stored(&next)? }, false).await? {
                tracing::error!(
                    %stream,
                    acknowledged = known.acknowledged,
                    last_sequence,
                    "the stream lost acknowledged messages; publishing all current states again"
                );
                metrics::counter!("bus_stream_losses_total").increment(1);
                self.under_way = Some(Repair::of(bus, next.epoch));
            }
        } else if known.repairing && self.may_repair(&known) {
            self.take_over(&known).await?;
        } else if seen > known.acknowledged {
            let query = doc! { "epoch": known.epoch };
            update(bus, query, doc! { "$max": { "acknowledged": seen } }, false).await?;
        }
        self.go_on().await
    }

    fn lease(&self) -> Timestamp {
        self.bus.clock().now().plus(LEASE)
    }

    fn may_repair(&self, known: &Watermark) -> bool {
        let is_free = known.lease_until.is_none_or(|until| until < self.bus.clock().now());
        is_free || known.repairer.as_ref() == Some(&self.id)
    }

    /// Takes a repair that nobody does, or its own again, which may have failed half-way.
    async fn take_over(&mut self, known: &Watermark) -> Result<(), RepairError> {
        let query = doc! {
            "epoch": known.epoch,
            "repairing": true,
            "repairer": known.repairer.clone(),
            "leaseUntil": known.lease_until,
        };
        let taken = doc! { "$set": { "repairer": &self.id, "leaseUntil": self.lease() } };
        if !update(&self.bus, query, taken, false).await? {
            return Err(RepairError::TakenOver);
        }
        let is_begun = self.under_way.as_ref().is_some_and(|repair| repair.epoch == known.epoch);
        if !is_begun || known.repairer.as_ref() != Some(&self.id) {
            self.under_way = Some(Repair::of(&self.bus, known.epoch));
        }
        Ok(())
    }

    /// Publishes what is left to publish: first the current state of every aggregate that another service has to
    /// act on, then of all, so that what was on its way when the stream was lost is repaired within seconds,
    /// however long the rest takes.
    async fn go_on(&mut self) -> Result<(), RepairError> {
        let Some(mut repair) = self.under_way.take() else { return Ok(()) };
        let done = self.publish(&mut repair).await;
        match done {
            Ok(()) | Err(RepairError::TakenOver) => {}
            Err(_) => self.under_way = Some(repair),
        }
        done
    }

    async fn publish(&self, repair: &mut Repair) -> Result<(), RepairError> {
        let Repair { epoch, rest, pace, published } = repair;
        let why = format!("epoch-{epoch}");
        if *published == 0 {
            failpoint::pass(Point::RepairUnbegun);
        }
        while let Some(pages) = rest.front_mut() {
            let Some((facts, last)) = pages.read(&self.bus).await? else {
                rest.pop_front();
                continue;
            };
            *published += publish_again(&self.bus, facts, &why).await?;
            failpoint::pass(Point::RepairPaged);
            self.change(*epoch, doc! { "leaseUntil": self.lease() }).await?;
            pages.go_past(last);
            pace.begin_to_wait();
            while !pace.allows_more(&self.bus).await {
                sleep(LOOK_AGAIN).await;
                self.change(*epoch, doc! { "leaseUntil": self.lease() }).await?;
            }
        }
        failpoint::pass(Point::RepairUnrecorded);
        let nobody = doc! { "repairing": false, "repairer": Bson::Null, "leaseUntil": Bson::Null };
        self.change(*epoch, nobody).await?;
        tracing::info!(published = *published, epoch = *epoch, "all current states are published again");
        Ok(())
    }

    /// Changes what is remembered of its own repair; an error if another replica has taken it over, or the stream
    /// was lost again.
    async fn change(&self, epoch: i64, to: Document) -> Result<(), RepairError> {
        let query = doc! { "epoch": epoch, "repairing": true, "repairer": &self.id };
        let is_mine = update(&self.bus, query, doc! { "$set": to }, false).await?;
        if is_mine { Ok(()) } else { Err(RepairError::TakenOver) }
    }
}

impl Repair {
    fn of(bus: &Bus, epoch: i64) -> Self {
        let rest = [Scope::Waiting, Scope::All].map(|scope| Pages::new(bus, scope));
        Self { epoch, rest: VecDeque::from(rest), pace: Pace::new(), published: 0 }
    }
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
    while let Some((facts, last)) = pages.read(bus).await? {
        published += publish_again(bus, facts, &why).await?;
        pages.go_past(last);
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
    async fn read(&mut self, bus: &Bus) -> Result<Option<(Vec<Publication>, String)>, RepairError> {
        while let Some((kind, before)) = self.rest.front() {
            let mut filter = self.scope.filter();
            if let Some(before) = before {
                filter.insert("_id", doc! { "$lt": before });
            }
            let page = Newest { filter, index: self.scope.index(), limit: PAGE };
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

/// Changes what is remembered, if it is still so; says whether it was. What is read after that shows all that was
/// committed before, by whichever replica and whoever is primary: a state that is older than what the stream has lost would
/// leave the loss as it is.
async fn update(bus: &Bus, mut query: Document, change: Document, upsert: bool) -> Result<bool, RepairError> {
    query.insert("_id", bus.inner.config.service);
    let command = doc! {
        "update": COLLECTION,
        "updates": [{ "q": query, "u": change, "upsert": upsert }],
        "writeConcern": { "w": "majority", "j": true },
    };
    let reply = bus.inner.database.run_command(command).await?;
    bus.inner.causality.note_reply(&reply);
    Ok(reply.get_i32("n").unwrap_or_default() > 0)
}

/// The watermark as MongoDB stores it; `serialize_to_document` would write times as text.
fn as_stored(watermark: &Watermark) -> Result<Document, bson::error::Error> {
    Document::try_from(bson::serialize_to_raw_document_buf(watermark)?)
}

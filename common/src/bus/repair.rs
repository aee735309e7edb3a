//! Repair: MongoDB is the truth, JetStream a cache of it.
//!
//! A service knows when its stream was made and how far JetStream has acknowledged. If the stream is
//! younger than that, ends before it, or gives a place away a second time, acknowledged events are gone:
//! the service says so loudly and publishes the current state of all its aggregates again, under a new
//! epoch, so that JetStream does not take them for duplicates. Besides, an aggregate that has waited for
//! another service for minutes is published again in any case.

use std::time::Duration;

use bson::{Bson, Document, doc};
use serde::{Deserialize, Serialize};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Bus,
    publisher::PublishError,
    republish::{Republication, RepublishError, republish_waiting},
};
use crate::{
    clock::Timestamp,
    failpoint::{self, Point},
    telemetry::chain,
};

/// Where a service remembers how far its stream was.
const COLLECTION: &str = "bus_streams";
/// After how long one replica loses the repair to another one if it does not say that it goes on.
const LEASE: Duration = Duration::from_secs(15);
/// For how long a repair goes on before the stream is looked at again: it may be lost once more meanwhile.
const TURN: Duration = Duration::from_secs(1);

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
    /// A repair that it has begun. It goes on where it was, turn by turn, even if MongoDB or JetStream fail it meanwhile.
    under_way: Option<Repair>,
}

/// A repair in one epoch.
struct Repair {
    epoch: i64,
    states: Republication,
}

#[derive(Debug, thiserror::Error)]
enum RepairError {
    #[error("repair: what is remembered of the stream")]
    Watermark(#[from] mongodb::error::Error),
    #[error("repair: encode the watermark")]
    Encode(#[from] bson::error::Error),
    #[error("repair")]
    Republish(#[from] RepublishError),
    #[error("repair: make the stream again")]
    Make(#[from] PublishError),
    #[error("repair: JetStream is away")]
    Away,
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
    let mut goes_on = false;
    loop {
        let turn = async {
            if !goes_on {
                poll.tick().await;
            }
        };
        let done = tokio::select! {
            () = turn => tokio::select! {
                done = repairer.check() => done,
                () = stopping.cancelled() => return,
            },
            _ = nudge.tick() => tokio::select! {
                done = republish_waiting(&bus) => done.map_err(RepairError::from),
                () = stopping.cancelled() => return,
            },
            () = stopping.cancelled() => return,
        };
        goes_on = done.is_ok() && repairer.under_way.is_some();
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
            return Err(RepairError::Away);
        }
        let stream = publisher.namespace().stream(bus.inner.config.service);
        // Both are read before the stream is asked, so that what is acknowledged meanwhile, to this replica or another one,
        // does not look lost.
        let known = remembered(bus).await?;
        let seen = i64::try_from(publisher.acknowledged(&stream)).unwrap_or(i64::MAX);
        let (created, last_sequence) = look_at(bus, &stream).await?;
        let Some(known) = known else {
            let first = Watermark { created, epoch: 1, ..Watermark::default() };
            // Unless another replica has come first meanwhile.
            let begin = doc! { "$setOnInsert": as_stored(&first)? };
            return update(bus, Document::new(), begin, true).await.map(drop);
        };
        let went_back = publisher.went_back(&stream) || last_sequence < known.acknowledged.max(seen);
        if known.created != created || went_back {
            self.under_way = None;
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
            let is_first = update(bus, query, doc! { "$set": as_stored(&next)? }, false).await?;
            // Not before it is written down that the stream was lost.
            publisher.forget(&stream);
            if is_first {
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
            self.take_over(&known, seen).await?;
        } else {
            self.under_way = None;
            if seen > known.acknowledged {
                let query = doc! { "epoch": known.epoch };
                update(bus, query, doc! { "$max": { "acknowledged": seen } }, false).await?;
            }
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

    /// Takes a repair that nobody does, or keeps its own.
    async fn take_over(&mut self, known: &Watermark, seen: i64) -> Result<(), RepairError> {
        let query = doc! {
            "epoch": known.epoch,
            "repairing": true,
            "repairer": known.repairer.clone(),
            "leaseUntil": known.lease_until,
        };
        let taken = doc! {
            "$set": { "repairer": &self.id, "leaseUntil": self.lease() },
            "$max": { "acknowledged": seen },
        };
        if !update(&self.bus, query, taken, false).await? {
            self.under_way = None;
            return Err(RepairError::TakenOver);
        }
        let is_begun = self.under_way.as_ref().is_some_and(|repair| repair.epoch == known.epoch);
        if !is_begun || known.repairer.as_ref() != Some(&self.id) {
            self.under_way = Some(Repair::of(&self.bus, known.epoch));
        }
        Ok(())
    }

    /// Goes on with the repair for a turn, if there is one.
    async fn go_on(&mut self) -> Result<(), RepairError> {
        let Some(repair) = &mut self.under_way else { return Ok(()) };
        if repair.states.published() == 0 {
            failpoint::pass(Point::RepairUnbegun);
        }
        if repair.states.go_on(&self.bus, TURN).await? {
            failpoint::pass(Point::RepairUnrecorded);
            let query = doc! { "epoch": repair.epoch, "repairing": true, "repairer": &self.id };
            let nobody = doc! { "repairing": false, "repairer": Bson::Null, "leaseUntil": Bson::Null };
            // If it is not recorded, another replica has taken it over, or the stream was lost again.
            if update(&self.bus, query, doc! { "$set": nobody }, false).await? {
                let (published, epoch) = (repair.states.published(), repair.epoch);
                tracing::info!(published, epoch, "all current states are published again");
            }
            self.under_way = None;
        }
        Ok(())
    }
}

impl Repair {
    fn of(bus: &Bus, epoch: i64) -> Self {
        Self { epoch, states: Republication::of_all(bus, format!("epoch-{epoch}")) }
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

//! The relay: from the outboxes to JetStream.
//!
//! Commits hand their entries over in process; a look-out every second finds what nobody handed over (a
//! crash, a full queue, a broker that was away). Entries of one document go one after the other, each
//! after the acknowledgement of the one before; documents go in parallel. An entry is removed after its
//! acknowledgement, so a crash in between publishes it twice, never not at all. Two relays on one database
//! are safe: JetStream drops the second of two messages with one id, and consumers skip what they know.

use std::{
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bson::{Document, RawArrayBuf, doc, rawdoc};
use futures::{StreamExt as _, TryStreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use mongodb::Database;
use serde::Deserialize;
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    Bus, StoreError,
    aggregate::{Aggregate, Newest},
    lanes::Lanes,
    outbox::{OutboxEntry, Publication},
    publisher::{PublishError, Publisher},
};
use crate::{
    control::{Control, is_broken},
    failpoint::{self, Point},
    telemetry::chain,
};

/// How many documents are being published at once.
const MAX_IN_FLIGHT: usize = 1_024;
/// How many documents one look-out brings from one collection.
const LOOK_OUT_PAGE: i64 = 1_000;
/// What the relay is younger than this is still on its way through the in-process queue.
const HAND_OVER: Duration = Duration::from_millis(500);
/// How many removals one command holds at most.
const MAX_REMOVALS: usize = 512;
/// How many documents with events that wait are named.
const MAX_WAITING: i64 = 100;
/// How long a stopping service tries to publish what it has committed.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// A document with entries to publish.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub collection: &'static str,
    pub document_id: String,
    pub entries: Vec<OutboxEntry>,
}

type Key = (&'static str, String);

/// The kinds of aggregates of this service, without their types.
#[derive(Default)]
pub(super) struct Registry {
    kinds: RwLock<Vec<Kind>>,
}

/// What relay and repair need to know of a kind of aggregate.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    pub collection: &'static str,
    /// The current facts of documents that match.
    pub current_facts: CurrentFacts,
}

/// Reads a page of documents, the newest first, and gives `(document id, facts)` of each.
pub(super) type CurrentFacts =
    fn(Bus, Newest) -> BoxFuture<'static, Result<Vec<(String, Vec<Publication>)>, StoreError>>;

impl Registry {
    pub fn add<A: Aggregate>(&self) {
        let kind = Kind {
            collection: A::COLLECTION,
            current_facts: |bus, page| {
                Box::pin(async move {
                    let found = bus.repository::<A>().newest(page).await?;
                    Ok(found.into_iter().map(|state| (state.document_id(), state.current_facts())).collect())
                })
            },
        };
        self.kinds.write().unwrap_or_else(std::sync::PoisonError::into_inner).push(kind);
    }

    pub fn kinds(&self) -> Vec<Kind> {
        self.kinds.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

/// Runs until told to stop, then publishes what was committed, within a bound.
pub(super) async fn run(bus: Bus, mut handed: mpsc::Receiver<Job>, stopping: CancellationToken) {
    let inner = bus.inner.clone();
    let (removals, removed) = mpsc::channel(MAX_IN_FLIGHT);
    let remover = tokio::spawn(remove(inner.database.clone(), removed));
    let mut relay = Relay::new(inner.publisher.clone(), removals);
    let mut look_out = interval(inner.config.relay_poll);
    look_out.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            Some(job) = handed.recv(), if relay.has_room() => relay.take(job),
            Some(sent) = relay.in_flight.next() => relay.settle(sent),
            _ = look_out.tick(), if relay.has_room() => relay.look_out(&bus).await,
            () = stopping.cancelled() => break,
        }
    }
    relay.flush(handed).await;
    drop(relay);
    // The entries are acknowledged; a removal that does not happen only means a repetition.
    let _ = timeout(FLUSH_TIMEOUT, remover).await;
}

struct Relay {
    publisher: Publisher,
    removals: mpsc::Sender<(Key, Vec<String>)>,
    lanes: Lanes<Key, Job>,
    in_flight: FuturesUnordered<BoxFuture<'static, (Key, Result<(), PublishError>)>>,
    complained: Arc<AtomicBool>,
    quiet_until: Instant,
}

impl Relay {
    fn new(publisher: Publisher, removals: mpsc::Sender<(Key, Vec<String>)>) -> Self {
        Self {
            publisher,
            removals,
            lanes: Lanes::new(),
            in_flight: FuturesUnordered::new(),
            complained: Arc::default(),
            quiet_until: Instant::now(),
        }
    }

    fn has_room(&self) -> bool {
        self.lanes.len() < MAX_IN_FLIGHT
    }

    fn take(&mut self, job: Job) {
        let key = (job.collection, job.document_id.clone());
        if let Some(job) = self.lanes.enter(&key, job) {
            self.start(key, job);
        }
    }

    fn start(&self, key: Key, job: Job) {
        let (publisher, removals) = (self.publisher.clone(), self.removals.clone());
        self.in_flight.push(Box::pin(async move {
            let result = publish_in_order(&publisher, &removals, &key, job.entries).await;
            (key, result)
        }));
    }

    fn settle(&mut self, (key, result): (Key, Result<(), PublishError>)) {
        match result {
            Ok(()) => {
                if self.complained.swap(false, Ordering::Relaxed) {
                    tracing::info!("publishing to JetStream again");
                }
                if let Some(next) = self.lanes.next(&key) {
                    self.start(key, next);
                }
            }
            Err(error) => {
                // What waited behind it stands in the outbox as well: the look-out brings all in order.
                self.lanes.clear(&key);
                metrics::counter!("bus_publish_failures_total").increment(1);
                if !self.complained.swap(true, Ordering::Relaxed) {
                    tracing::warn!(error = %chain(&error), "events wait in the outboxes");
                }
                self.quiet_until = Instant::now() + Duration::from_millis(200);
            }
        }
    }

    async fn look_out(&mut self, bus: &Bus) {
        if Instant::now() < self.quiet_until || !self.publisher.is_connected() {
            return;
        }
        let before = bus.clock().now().minus(HAND_OVER);
        for kind in bus.inner.registry.kinds() {
            match unpublished(&bus.inner.database, kind.collection, before).await {
                Ok(jobs) => self.take_idle(jobs),
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "outboxes cannot be read");
                }
            }
        }
    }

    fn take_idle(&mut self, jobs: Vec<Job>) {
        for job in jobs {
            let key = (job.collection, job.document_id.clone());
            if self.has_room() && !self.lanes.is_busy(&key) {
                self.take(job);
            }
        }
    }

    async fn flush(&mut self, mut handed: mpsc::Receiver<Job>) {
        handed.close();
        let flush = async {
            loop {
                while self.has_room() {
                    let Ok(job) = handed.try_recv() else { break };
                    self.take(job);
                }
                match self.in_flight.next().await {
                    Some(sent) => self.settle(sent),
                    None => return,
                }
            }
        };
        if timeout(FLUSH_TIMEOUT, flush).await.is_err() {
            tracing::warn!("some events were not published before the stop; they wait in the outboxes");
        }
    }
}

async fn publish_in_order(
    publisher: &Publisher,
    removals: &mpsc::Sender<(Key, Vec<String>)>,
    key: &Key,
    entries: Vec<OutboxEntry>,
) -> Result<(), PublishError> {
    let mut acknowledged = Vec::with_capacity(entries.len());
    let mut result = Ok(());
    for entry in entries {
        result = if is_broken(Control::ForgetUnpublished) && !publisher.is_connected() {
            Ok(())
        } else {
            publisher.publish(&entry, &entry.id.to_string()).await
        };
        if result.is_err() {
            break;
        }
        metrics::counter!("bus_published_total", "type" => entry.ce_type).increment(1);
        acknowledged.push(entry.id.to_string());
    }
    if !acknowledged.is_empty() {
        // The remover ends only after the relay, so there is always somebody to take it.
        let _ = removals.send((key.clone(), acknowledged)).await;
    }
    result
}

/// The part of a document that the look-out reads.
#[derive(Deserialize)]
struct Unpublished {
    #[serde(rename = "_id")]
    id: String,
    outbox: Vec<OutboxEntry>,
}

async fn unpublished(
    database: &Database,
    collection: &'static str,
    before: crate::clock::Timestamp,
) -> Result<Vec<Job>, mongodb::error::Error> {
    let filter = doc! { "outbox": { "$exists": true }, "outbox.time": { "$lt": before } };
    let documents = database.collection::<Unpublished>(collection);
    let found = documents.find(filter).sort(doc! { "outbox.time": 1 }).limit(LOOK_OUT_PAGE);
    let job = |document: Unpublished| Job { collection, document_id: document.id, entries: document.outbox };
    found.projection(doc! { "outbox": 1 }).await?.map_ok(job).try_collect().await
}

/// Some of the documents, as `<collection>/<id>`, whose events have been waiting since before that time.
pub(super) async fn unpublished_since(
    bus: &Bus,
    time: crate::clock::Timestamp,
) -> Result<Vec<String>, mongodb::error::Error> {
    let mut waiting = Vec::new();
    for kind in bus.inner.registry.kinds() {
        let filter = doc! { "outbox": { "$exists": true }, "outbox.time": { "$lt": time } };
        let documents = bus.inner.database.collection::<Document>(kind.collection);
        let found = documents.find(filter).projection(doc! { "_id": 1 }).limit(MAX_WAITING).await?;
        let name = |document: Document| {
            format!("{}/{}", kind.collection, document.get_str("_id").unwrap_or_default())
        };
        waiting.extend(found.map_ok(name).try_collect::<Vec<_>>().await?);
    }
    Ok(waiting)
}

/// Removes acknowledged entries, many documents in one command. Not journaled: a removal that is lost
/// means a repetition, which is harmless.
async fn remove(database: Database, mut removed: mpsc::Receiver<(Key, Vec<String>)>) {
    let mut batch = Vec::new();
    while removed.recv_many(&mut batch, MAX_REMOVALS).await > 0 {
        failpoint::pass(Point::OutboxUnremoved);
        let mut collections: Vec<&'static str> =
            batch.iter().map(|((collection, _), _)| *collection).collect();
        collections.sort_unstable();
        collections.dedup();
        for collection in collections {
            let mut updates = RawArrayBuf::new();
            for ((_, id), entries) in batch.iter().filter(|((of, _), _)| *of == collection) {
                updates.push(removal(id, entries));
            }
            let command = rawdoc! {
                "update": collection,
                "updates": updates,
                "ordered": false,
                "writeConcern": { "w": 1 },
            };
            if let Err(error) = database.run_raw_command(command).await {
                tracing::warn!(
                    error = %chain(&error),
                    "published entries stay in the outboxes"
                );
            }
        }
        failpoint::pass(Point::OutboxRemoved);
        batch.clear();
    }
}

/// Takes entries out of the outbox, and the outbox out of the document when it is empty. The revision
/// stays: publishing changes nothing that a writer has to know.
fn removal(document_id: &str, entries: &[String]) -> bson::RawDocumentBuf {
    let ids: RawArrayBuf = entries.iter().map(String::as_str).collect();
    let rest = rawdoc! {
        "$filter": {
            "input": { "$ifNull": ["$outbox", []] },
            "cond": { "$not": [{ "$in": ["$$this.id", ids] }] },
        }
    };
    let or_nothing = rawdoc! { "$cond": [{ "$eq": ["$outbox", []] }, "$$REMOVE", "$outbox"] };
    rawdoc! {
        "q": { "_id": document_id, "outbox": { "$exists": true } },
        "u": [{ "$set": { "outbox": rest } }, { "$set": { "outbox": or_nothing } }],
    }
}

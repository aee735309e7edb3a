//! The event bus: how a service changes its own state and tells the others, without ever doing one and
//! not the other.
//!
//! **Writing.** An aggregate is one MongoDB document: its state, its revision, and an *outbox* of the
//! events that it has yet to publish. A route or listener loads, decides with a pure function, and
//! *records* its write and its events in a [`Tx`]. The commit turns them into one guarded write of one
//! document, so there is no moment at which the state is changed and the event lost, or the other way
//! round. Units of work that arrive together are committed together (group commit), which is what makes
//! journaled majority writes cheap. A lost race re-runs load and decide.
//!
//! **Publishing.** The relay sends what stands in outboxes to NATS JetStream, in order per aggregate, and
//! removes an entry when JetStream has acknowledged it. It is woken by commits, and looks for itself every
//! second, so a crash or a broker that is away delays events and never loses them.
//!
//! **Listening.** A [`Listener`] reacts to one event. Messages of one aggregate are handled one at a time
//! and in order, different aggregates in parallel; a message is acknowledged after its unit of work is
//! committed. Failures are retried with growing delay; what can never succeed becomes a dead letter.
//!
//! **Repair.** MongoDB is the truth and JetStream a cache of it. When a stream has lost messages, each
//! service notices and publishes the current state of all its aggregates again. Consumers decide from
//! state and version, so that is always safe.
//!
//! What the bus never does: decide anything, read another service's database, publish what is not
//! committed, or acknowledge what is not handled.

mod aggregate;
mod causality;
mod changes;
mod commit;
mod committer;
mod consumer;
mod dead_letters;
mod documents;
mod lanes;
mod listener;
mod meta;
mod outbox;
mod pace;
mod pages;
mod publisher;
mod relay;
mod repair;
mod replay;
mod republish;
mod runner;
mod streams;
mod tx;

pub use aggregate::{Aggregate, Index, Loaded, Repository, StoreError};
pub use changes::{Change, InvalidMark, Mark};
pub use commit::CommitError;
pub use dead_letters::{DeadLetter, DeadLetterStatus, DeadLetters};
pub use listener::{HandlerError, Listener, ListenerInfo, Listeners, Outcome};
pub use meta::Meta;
pub use outbox::Publication;
pub use streams::{DEAD_LETTERS, Namespace, OWNERS};
pub use tx::Tx;

pub(crate) use changes::{Changes, is_lost};
pub(crate) use consumer::Lag;
#[cfg(feature = "testing")]
pub(crate) use listener::react;
pub(crate) use pages::{Page, Place};

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::future::join_all;
use mongodb::Database;
use rand::Rng as _;
use tokio::sync::mpsc;

use crate::{
    clock::{Clock, Timestamp},
    shutdown::Tasks,
};
use causality::Causality;
use committer::Committer;
use publisher::Publisher;
use relay::Registry;

/// How often a unit of work that lost a race is run again before the caller is told. With the pauses in
/// between that is more than half a second, in which a healthy machine commits hundreds of groups.
const MAX_ATTEMPTS: u32 = 40;
/// How many committed documents may wait for the relay; beyond that its own look-out finds them.
const RELAY_QUEUE: usize = 8_192;

/// What a bus is made of and how patient it is.
#[derive(Debug, Clone)]
pub struct BusConfig {
    /// The service: owner of the streams that it publishes to.
    pub service: &'static str,
    /// Keeps tests apart; empty in production.
    pub namespace: Namespace,
    /// How often the relay looks for outbox entries that nobody handed to it.
    pub relay_poll: Duration,
    /// How often streams are checked for loss.
    pub repair_poll: Duration,
    /// After how long an aggregate that waits for another service is published again.
    pub republish_after: Duration,
    /// How units of work are committed together.
    pub grouping: Grouping,
}

/// How units of work are committed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grouping {
    /// How many units of work one group holds at most.
    pub max_units: usize,
    /// How many groups are being written at once; while all are, the next one grows.
    pub in_flight: usize,
}

impl Default for Grouping {
    /// At most 512 units, which keeps a command far below the 48 MB that MongoDB takes, and two groups in
    /// flight: while one is being journaled, the other is being written.
    fn default() -> Self {
        Self { max_units: 512, in_flight: 2 }
    }
}

impl BusConfig {
    /// The values for production.
    pub fn new(service: &'static str, namespace: Namespace) -> Self {
        Self {
            service,
            namespace,
            relay_poll: Duration::from_secs(1),
            repair_poll: Duration::from_secs(2),
            republish_after: Duration::from_mins(2),
            grouping: Grouping::default(),
        }
    }
}

/// One service's handle on its database and on the events of all services. Clones are the same bus.
#[derive(Clone)]
pub struct Bus {
    inner: Arc<Inner>,
}

struct Inner {
    config: BusConfig,
    database: Database,
    causality: Causality,
    clock: Clock,
    committer: Committer,
    publisher: Publisher,
    registry: Registry,
    listening: Mutex<Vec<ListenerInfo>>,
}

impl Bus {
    /// Makes the streams, and starts the committer and the relay as `tasks`. They serve the routes and listeners, so
    /// these tasks must be stopped after everything that commits.
    pub async fn start(
        config: BusConfig,
        database: Database,
        client: async_nats::Client,
        clock: Clock,
        tasks: &Tasks,
    ) -> Result<Self, BusError> {
        let publisher = Publisher::new(client, config.namespace.clone(), config.service);
        publisher.ensure_streams().await.map_err(BusError::Streams)?;
        documents::prepare(&database).await.map_err(BusError::Indexes)?;
        let (to_relay, from_commits) = mpsc::channel(RELAY_QUEUE);
        let registry = Registry::default();
        let causality = Causality::default();
        let committer =
            Committer::start(database.clone(), causality.clone(), to_relay, config.grouping, tasks);
        let listening = Mutex::default();
        let inner = Inner { config, database, causality, clock, committer, publisher, registry, listening };
        let bus = Self { inner: Arc::new(inner) };
        tasks.spawn("relay", relay::run(bus.clone(), from_commits, tasks.stopping()));
        Ok(bus)
    }

    /// Starts the repair as one of `tasks`: what the stream has lost is published again. Not before every aggregate is
    /// registered: a repair that does not know one would come to its end without it.
    pub fn look_after_stream(&self, tasks: &Tasks) {
        tasks.spawn("repair", repair::run(self.clone(), tasks.stopping()));
    }

    /// Makes the indexes of an aggregate and lets the relay and the repair look after its documents.
    pub async fn register<A: Aggregate>(&self) -> Result<(), BusError> {
        documents::create_collection::<A>(&self.inner.database).await.map_err(BusError::Indexes)?;
        self.inner.registry.add::<A>();
        Ok(())
    }

    /// Reads aggregates of one kind.
    pub fn repository<A: Aggregate>(&self) -> Repository<A> {
        Repository::new(&self.inner.database, self.inner.causality.clone())
    }

    /// The dead letters of this service.
    pub fn dead_letters(&self) -> DeadLetters {
        DeadLetters::new(&self.inner.database)
    }

    /// The clock that everything in this service goes by.
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// The database, for tests that look at it from outside.
    #[cfg(feature = "testing")]
    pub fn database(&self) -> &Database {
        &self.inner.database
    }

    /// Starts all listeners of a table; each becomes a durable consumer, which exists when this returns,
    /// and a task.
    pub async fn listen<C: Clone + Send + Sync + 'static>(
        &self,
        table: Listeners<C>,
        context: C,
        tasks: &Tasks,
    ) -> Result<(), BusError> {
        for entry in table.into_entries() {
            let name = entry.info().durable.clone();
            self.listening().push(entry.info().clone());
            consumer::create_consumer(self, entry.info()).await.map_err(BusError::Consumer)?;
            tasks.spawn(name, runner::run(self.clone(), entry, context.clone(), tasks.stopping()));
        }
        Ok(())
    }

    /// Some of the documents whose events have been waiting since before that time.
    pub(crate) async fn unpublished_since(&self, time: Timestamp) -> Result<Vec<String>, StoreError> {
        Ok(relay::unpublished_since(self, time).await?)
    }

    /// How far the listeners of this service are; without those that JetStream does not tell of for now.
    pub(crate) async fn lags(&self) -> Vec<Lag> {
        let listening = self.listening().clone();
        let lags = listening.iter().map(|info| consumer::lag(self, info));
        join_all(lags).await.into_iter().flatten().collect()
    }

    fn listening(&self) -> MutexGuard<'_, Vec<ListenerInfo>> {
        self.inner.listening.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a unit of work: load, decide, save, publish. It is committed when the closure returns `Ok`;
    /// when another writer was faster it is run again from the start, a bounded number of times.
    ///
    /// In a task that is spawned, give the closure what it needs by value (`async move |tx|` over clones):
    /// the compiler cannot prove `Send` for an async closure that borrows from its surroundings.
    pub async fn transact<T, E>(&self, work: impl AsyncFn(&mut Tx) -> Result<T, E>) -> Result<T, E>
    where
        E: From<CommitError>,
    {
        let mut attempt = 0;
        loop {
            let mut tx = Tx::begin(self.inner.clock.now());
            let answer = work(&mut tx).await?;
            match self.commit(tx).await {
                Ok(()) => return Ok(answer),
                Err(CommitError::Conflict) if attempt < MAX_ATTEMPTS => {
                    attempt += 1;
                    pause_after_conflict(attempt).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Commits what a unit of work recorded; nothing recorded is nothing to do.
    pub(crate) async fn commit(&self, tx: Tx) -> Result<(), CommitError> {
        let writes = tx.into_writes()?;
        if writes.is_empty() { Ok(()) } else { self.inner.committer.commit(writes).await }
    }
}

/// Losers of a race step aside for a random while, so that they do not all meet again.
async fn pause_after_conflict(attempt: u32) {
    let bound_micros = 500_u64 << attempt.min(6);
    let micros = rand::rng().random_range(0..bound_micros);
    tokio::time::sleep(Duration::from_micros(micros)).await;
}

/// The bus cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// JetStream did not make the streams.
    #[error("prepare the JetStream streams (is JetStream enabled on the server?)")]
    Streams(#[source] streams::StreamsError),
    /// JetStream did not make a consumer.
    #[error("create a consumer: {0}")]
    Consumer(String),
    /// MongoDB did not make an index.
    #[error("create the indexes")]
    Indexes(#[source] mongodb::error::Error),
}

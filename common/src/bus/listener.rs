//! Reactions to events, and the tables that a service lists them in.

use std::{error::Error, fmt, future::Future, sync::Arc};

use futures::future::BoxFuture;

use super::{Bus, CommitError, Meta, StoreError, Tx};
use crate::{clock::Timestamp, events::Event};

/// A reaction to one event: load, decide, save, publish.
///
/// A listener may be called several times with the same event, with events in any order, and without some
/// that were lost on the way; the state and version that each event carries are what it decides from. What
/// it records in the [`Tx`] is committed when it returns `Ok`, and only then the message is acknowledged.
pub trait Listener: Send + Sync + 'static {
    /// The name of the durable consumer, the span, the metrics and the dead-letter subject, for example
    /// `orders-expire-on-expiration-completed`.
    const NAME: &'static str;
    /// What it listens to: one fact, or `…Changed` for all facts about an aggregate.
    type Event: Event;
    /// What it works with: the service's repositories, clock and configuration.
    type Context: Clone + Send + Sync + 'static;

    /// Reacts to the event.
    fn handle(
        event: &Self::Event,
        meta: &Meta,
        tx: &mut Tx,
        context: &Self::Context,
    ) -> impl Future<Output = Result<Outcome, HandlerError>> + Send;
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was acted upon.
    Done,
    /// There was nothing to do, and why: `stale`, `duplicate`, …; counted, never silent.
    Skipped(&'static str),
}

/// Why an event was not handled, and what is to be done with it.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// Something that the listener needs is away: try again until it is back.
    #[error("handle event: a dependency is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// It failed: try again, and give up after eight times.
    #[error("handle event")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
    /// It is too early: try again at that time.
    #[error("handle event: not before {0}")]
    NotBefore(Timestamp),
    /// It can never be handled.
    #[error("handle event: {0}")]
    DeadLetter(String),
}

impl HandlerError {
    /// Something that the listener needs is away: try again until it is back; never gives up.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(source.into())
    }

    /// It failed in a way that may pass: try again, and give up after eight times.
    pub fn failed(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Failed(source.into())
    }

    /// Too early: try again at that time. Does not count as a failure.
    pub fn not_before(time: Timestamp) -> Self {
        Self::NotBefore(time)
    }

    /// Give up at once; the event is kept with this reason.
    pub fn dead_letter(reason: impl fmt::Display) -> Self {
        Self::DeadLetter(reason.to_string())
    }
}

impl From<StoreError> for HandlerError {
    fn from(error: StoreError) -> Self {
        match error {
            // Not for ever: the event may be of something that never was.
            StoreError::Unseen { .. } => Self::failed(error),
            StoreError::Unavailable(_) | StoreError::Late => Self::unavailable(error),
        }
    }
}

impl From<CommitError> for HandlerError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Unavailable(_) => Self::unavailable(error),
            CommitError::Conflict | CommitError::Duplicate { .. } | CommitError::Rejected(_) => {
                Self::failed(error)
            }
        }
    }
}

/// A listener as the catalogue shows it.
#[derive(Debug, Clone)]
pub struct ListenerInfo {
    /// The durable consumer.
    pub durable: String,
    /// The type of the event, for example `OrderCreated`.
    pub event: &'static str,
    /// `<owner>.<aggregate>.<fact or *>.v<major>`.
    pub ce_type: String,
    /// Whose stream it listens to.
    pub owner: &'static str,
}

type Handle<C> =
    Arc<dyn Fn(Bus, C, Meta, Vec<u8>) -> BoxFuture<'static, Result<Outcome, HandlerError>> + Send + Sync>;

/// The listeners of a service: its policy list.
pub struct Listeners<C> {
    entries: Vec<Entry<C>>,
}

/// One line of the table.
pub(super) struct Entry<C> {
    info: ListenerInfo,
    handle: Handle<C>,
}

impl<C> Default for Listeners<C> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<C: Clone + Send + Sync + 'static> Listeners<C> {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a listener under its own name.
    #[must_use]
    pub fn with<L: Listener<Context = C>>(self) -> Self {
        self.named::<L>(L::NAME.to_owned())
    }

    /// Adds a listener that several services share, under a name of this service.
    #[must_use]
    pub fn named<L: Listener<Context = C>>(mut self, durable: String) -> Self {
        let info = ListenerInfo {
            durable,
            event: L::Event::NAME,
            ce_type: L::Event::ce_type(),
            owner: <<L::Event as Event>::Snapshot as crate::events::Snapshot>::OWNER,
        };
        let handle: Handle<C> = Arc::new(|bus, context, meta, body| {
            Box::pin(async move {
                let event = serde_json::from_slice::<L::Event>(&body)
                    .map_err(|error| HandlerError::dead_letter(format!("undecodable body: {error}")))?;
                react::<L>(&bus, &event, &meta, &context).await
            })
        });
        self.entries.push(Entry { info, handle });
        self
    }

    /// What the table holds, for the catalogue.
    pub fn infos(&self) -> Vec<ListenerInfo> {
        self.entries.iter().map(|entry| entry.info.clone()).collect()
    }

    pub(super) fn into_entries(self) -> Vec<Entry<C>> {
        self.entries
    }
}

impl<C> Clone for Entry<C> {
    fn clone(&self) -> Self {
        Self { info: self.info.clone(), handle: self.handle.clone() }
    }
}

impl<C> Entry<C> {
    pub fn info(&self) -> &ListenerInfo {
        &self.info
    }

    pub fn handle(
        &self,
        bus: Bus,
        context: C,
        meta: Meta,
        body: Vec<u8>,
    ) -> BoxFuture<'static, Result<Outcome, HandlerError>> {
        (self.handle)(bus, context, meta, body)
    }
}

/// Runs a listener and commits what it recorded; after a lost race, again from the start.
pub(crate) async fn react<L: Listener>(
    bus: &Bus,
    event: &L::Event,
    meta: &Meta,
    context: &L::Context,
) -> Result<Outcome, HandlerError> {
    let mut attempt = 0;
    loop {
        let mut tx = Tx::begin(bus.clock().now());
        let outcome = L::handle(event, meta, &mut tx, context).await?;
        match bus.commit(tx).await {
            Ok(()) => return Ok(outcome),
            // A duplicate is a lost race as well: another replica inserted the same document first.
            Err(CommitError::Conflict | CommitError::Duplicate { .. }) if attempt < super::MAX_ATTEMPTS => {
                attempt += 1;
                super::pause_after_conflict(attempt).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

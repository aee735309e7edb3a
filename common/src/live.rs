//! Changes as they happen, for people who look: event streams (server-sent events) of what MongoDB has stored.
//!
//! A service says what can be followed ([`Live`]): which collections, whom a change concerns, and how things
//! look. One [`Feed`] per process reads the change stream of its database and shares it among all who follow, so
//! it does not matter which replica has written something. While nobody follows, nothing is read.
//!
//! **What a stream says.** `reset` (forget what you know; all that there is follows), then one event for each
//! thing, then `ready`; from then on one event for each change, with the whole new state, so that to hear
//! something twice is harmless. The events after `reset` are the same: an end that was missed is not needed, as
//! everything is told again. Comments every few seconds keep the connection open.
//!
//! **Coming again.** Each change has a mark, the place of the change in the order of MongoDB's own log, and it is
//! the same on every replica. Whoever comes again with `Last-Event-ID` is told what has changed since, if this
//! process still remembers, and otherwise everything again. Nothing before `ready` has a mark, so that whoever
//! loses the connection in the middle of the beginning gets the beginning again.
//!
//! **One answer to all trouble**: the stream ends, and the client comes again. So it is for who reads too
//! slowly, when the service stops, when a token expires or a session ends, and when MongoDB does not know any
//! more what happened in between.
//!
//! What is shown here decides nothing and acknowledges nothing. It may be late; it is never the only way to know.

mod feed;
mod frames;
mod memory;
mod stream;

use std::{future::Future, hash::Hash};

use serde::Serialize;

pub use self::feed::Feed;
use crate::bus::{Change, StoreError};

/// What can be followed.
pub trait Live: Clone + Send + Sync + 'static {
    /// What people follow: a show, their own orders.
    type Topic: Clone + Eq + Hash + Send + Sync;
    /// What changes: a listing, an order.
    type Subject: Clone + Eq + Send + Sync;
    /// How it is shown.
    type View: Serialize + Send;

    /// The name of its events.
    const EVENT: &'static str;
    /// The collections whose changes matter.
    const COLLECTIONS: &'static [&'static str];

    /// Whom a change concerns, and what about.
    fn concerns(change: &Change) -> Option<(Self::Topic, Self::Subject)>;

    /// How these look now; at most 1,000 at a time.
    fn look(
        &self,
        subjects: &[Self::Subject],
    ) -> impl Future<Output = Result<Looks<Self>, StoreError>> + Send;

    /// All that there is of a topic, within a bound.
    fn all(&self, topic: &Self::Topic) -> impl Future<Output = Result<All<Self::View>, StoreError>> + Send;
}

/// How things look, each with what it is.
pub type Looks<L> = Vec<(<L as Live>::Subject, <L as Live>::View)>;

/// All that there is of a topic.
#[derive(Debug)]
pub struct All<V> {
    /// How it looks.
    pub views: Vec<V>,
    /// False if there is more than is told at once.
    pub complete: bool,
}

//! The audit: what must always be true is looked at for as long as a service runs.
//!
//! Invariants have ids (`S1`, `L4`, …) and are pure predicates in the domains of the services, shared by the
//! models, the tests and this audit. A service lists in a table which kinds of aggregates it audits
//! ([`Audited`]) and what would be overdue ([`Audits::overdue`]); one task then looks every few seconds: at
//! what has changed since, at the next few of all the others, so that everything is seen again within the
//! hour, and at what is late. What every service has, outboxes, dead letters and consumers, is looked at
//! for all of them (L7).
//!
//! A violation is told once: an error with the ids of what it concerns, and the counter
//! `invariant_violations_total{id}`, which is there from the start, at 0. It is told only if it is found
//! twice, a moment apart, since what is read from two documents is not read at once.
//!
//! It only reads, a bounded number of documents at a look, one after the other. It never decides, writes or
//! mends anything, and if it cannot look, nothing else suffers.

mod auditor;
mod kind;
mod machinery;
mod memory;

use std::{fmt, future::Future, sync::Arc, time::Duration};

use futures::future::BoxFuture;

use crate::{
    bus::{Aggregate, StoreError},
    clock::Timestamp,
};
use kind::{Kind, Look};

pub use auditor::Auditor;

/// How long something may take that other services have a part in, before it is overdue: they have a minute,
/// and whoever sweeps after them as long again.
pub const OVERDUE: Duration = Duration::from_mins(2);

/// An invariant that does not hold, and where.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{invariant}: {detail}")]
pub struct Violation {
    /// Its id in the design, for example `S1`.
    pub invariant: &'static str,
    /// What is wrong, with the ids of what it is wrong with. The same words as long as it is the same.
    pub detail: String,
}

impl Violation {
    /// This invariant does not hold.
    pub fn of(invariant: &'static str, detail: impl Into<String>) -> Self {
        Self { invariant, detail: detail.into() }
    }
}

/// S9 between two looks: no version goes back.
pub fn never_back(what: &str, id: impl fmt::Display, before: u64, now: u64) -> Vec<Violation> {
    if now >= before {
        return Vec::new();
    }
    vec![Violation::of("S9", format!("{what} {id} went back from version {before} to {now}"))]
}

/// What an audit found.
pub type Found = Result<Vec<Violation>, StoreError>;

/// A kind of aggregate that is audited.
pub trait Audited: Aggregate {
    /// What is needed to look at related things.
    type Context: Clone + Send + Sync + 'static;
    /// What is remembered of one from look to look; small, as thousands are.
    type Trace: Clone + Send + Sync + 'static;

    /// The ids of the invariants that are looked at.
    const INVARIANTS: &'static [&'static str];

    /// What is wrong with some of them as they are now, and with what they are related to.
    fn look(page: &[Self], context: &Self::Context) -> impl Future<Output = Found> + Send;

    /// What is to be remembered.
    fn trace(&self) -> Self::Trace;

    /// What is wrong with how it changed since.
    fn compare(&self, before: &Self::Trace) -> Vec<Violation>;
}

type Overdue<C> = Arc<dyn Fn(Timestamp, C) -> BoxFuture<'static, Found> + Send + Sync>;

/// What a service audits.
pub struct Audits<C> {
    kinds: Vec<Box<dyn Look<C>>>,
    overdue: Vec<Overdue<C>>,
    invariants: Vec<&'static str>,
}

impl<C: Clone + Send + Sync + 'static> Default for Audits<C> {
    fn default() -> Self {
        Self { kinds: Vec::new(), overdue: Vec::new(), invariants: machinery::INVARIANTS.to_vec() }
    }
}

impl<C: Clone + Send + Sync + 'static> Audits<C> {
    /// Only what every service has.
    pub fn new() -> Self {
        Self::default()
    }

    /// And all aggregates of this kind.
    #[must_use]
    pub fn of<A: Audited<Context = C>>(mut self) -> Self {
        self.kinds.push(Box::new(Kind::<A>::new()));
        self.invariants.extend(A::INVARIANTS);
        self
    }

    /// And what is overdue at a time; `look` finds it by an index, and only some of it if it is much.
    #[must_use]
    pub fn overdue<F: Future<Output = Found> + Send + 'static>(
        mut self,
        invariants: &[&'static str],
        look: impl Fn(Timestamp, C) -> F + Send + Sync + 'static,
    ) -> Self {
        self.overdue.push(Arc::new(move |now, context| Box::pin(look(now, context))));
        self.invariants.extend(invariants);
        self
    }
}

//! The verdict: after everything is healed and the crowd has gone home, what must be true.
//!
//! First it waits, within bounds, until nothing is under way any more (`rest`: L1 to L8) but what a lost stream makes
//! necessary to publish again, and then until that has been published and heard. Then it loads all books and holds
//! them to the invariants (`books`: S1 to S7, S12, S13), to what was seen on the streams (S8, S9, S11), to what
//! the clients were told (`promises`: S10, D1), and to silence about secrets (S15). A fresh purchase has to be
//! done in time (L9).

mod books;
mod promises;
mod rest;

use std::time::{Duration, Instant};

use common::{clock::Timestamp, events::order::OrderStatus};

use self::books::Everything;
use super::{Options, fleet::Fleet, history::History, observer::Observer, workload::canary::Canary};
use crate::market::{Books, secrets};

/// How long it may take to publish everything again that there is: a thousand events in a second, at best.
const REPAIR_BOUND: Duration = Duration::from_mins(15);

/// What was found.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// After how long nothing was under way any more.
    pub at_rest_after: Option<Duration>,
    /// After how long all states had been published again that a lost stream made necessary.
    pub repaired_after: Duration,
    /// How long a fresh purchase took at the end.
    pub fresh: Option<Duration>,
    /// Every promise that was not kept.
    pub violations: Vec<String>,
    /// How many of what was looked at.
    pub extent: Vec<(&'static str, usize)>,
    /// By how many milliseconds each hold ended late, with its deadline.
    lateness: Vec<(Timestamp, u64)>,
}

impl Verdict {
    /// Whether every promise was kept.
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }

    /// By how many milliseconds holds that were over in this time ended late, in ascending order.
    pub fn lateness_between(&self, from: Timestamp, until: Timestamp) -> Vec<u64> {
        let within = self.lateness.iter().filter(|(deadline, _)| (from..until).contains(deadline));
        let mut millis: Vec<u64> = within.map(|(_, late)| *late).collect();
        millis.sort_unstable();
        millis
    }
}

/// Judges.
pub async fn judge(
    fleet: &Fleet,
    history: &History,
    observer: &Observer,
    canary: &Canary,
    options: &Options,
) -> Verdict {
    let books = Books::open(&fleet.links.mongodb_uri(), fleet.site.clone()).await;
    let mut violations = Vec::new();
    let started = Instant::now();
    let at_rest_after = match rest::wait(fleet, &books, options.rest).await {
        Ok(()) => Some(started.elapsed()),
        Err(restless) => {
            violations.extend(restless);
            None
        }
    };
    let fresh = canary.buy_once().await;
    if fresh.is_none_or(|took| took > options.fresh) {
        violations.push(format!("L9: a fresh purchase took {fresh:?}"));
    }
    if let Err(unfinished) = rest::wait_for_repairs(&books, REPAIR_BOUND).await {
        violations.extend(unfinished);
    }
    let repaired_after = started.elapsed();
    // What was published again has to be heard, and the canary's own purchase has to come to rest as well.
    if let Err(restless) = rest::wait(fleet, &books, options.rest).await {
        violations.extend(restless);
    }
    let everything = Everything::load(&books).await;
    violations.extend(everything.violations());
    let promises = history.promises();
    violations.extend(promises::broken(&everything, &promises));
    violations.extend(promises::granted_after_all(&everything, &history.refusals()));
    violations.extend(observer.violations());
    violations.extend(fleet.gauges().violations());
    violations.extend(rest::strange_dead_letters(&books).await);
    let leaks = secrets::leaks(&books, &fleet.dirs()).await;
    violations.extend(leaks.iter().map(|leak| format!("S15: {:?} in {}", leak.kind, leak.place)));
    violations.sort();
    violations.dedup();
    let lateness = everything.orders.values().filter(|order| order.status == OrderStatus::Expired);
    let late = |millis: i64| u64::try_from(millis).unwrap_or_default();
    let lateness = lateness
        .map(|order| (order.expires_at, late(order.changed_at.millis() - order.expires_at.millis())))
        .collect();
    let (messages, observed) = observer.extent();
    let mut extent = everything.extent();
    extent.extend([
        ("promises to clients", promises.len()),
        ("order events observed", usize::try_from(messages).unwrap_or(usize::MAX)),
        ("orders observed", observed),
    ]);
    Verdict { at_rest_after, repaired_after, fresh, violations, extent, lateness }
}

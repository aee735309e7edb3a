//! The task that looks.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::{Audits, Found, Violation, machinery::Machinery, memory::Memory};
use crate::{bus::Bus, telemetry::chain};

/// How long one look may take; it is broken off then, and the next one goes on.
const LOOK_TIMEOUT: Duration = Duration::from_secs(30);
/// How many violations are remembered, so that each is told once.
const REMEMBERED: usize = 10_000;

/// Looks at everything that a table lists.
pub struct Auditor<C> {
    bus: Bus,
    audits: Audits<C>,
    context: C,
    machinery: Machinery,
    told: Memory<Violation, ()>,
}

impl<C: Clone + Send + Sync + 'static> Auditor<C> {
    /// Has looked at nothing yet, and says so in its metrics.
    pub fn new(bus: Bus, audits: Audits<C>, context: C) -> Self {
        for kind in &audits.kinds {
            kind.begin();
        }
        for id in &audits.invariants {
            metrics::counter!("invariant_violations_total", "id" => *id).increment(0);
        }
        metrics::counter!("audit_failures_total").increment(0);
        let (machinery, told) = (Machinery::default(), Memory::new(REMEMBERED));
        Self { bus, audits, context, machinery, told }
    }

    /// Looks every so often, until told to stop.
    pub async fn run(mut self, every: Duration, stopping: CancellationToken) {
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                _ = ticks.tick() => {}
            }
            tokio::select! {
                () = stopping.cancelled() => return,
                () = self.look_within_bounds() => {}
            }
        }
    }

    async fn look_within_bounds(&mut self) {
        let began = tokio::time::Instant::now();
        let failure = match timeout(LOOK_TIMEOUT, self.look()).await {
            Ok(Ok(_)) => None,
            Ok(Err(error)) => Some(chain(&error)),
            Err(_) => Some("it takes too long".to_owned()),
        };
        metrics::histogram!("audit_look_seconds").record(began.elapsed());
        if let Some(failure) = failure {
            metrics::counter!("audit_failures_total").increment(1);
            tracing::debug!(failure, "a look of the audit was broken off");
        }
    }

    /// Looks once; tells what is new, and gives all that it found.
    pub async fn look(&mut self) -> Found {
        let mut all = Vec::new();
        for kind in &mut self.audits.kinds {
            let found = kind.look(&self.bus, &self.context).await?;
            tell(&mut self.told, &found);
            all.extend(found);
        }
        all.extend(self.look_at_what_is_late().await?);
        Ok(all)
    }

    /// The same, at every document that there is, for tests.
    #[cfg(feature = "testing")]
    pub async fn look_at_all(&mut self) -> Found {
        let mut all = Vec::new();
        for kind in &mut self.audits.kinds {
            let found = kind.look_at_all(&self.bus, &self.context).await?;
            tell(&mut self.told, &found);
            all.extend(found);
        }
        all.extend(self.look_at_what_is_late().await?);
        Ok(all)
    }

    async fn look_at_what_is_late(&mut self) -> Found {
        let mut all = self.machinery.look(&self.bus).await?;
        for overdue in &self.audits.overdue {
            all.extend(overdue(self.bus.clock().now(), self.context.clone()).await?);
        }
        tell(&mut self.told, &all);
        Ok(all)
    }
}

/// Tells each violation once, however often it is found; gives how many it told.
fn tell(told: &mut Memory<Violation, ()>, found: &[Violation]) -> usize {
    let mut new = 0;
    for violation in found {
        if !told.knows(violation) {
            new += 1;
            told.replace(violation.clone(), ());
            metrics::counter!("invariant_violations_total", "id" => violation.invariant).increment(1);
            tracing::error!(invariant = violation.invariant, detail = %violation.detail, "an invariant is violated");
        }
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_violation_is_told_once_however_often_it_is_found() {
        let mut told = Memory::new(10);
        let found = [Violation::of("S1", "seat 1 of a"), Violation::of("S1", "seat 1 of b")];
        assert_eq!(tell(&mut told, &found), 2);
        assert_eq!(tell(&mut told, &found), 0);
        assert_eq!(tell(&mut told, &[Violation::of("S2", "seat 1 of a")]), 1);
    }
}

//! What is always true of timers, as the predicate that tests and the running auditor share.

use common::audit::Violation;

use super::Timer;

/// S11: no timer fires before its deadline.
pub fn s11(timers: &[Timer]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for timer in timers {
        if let Some(told) = timer.told.as_ref().filter(|told| told.fired_at < told.expires_at) {
            let (at, deadline) = (told.fired_at, told.expires_at);
            let detail = format!("the timer of order {} fired at {at}, due {deadline}", timer.id);
            violations.push(Violation::of("S11", detail));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use common::{clock::Timestamp, events::timer::TimerSnapshot, ids::OrderId};

    use super::*;
    use crate::domain::TimerStatus;

    #[test]
    fn a_timer_that_fired_too_early_is_found() {
        let due: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
        let fired = |fired_at| {
            let id = OrderId::generate();
            let told = Some(TimerSnapshot { id, version: 1, expires_at: due, fired_at });
            Timer { id, status: TimerStatus::Fired, order_version: 1, expires_at: due, told }
        };
        let silent = Timer { told: None, ..fired(due) };
        assert_eq!(s11(&[fired(due), silent]), []);
        assert_eq!(s11(&[fired(due.minus(Duration::from_millis(1)))]).len(), 1);
    }
}

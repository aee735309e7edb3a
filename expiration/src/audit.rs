//! What expiration audits while it runs: that its timers fire, and not too early.

use common::{
    audit::{Audited, Audits, Found, OVERDUE, Violation, never_back},
    clock::Timestamp,
};

use crate::{
    domain::{Timer, s11},
    store::Timers,
};

/// How many timers that are late one look tells of.
const OVERDUE_AT_A_LOOK: usize = 100;

/// The table.
pub fn table() -> Audits<Timers> {
    Audits::new().of::<Timer>().overdue(&["L1"], overdue)
}

impl Audited for Timer {
    type Context = Timers;
    type Trace = u64;

    const INVARIANTS: &'static [&'static str] = &["S9", "S11"];

    async fn look(page: &[Self], _: &Timers) -> Found {
        Ok(s11(page))
    }

    fn trace(&self) -> u64 {
        self.order_version
    }

    fn compare(&self, before: &u64) -> Vec<Violation> {
        never_back("the timer of order", self.id, *before, self.order_version)
    }
}

/// L1: a timer that is due fires, and an order whose timer has fired ends.
async fn overdue(now: Timestamp, timers: Timers) -> Found {
    let by = now.minus(OVERDUE);
    let (due, fired) = (timers.due_at(by).await?, timers.fired_before(by).await?);
    let due = due.into_iter().map(|timer| format!("the timer of order {} does not fire", timer.id));
    let fired = fired.into_iter().map(|timer| format!("order {} goes on though its time is over", timer.id));
    Ok(due.chain(fired).take(OVERDUE_AT_A_LOOK).map(|detail| Violation::of("L1", detail)).collect())
}

//! What expiration and tickets do: they follow orders, over their own decisions.

use common::events::order::OrderSnapshot;
use expiration::domain::{Followed, News, Ticked, Timer, TimerStatus};
use tickets::domain::admission::{Admission, Reaction};

use super::{Marketplace, cast::Moment, state::State};

/// The version of its order that a settled timer is said to know: whatever it is, nothing moves it again.
const SETTLED_VERSION: u64 = 2;

impl Marketplace {
    /// As `expiration-follow-order-on-order-changed` does.
    pub(super) fn tell_timer(&self, state: &mut State, n: usize, version: u8) -> Option<()> {
        let docs = state.orders[n].as_mut()?;
        let next = self.memos.timer.recall((docs.timer, docs.history, version), || {
            let known = docs.timer.map(|timer| self.timers.get(timer));
            let order = self.snapshot(docs.history, version)?;
            follow(known.as_deref(), &order).map(|next| self.timers.key(next))
        })?;
        let known = docs.timer.map(|timer| self.timers.get(timer));
        let before = known.filter(|timer| timer.status != TimerStatus::Cleared);
        state.went_back |= before.is_some_and(|before| u64::from(version) < before.order_version);
        docs.timer = Some(next);
        Some(())
    }

    /// As expiration's worker does, with its clock at the deadline.
    pub(super) fn fire(&self, state: &mut State, n: usize) -> Option<()> {
        let docs = state.orders[n].as_mut()?;
        match self.timers.get(docs.timer?).tick(Moment::Due.time()) {
            Ticked::Fire(fired, _) => docs.timer = Some(self.timers.key(fired)),
            Ticked::Early(_) | Ticked::Skip(_) => return None,
        }
        Some(())
    }

    /// As `tickets-keep-admission-on-order-changed` does.
    pub(super) fn tell_tickets(&self, state: &mut State, n: usize, version: u8) -> Option<()> {
        let docs = state.orders[n]?;
        let next = self.memos.admission.recall((docs.admission, docs.history, version), || {
            let known = docs.admission.map(|admission| self.admissions.get(admission));
            let order = self.snapshot(docs.history, version)?;
            keep(known.as_deref(), order).map(|next| self.admissions.key(next))
        })?;
        let after = self.admissions.get(next);
        if after.admits && self.has_passes_of_others(state, n, &after) {
            return None;
        }
        let before = docs.admission.map(|admission| self.admissions.get(admission));
        state.went_back |= before.is_some_and(|before| after.order.version < before.order.version);
        state.orders[n].as_mut()?.admission = Some(next);
        Some(())
    }

    /// What `valid_passes` says.
    fn has_passes_of_others(&self, state: &State, n: usize, new: &Admission) -> bool {
        let others = state.orders.iter().enumerate().filter(|(other, _)| *other != n);
        let mut others = others.filter_map(|(_, docs)| docs.as_ref()?.admission);
        others.any(|other| {
            let other = self.admissions.get(other);
            other.admits && other.order.seats.iter().any(|seat| new.order.seats.contains(seat))
        })
    }
}

fn follow(known: Option<&Timer>, order: &OrderSnapshot) -> Option<Timer> {
    match Timer::follow(known, News::from(order)) {
        Followed::Set(next) => Some(next),
        Followed::Clear(next) => Some(Timer { order_version: SETTLED_VERSION, ..next }),
        Followed::Skip(_) => None,
    }
}

fn keep(known: Option<&Admission>, order: OrderSnapshot) -> Option<Admission> {
    let now = Moment::Before.time();
    let reaction = match known {
        Some(known) => known.follow(order, now),
        None => Admission::begin(order, now),
    };
    match reaction {
        Reaction::Stale | Reaction::Duplicate => None,
        Reaction::Noted(next) | Reaction::Issued(next, _) | Reaction::Voided(next, _) => Some(next),
    }
}

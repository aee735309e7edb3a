//! Admissions: what tickets knows of an order, and the passes that it issued for it.
//!
//! An order gets one pass per seat when it is completed. The passes are void **as soon as a refund is
//! asked for**, not only when the money has arrived: otherwise a buyer could be in the house while the
//! money is on its way back. An order whose end is heard of before its completion never gets passes; the
//! admission without passes is the tombstone that says so.

use common::{
    clock::Timestamp,
    control::{Control, is_broken},
    events::{
        listing::Seat,
        order::{OrderSnapshot, OrderStatus},
        pass::{PassIssued, PassSnapshot, PassStatus, PassVoided},
    },
    ids::{OrderId, PassId},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::check_in::CheckIn;

/// The newest state of an order that tickets has heard of, and the order's passes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Admission {
    /// The newest snapshot.
    pub order: OrderSnapshot,
    /// Whether the order has its seats.
    pub live: bool,
    /// One pass per seat of an order that was completed.
    pub passes: Vec<PassSnapshot>,
    /// Whether the passes are valid. All or none are.
    pub admits: bool,
    /// What `live` was when its seats were last counted, with the listing and with the show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<bool>,
    /// By which scan each pass was checked in that was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub check_ins: Vec<CheckIn>,
}

/// What the news of an order leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reaction {
    /// Something newer is known.
    Stale,
    /// It is known.
    Duplicate,
    /// The state is kept; no pass changes.
    Noted(Admission),
    /// The order was completed: each seat gets its pass.
    Issued(Admission, Vec<PassIssued>),
    /// The order is completed no more: no pass of it admits any longer.
    Voided(Admission, Vec<PassVoided>),
}

impl Admission {
    /// What the first news of an order leads to; `now` is when its passes are issued.
    pub fn begin(order: OrderSnapshot, now: Timestamp) -> Reaction {
        let live = order.status.is_live();
        Self { live, order, passes: Vec::new(), admits: false, counted: None, check_ins: Vec::new() }
            .settle(now)
    }

    /// What further news of the order leads to.
    pub fn follow(&self, order: OrderSnapshot, now: Timestamp) -> Reaction {
        if order.version < self.order.version && !is_broken(Control::NoVersionGuard) {
            return Reaction::Stale;
        }
        if order.version == self.order.version {
            return Reaction::Duplicate;
        }
        Self { live: order.status.is_live(), order, ..self.clone() }.settle(now)
    }

    /// Whether its seats are counted as they are: an order takes them once and frees them once, and of most of its
    /// changes does neither.
    pub fn is_counted(&self) -> bool {
        self.counted == Some(self.live)
    }

    /// This admission when its seats have been counted.
    #[must_use]
    pub fn when_counted(&self) -> Self {
        Self { counted: Some(self.live), ..self.clone() }
    }

    /// Brings the passes in line with the order.
    fn settle(self, now: Timestamp) -> Reaction {
        match self.order.status {
            OrderStatus::Completed if self.passes.is_empty() => self.issue(now),
            OrderStatus::Refunding | OrderStatus::Refunded if is_broken(Control::KeepPasses) => {
                Reaction::Noted(self)
            }
            OrderStatus::AwaitingPayment
            | OrderStatus::Confirmed
            | OrderStatus::Refunding
            | OrderStatus::Refunded
            | OrderStatus::Cancelled
            | OrderStatus::Expired
                if self.admits =>
            {
                self.void()
            }
            OrderStatus::AwaitingPayment
            | OrderStatus::Confirmed
            | OrderStatus::Completed
            | OrderStatus::Refunding
            | OrderStatus::Refunded
            | OrderStatus::Cancelled
            | OrderStatus::Expired => Reaction::Noted(self),
        }
    }

    fn issue(self, now: Timestamp) -> Reaction {
        let order = &self.order;
        let passes: Vec<_> = order.seats.iter().map(|seat| valid_pass(order, seat, now)).collect();
        let facts = passes.iter().cloned().map(PassIssued).collect();
        Reaction::Issued(Self { passes, admits: true, ..self }, facts)
    }

    fn void(self) -> Reaction {
        let void = |pass: &PassSnapshot| PassSnapshot {
            version: pass.version + 1,
            status: PassStatus::Voided,
            ..pass.clone()
        };
        let passes: Vec<_> = self.passes.iter().map(void).collect();
        let facts = passes.iter().cloned().map(PassVoided).collect();
        Reaction::Voided(Self { passes, admits: false, ..self }, facts)
    }
}

/// The id of the pass for one seat of an order: always the same one, so that issuing it again after a
/// crash converges.
pub fn pass_id(order: OrderId, seat: &Seat) -> PassId {
    PassId::from_uuid(Uuid::new_v5(&order.uuid(), seat.as_str().as_bytes()))
}

fn valid_pass(order: &OrderSnapshot, seat: &Seat, now: Timestamp) -> PassSnapshot {
    PassSnapshot {
        id: pass_id(order.id, seat),
        version: 1,
        order_id: order.id,
        listing_id: order.listing_id,
        show_id: order.show_id,
        holder_id: order.buyer_id,
        seat: seat.clone(),
        status: PassStatus::Valid,
        created_at: now,
        checked_in_at: None,
    }
}

#[cfg(test)]
mod histories;

#[cfg(test)]
pub(crate) mod tests {
    use common::{
        ids::{ListingId, ShowId, UserId},
        money::{Currency, Money},
    };

    use super::*;
    use crate::domain::show::tests::{now, time};

    pub const STATUSES: [OrderStatus; 7] = [
        OrderStatus::AwaitingPayment,
        OrderStatus::Confirmed,
        OrderStatus::Completed,
        OrderStatus::Refunding,
        OrderStatus::Refunded,
        OrderStatus::Cancelled,
        OrderStatus::Expired,
    ];

    pub fn order(version: u64, status: OrderStatus) -> OrderSnapshot {
        OrderSnapshot {
            id: OrderId::generate(),
            version,
            listing_id: ListingId::generate(),
            show_id: ShowId::generate(),
            buyer_id: UserId::generate(),
            seller_id: UserId::generate(),
            seats: vec![Seat::ordinal(1), Seat::ordinal(2)],
            price: Money::new(5_000, Currency::Eur),
            fees: None,
            total: Money::new(10_000, Currency::Eur),
            status,
            created_at: now(),
            expires_at: time("2027-03-01T12:15:00Z"),
            payment_id: None,
            cancel_reason: None,
            changed_at: now(),
        }
    }

    pub fn next(order: &OrderSnapshot, status: OrderStatus) -> OrderSnapshot {
        OrderSnapshot { version: order.version + 1, status, ..order.clone() }
    }

    pub fn state(reaction: Reaction) -> Admission {
        match reaction {
            Reaction::Noted(admission) | Reaction::Issued(admission, _) | Reaction::Voided(admission, _) => {
                admission
            }
            Reaction::Stale | Reaction::Duplicate => panic!("nothing changed: {reaction:?}"),
        }
    }

    fn completed() -> Admission {
        state(Admission::begin(order(3, OrderStatus::Completed), now()))
    }

    fn voided() -> Admission {
        let completed = completed();
        state(completed.follow(next(&completed.order, OrderStatus::Refunding), now()))
    }

    fn kind(reaction: &Reaction) -> &'static str {
        match reaction {
            Reaction::Stale => "stale",
            Reaction::Duplicate => "duplicate",
            Reaction::Noted(_) => "noted",
            Reaction::Issued(..) => "issued",
            Reaction::Voided(..) => "voided",
        }
    }

    #[test]
    fn only_a_completed_order_begins_with_passes() {
        for status in STATUSES {
            let reaction = Admission::begin(order(1, status), now());
            let expected = if status == OrderStatus::Completed { "issued" } else { "noted" };
            assert_eq!(kind(&reaction), expected, "{status:?}");
            assert_eq!(state(reaction).live, status.is_live(), "{status:?}");
        }
    }

    #[test]
    fn every_status_follows_every_other() {
        for from in STATUSES {
            for to in STATUSES {
                let admission = state(Admission::begin(order(3, from), now()));
                let reaction = admission.follow(next(&admission.order, to), now());
                let completed = OrderStatus::Completed;
                let expected = match (from == completed, to == completed) {
                    (false, true) => "issued",
                    (true, false) => "voided",
                    (true, true) | (false, false) => "noted",
                };
                assert_eq!(kind(&reaction), expected, "{from:?} to {to:?}");
                let after = state(reaction);
                assert_eq!((after.live, after.admits), (to.is_live(), to == completed), "{from:?} to {to:?}");
            }
        }
    }

    #[test]
    fn what_is_old_or_known_changes_nothing() {
        for status in STATUSES {
            let completed = completed();
            let older = OrderSnapshot { version: 2, status, ..completed.order.clone() };
            assert_eq!(completed.follow(older, now()), Reaction::Stale);
            let equal = OrderSnapshot { version: 3, status, ..completed.order.clone() };
            assert_eq!(completed.follow(equal, now()), Reaction::Duplicate);
        }
    }

    #[test]
    fn each_seat_gets_one_valid_pass_for_the_buyer() {
        let order = order(3, OrderStatus::Completed);
        let Reaction::Issued(admission, facts) = Admission::begin(order.clone(), now()) else {
            panic!("no passes were issued");
        };
        let published: Vec<_> = facts.into_iter().map(|fact| fact.0).collect();
        assert_eq!(published, admission.passes);
        let seats: Vec<_> = published.iter().map(|pass| pass.seat.clone()).collect();
        assert_eq!(seats, order.seats);
        assert!(published.iter().all(|pass| {
            (pass.version, pass.status, pass.holder_id) == (1, PassStatus::Valid, order.buyer_id)
        }));
    }

    #[test]
    fn passes_are_void_as_soon_as_a_refund_is_asked_for_and_stay_void() {
        let completed = completed();
        let refunding = next(&completed.order, OrderStatus::Refunding);
        let Reaction::Voided(voided, facts) = completed.follow(refunding, now()) else {
            panic!("the passes still admit");
        };
        assert!(facts.iter().all(|fact| (fact.0.version, fact.0.status) == (2, PassStatus::Voided)));
        let refunded = next(&voided.order, OrderStatus::Refunded);
        assert_eq!(kind(&voided.follow(refunded, now())), "noted");
    }

    #[test]
    fn void_passes_never_admit_again() {
        let voided = voided();
        for status in STATUSES {
            let reaction = voided.follow(next(&voided.order, status), now());
            assert_eq!(kind(&reaction), "noted", "{status:?}");
            assert!(!state(reaction).admits);
        }
    }

    #[test]
    fn seats_are_counted_when_they_are_taken_and_when_they_are_freed() {
        let taken = state(Admission::begin(order(1, OrderStatus::AwaitingPayment), now()));
        assert!(!taken.is_counted());
        let taken = taken.when_counted();
        for status in STATUSES {
            let next = state(taken.follow(next(&taken.order, status), now()));
            assert_eq!(next.is_counted(), status.is_live(), "{status:?}");
            assert!(next.when_counted().is_counted(), "{status:?}");
        }
    }

    #[test]
    fn an_end_that_overtakes_the_completion_leaves_no_passes() {
        let completed = order(3, OrderStatus::Completed);
        let refunded = OrderSnapshot { version: 5, status: OrderStatus::Refunded, ..completed.clone() };
        let tombstone = state(Admission::begin(refunded, now()));
        assert!(tombstone.passes.is_empty() && !tombstone.live);
        assert_eq!(tombstone.follow(completed, now()), Reaction::Stale);
    }

    #[test]
    fn the_pass_of_a_seat_has_one_id_for_ever() {
        let order: OrderId = "01932f5c-7f1e-7cc3-98c4-dc0c0c07398f".parse().unwrap();
        let first = pass_id(order, &Seat::ordinal(1));
        assert_eq!(first.to_string(), "16d95005-3442-59ad-997c-d44658186e53");
        assert_ne!(first, pass_id(order, &Seat::ordinal(2)));
        assert_ne!(first, pass_id(OrderId::generate(), &Seat::ordinal(1)));
    }
}

//! Checking in: a pass admits once. Of two doors that read the same pass at the same moment one lets in, as both
//! would change the same document; and a door that asks again, because the answer was lost, has it again.
//!
//! A pass that was checked in and is refunded afterwards becomes void like any other: whether to give the money
//! back is for orders to decide, which does not know who entered.

use common::{
    clock::Timestamp,
    events::pass::{PassCheckedIn, PassSnapshot, PassStatus},
    ids::{PassId, UserId},
};
use serde::{Deserialize, Serialize};

use super::admission::Admission;

/// A scan of a pass at a door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckIn {
    /// Which pass.
    pub pass_id: PassId,
    /// Who stands at the door.
    pub by: UserId,
    /// The `Idempotency-Key` of the scan, so that it is known when it comes again.
    pub key: String,
}

/// What a scan leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Somebody enters.
    First(Box<Admission>, PassCheckedIn),
    /// The same scan let them in before.
    Again(PassSnapshot),
}

/// Why nobody enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckInRefusal {
    /// The order has no such pass.
    #[error("there is no such pass")]
    Unknown,
    /// Its order was refunded, or is about to be.
    #[error("the pass is void")]
    Voided,
    /// Another scan was first.
    #[error("somebody entered with the pass")]
    Already {
        /// When.
        at: Timestamp,
    },
    /// The scan of another pass had this key.
    #[error("the key was used for another pass")]
    KeyReused,
}

impl Admission {
    /// Lets somebody in, who shows a pass of this order, once.
    pub fn check_in(&self, scan: &CheckIn, now: Timestamp) -> Result<Entry, CheckInRefusal> {
        let pass = self.passes.iter().find(|pass| pass.id == scan.pass_id).ok_or(CheckInRefusal::Unknown)?;
        let same_key = |known: &&CheckIn| (known.by, &known.key) == (scan.by, &scan.key);
        match self.check_ins.iter().find(same_key) {
            Some(known) if known == scan => return Ok(Entry::Again(pass.clone())),
            Some(_) => return Err(CheckInRefusal::KeyReused),
            None => {}
        }
        match (pass.status, pass.checked_in_at) {
            (PassStatus::Voided, _) => Err(CheckInRefusal::Voided),
            (PassStatus::Valid, Some(at)) => Err(CheckInRefusal::Already { at }),
            (PassStatus::Valid, None) => {
                let entered =
                    PassSnapshot { version: pass.version + 1, checked_in_at: Some(now), ..pass.clone() };
                Ok(Entry::First(Box::new(self.with(&entered, scan)), PassCheckedIn(entered)))
            }
        }
    }

    fn with(&self, entered: &PassSnapshot, scan: &CheckIn) -> Self {
        let or_entered =
            |pass: &PassSnapshot| if pass.id == entered.id { entered.clone() } else { pass.clone() };
        let passes = self.passes.iter().map(or_entered).collect();
        let check_ins = self.check_ins.iter().chain([scan]).cloned().collect();
        Self { passes, check_ins, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use common::events::order::OrderStatus;

    use super::*;
    use crate::domain::{
        admission::tests::{next, order, state},
        show::tests::{now, time},
    };

    fn completed() -> Admission {
        state(Admission::begin(order(3, OrderStatus::Completed), now()))
    }

    /// A scan of the first or the second pass.
    fn scan(admission: &Admission, pass: usize, by: UserId, key: &str) -> CheckIn {
        CheckIn { pass_id: admission.passes[pass].id, by, key: key.to_owned() }
    }

    fn enter(admission: &Admission, scan: &CheckIn) -> Admission {
        match admission.check_in(scan, now()) {
            Ok(Entry::First(next, PassCheckedIn(pass))) => {
                assert_eq!((pass.id, pass.version, pass.checked_in_at), (scan.pass_id, 2, Some(now())));
                assert!(next.passes.contains(&pass));
                *next
            }
            other => panic!("nobody entered: {other:?}"),
        }
    }

    #[test]
    fn a_pass_admits_once_and_the_other_passes_of_the_order_as_well() {
        let (admission, door) = (completed(), UserId::generate());
        let entered = enter(&admission, &scan(&admission, 0, door, "a"));
        let later = time("2027-06-30T19:00:00Z");
        for by in [door, UserId::generate()] {
            let again = entered.check_in(&scan(&admission, 0, by, "b"), later);
            assert_eq!(again, Err(CheckInRefusal::Already { at: now() }));
        }
        let both = enter(&entered, &scan(&admission, 1, door, "c"));
        assert_eq!(both.check_ins.len(), 2);
        assert!(both.admits, "who is inside may stay");
    }

    #[test]
    fn the_same_scan_has_the_same_answer_and_its_key_is_good_for_no_other_pass() {
        let (admission, door) = (completed(), UserId::generate());
        let entered = enter(&admission, &scan(&admission, 0, door, "a"));
        let again = entered.check_in(&scan(&admission, 0, door, "a"), time("2027-06-30T19:00:00Z"));
        assert_eq!(again, Ok(Entry::Again(entered.passes[0].clone())));
        let other = entered.check_in(&scan(&admission, 1, door, "a"), now());
        assert_eq!(other, Err(CheckInRefusal::KeyReused));
        enter(&entered, &scan(&admission, 1, UserId::generate(), "a"));
    }

    #[test]
    fn a_void_pass_and_a_pass_of_another_order_admit_nobody() {
        let admission = completed();
        let scan = scan(&admission, 0, UserId::generate(), "a");
        let voided = state(admission.follow(next(&admission.order, OrderStatus::Refunding), now()));
        assert_eq!(voided.check_in(&scan, now()), Err(CheckInRefusal::Voided));
        assert_eq!(completed().check_in(&scan, now()), Err(CheckInRefusal::Unknown));
    }

    #[test]
    fn a_refund_makes_a_pass_void_that_somebody_entered_with() {
        let admission = completed();
        let entered = enter(&admission, &scan(&admission, 0, UserId::generate(), "a"));
        let voided = state(entered.follow(next(&entered.order, OrderStatus::Refunding), now()));
        let pass = &voided.passes[0];
        let expected = (3, PassStatus::Voided, Some(now()));
        assert_eq!((pass.version, pass.status, pass.checked_in_at), expected);
    }
}

//! What is always true of passes, by the ids of the design: the one predicate that tests and the running
//! auditor share.

use std::collections::BTreeMap;

use common::{
    events::{
        listing::Seat,
        order::OrderStatus,
        pass::{PassSnapshot, PassStatus},
    },
    ids::{ListingId, PassId},
};

use super::admission::Admission;

/// S7 is broken, and how.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum S7Violation {
    /// A valid pass whose order is not completed.
    #[error("S7: pass {0} is valid, and its order is not completed")]
    NotCompleted(PassId),
    /// Two valid passes for one seat.
    #[error("S7: passes {0} and {1} are both valid for one seat")]
    TwoForOneSeat(PassId, PassId),
}

/// S7: a pass is valid only for a completed order, and one seat has at most one valid pass.
pub fn s7<'a>(admissions: impl IntoIterator<Item = &'a Admission>) -> Result<(), S7Violation> {
    let mut taken: BTreeMap<(ListingId, &Seat), PassId> = BTreeMap::new();
    for admission in admissions {
        for pass in valid_passes(admission) {
            if admission.order.status != OrderStatus::Completed {
                return Err(S7Violation::NotCompleted(pass.id));
            }
            if let Some(other) = taken.insert((pass.listing_id, &pass.seat), pass.id) {
                return Err(S7Violation::TwoForOneSeat(other, pass.id));
            }
        }
    }
    Ok(())
}

fn valid_passes(admission: &Admission) -> impl Iterator<Item = &PassSnapshot> {
    admission.passes.iter().filter(|pass| match pass.status {
        PassStatus::Valid => true,
        PassStatus::Voided => false,
    })
}

#[cfg(test)]
mod tests {
    use common::{events::order::OrderSnapshot, ids::OrderId};

    use super::*;
    use crate::domain::{
        admission::tests::{next, order, state},
        show::tests::now,
    };

    #[test]
    fn completed_orders_of_different_seats_are_fine() {
        let admissions = [1, 2].map(|_| state(Admission::begin(order(3, OrderStatus::Completed), now())));
        assert_eq!(s7(&admissions), Ok(()));
    }

    #[test]
    fn a_seat_that_is_sold_again_after_a_refund_is_fine() {
        let sold = state(Admission::begin(order(3, OrderStatus::Completed), now()));
        let again = OrderSnapshot { id: OrderId::generate(), ..sold.order.clone() };
        let refunded = state(sold.follow(next(&sold.order, OrderStatus::Refunding), now()));
        let again = state(Admission::begin(again, now()));
        assert_eq!(s7([&refunded, &again]), Ok(()));
    }

    #[test]
    fn two_valid_passes_for_one_seat_are_found() {
        let one = state(Admission::begin(order(3, OrderStatus::Completed), now()));
        let other = OrderSnapshot { id: OrderId::generate(), ..one.order.clone() };
        let other = state(Admission::begin(other, now()));
        let expected = S7Violation::TwoForOneSeat(one.passes[0].id, other.passes[0].id);
        assert_eq!(s7([&one, &other]), Err(expected));
    }

    #[test]
    fn a_valid_pass_of_an_order_that_is_not_completed_is_found() {
        let mut admission = state(Admission::begin(order(3, OrderStatus::Completed), now()));
        admission.order.status = OrderStatus::Refunding;
        let expected = S7Violation::NotCompleted(admission.passes[0].id);
        assert_eq!(s7([&admission]), Err(expected));
    }
}

//! What is always true of passes and of what tickets knows of orders, by the ids of the design: the one
//! predicate of each that tests and the running auditor share.

use std::collections::{BTreeMap, BTreeSet};

use common::{
    audit::Violation,
    events::{
        listing::{ListingSnapshot, Seat},
        order::OrderStatus,
        pass::{PassSnapshot, PassStatus},
    },
    ids::{ListingId, OrderId, PassId},
};

use super::{admission::Admission, listing::Listing};

/// S7: a pass is valid only for a completed order, and one seat has at most one valid pass.
pub fn s7<'a>(admissions: impl IntoIterator<Item = &'a Admission>) -> Vec<Violation> {
    let mut taken: BTreeMap<(ListingId, &Seat), PassId> = BTreeMap::new();
    let mut violations = Vec::new();
    for admission in admissions {
        for pass in valid_passes(admission) {
            if admission.order.status != OrderStatus::Completed {
                let detail = format!("pass {} is valid, and its order is not completed", pass.id);
                violations.push(Violation::of("S7", detail));
            }
            if let Some(other) = taken.insert((pass.listing_id, &pass.seat), pass.id) {
                let detail = format!("passes {other} and {} are both valid for one seat", pass.id);
                violations.push(Violation::of("S7", detail));
            }
        }
    }
    violations
}

/// S1, of what is shown: the seats that count as taken are seats of the listing, so that free + taken = total.
pub fn s1(listing: &ListingSnapshot, admissions: &[Admission]) -> Vec<Violation> {
    let seats: BTreeSet<&Seat> = listing.seats.iter().collect();
    let of_listing = admissions.iter().filter(|known| known.order.listing_id == listing.id && known.live);
    let has_others = |admission: &&Admission| admission.order.seats.iter().any(|seat| !seats.contains(seat));
    let detail = |admission: &Admission| {
        format!("order {} has a seat that listing {} has not", admission.order.id, listing.id)
    };
    of_listing.filter(has_others).map(|admission| Violation::of("S1", detail(admission))).collect()
}

/// L2: no seat is kept by an ended order, and none freed by another one.
pub fn l2(admissions: &[Admission]) -> Vec<Violation> {
    let broken = admissions.iter().filter(|admission| admission.live != admission.order.status.is_live());
    let detail = |admission: &Admission| {
        let (id, status, live) = (admission.order.id, admission.order.status, admission.live);
        format!("order {id} is {status:?} with live = {live}")
    };
    broken.map(|admission| Violation::of("L2", detail(admission))).collect()
}

/// L3: an order that is completed has a valid pass for each of its seats.
pub fn l3(admissions: &[Admission]) -> Vec<Violation> {
    let completed = admissions.iter().filter(|admission| admission.order.status == OrderStatus::Completed);
    let without = completed.filter(|admission| {
        !admission.admits || valid_passes(admission).count() != admission.order.seats.len()
    });
    without
        .map(|admission| Violation::of("L3", format!("order {} has not all its passes", admission.order.id)))
        .collect()
}

/// L8, of what is shown: a listing knows the orders that have its seats, and how many seats they leave. It may be
/// about to follow those that changed `lately`.
pub fn l8(listing: &Listing, admissions: &[Admission], lately: &BTreeSet<OrderId>) -> Vec<Violation> {
    let id = listing.snapshot.id;
    let misread = listing.misread(admissions);
    if misread.is_empty() && listing.as_ordered(admissions) != *listing {
        return vec![Violation::of("L8", format!("listing {id} counts its seats wrongly"))];
    }
    let detail = |order: &OrderId| format!("listing {id} does not know order {order} as it is");
    misread.difference(lately).map(|order| Violation::of("L8", detail(order))).collect()
}

fn valid_passes(admission: &Admission) -> impl Iterator<Item = &PassSnapshot> {
    admission.passes.iter().filter(|pass| match pass.status {
        PassStatus::Valid => true,
        PassStatus::Voided => false,
    })
}

#[cfg(test)]
mod tests {
    use common::events::order::OrderSnapshot;

    use super::*;
    use crate::domain::{
        admission::tests::{STATUSES, next, order, state},
        listing::tests::listing_at,
        show::tests::now,
    };

    #[test]
    fn completed_orders_of_different_seats_are_fine() {
        let admissions = [1, 2].map(|_| state(Admission::begin(order(3, OrderStatus::Completed), now())));
        assert_eq!(s7(&admissions), []);
    }

    #[test]
    fn a_seat_that_is_sold_again_after_a_refund_is_fine() {
        let sold = state(Admission::begin(order(3, OrderStatus::Completed), now()));
        let again = OrderSnapshot { id: OrderId::generate(), ..sold.order.clone() };
        let refunded = state(sold.follow(next(&sold.order, OrderStatus::Refunding), now()));
        let again = state(Admission::begin(again, now()));
        assert_eq!(s7([&refunded, &again]), []);
    }

    #[test]
    fn two_valid_passes_for_one_seat_are_found() {
        let one = state(Admission::begin(order(3, OrderStatus::Completed), now()));
        let other = OrderSnapshot { id: OrderId::generate(), ..one.order.clone() };
        let other = state(Admission::begin(other, now()));
        let found = s7([&one, &other]);
        assert_eq!(found.len(), 2, "one for each of the two seats");
        assert!(found[0].detail.contains(&one.passes[0].id.to_string()), "{found:?}");
    }

    #[test]
    fn a_valid_pass_of_an_order_that_is_not_completed_is_found() {
        let mut admission = state(Admission::begin(order(3, OrderStatus::Completed), now()));
        admission.order.status = OrderStatus::Refunding;
        let found = s7([&admission]);
        assert!(found[0].detail.contains(&admission.passes[0].id.to_string()), "{found:?}");
    }

    #[test]
    fn seats_that_are_kept_or_freed_by_the_wrong_state_are_found() {
        for status in STATUSES {
            let admission = state(Admission::begin(order(3, status), now()));
            assert_eq!(l2(std::slice::from_ref(&admission)), [], "{status:?}");
            assert_eq!(l2(&[Admission { live: !admission.live, ..admission }]).len(), 1, "{status:?}");
        }
    }

    #[test]
    fn a_listing_that_does_not_know_its_orders_is_found_unless_they_changed_lately() {
        let listing = listing_at(5_000);
        let of_listing = |seats: usize| {
            let seats = listing.snapshot.seats[..seats].to_vec();
            let order = OrderSnapshot {
                id: OrderId::generate(),
                listing_id: listing.snapshot.id,
                seats,
                ..order(1, OrderStatus::AwaitingPayment)
            };
            state(Admission::begin(order, now()))
        };
        let kept = [of_listing(1), of_listing(2)];
        let known = listing.as_ordered(&kept);
        assert_eq!(l8(&known, &kept, &BTreeSet::new()), []);
        assert_eq!(l8(&listing, &kept, &BTreeSet::new()).len(), 2, "it knows neither");
        assert_eq!(l8(&known, &kept[..1], &BTreeSet::new()).len(), 1, "one has ended");
        let lately = BTreeSet::from([kept[1].order.id]);
        assert_eq!(l8(&known, &kept[..1], &lately), []);
        assert_eq!(l8(&listing, &kept, &lately).len(), 1);
        let miscounted = Listing { seats_left: known.seats_left + 1, ..known };
        assert_eq!(l8(&miscounted, &kept, &lately).len(), 1);
    }

    #[test]
    fn a_completed_order_without_one_of_its_passes_is_found() {
        for status in STATUSES {
            assert_eq!(l3(&[state(Admission::begin(order(3, status), now()))]), [], "{status:?}");
        }
        let mut admission = state(Admission::begin(order(3, OrderStatus::Completed), now()));
        assert_eq!(l3(&[Admission { admits: false, ..admission.clone() }]).len(), 1);
        admission.passes.pop();
        assert_eq!(l3(&[admission]).len(), 1);
    }
}

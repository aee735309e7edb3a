//! Random lives of orders that share their seats, as tickets hears of them: late, twice and in any order.

use proptest::{prelude::*, sample::select};

use super::{
    tests::{next, order},
    *,
};
use crate::domain::{invariants::s7, show::tests::now};

/// What becomes of an order after its beginning.
const LIVES: [&[OrderStatus]; 5] = [
    &[],
    &[OrderStatus::Expired],
    &[OrderStatus::Confirmed, OrderStatus::Cancelled],
    &[OrderStatus::Confirmed, OrderStatus::Completed],
    &[OrderStatus::Confirmed, OrderStatus::Completed, OrderStatus::Refunding, OrderStatus::Refunded],
];

/// A few orders of the same seats, one after the other: all but the last one are over.
fn orders(last: &[OrderStatus]) -> Vec<Vec<OrderSnapshot>> {
    let first = order(1, OrderStatus::AwaitingPayment);
    let lives = [LIVES[4], LIVES[1], last];
    let live = |life: &&[OrderStatus]| {
        let mut versions = vec![OrderSnapshot { id: OrderId::generate(), ..first.clone() }];
        for status in *life {
            versions.push(next(&versions[versions.len() - 1], *status));
        }
        versions
    };
    lives.iter().map(live).collect()
}

/// As the listener does; what `valid_passes` refuses stays as it was, and is tried again.
fn hear(known: &mut [Option<Admission>], n: usize, order: &OrderSnapshot) {
    let reaction = match &known[n] {
        Some(admission) => admission.follow(order.clone(), now()),
        None => Admission::begin(order.clone(), now()),
    };
    match reaction {
        Reaction::Stale | Reaction::Duplicate => {}
        Reaction::Noted(next) | Reaction::Issued(next, _) | Reaction::Voided(next, _) => {
            let others = known.iter().enumerate().filter(|(other, _)| *other != n);
            let mut others = others.filter_map(|(_, admission)| admission.as_ref());
            if !(next.admits && others.any(|other| other.admits)) {
                known[n] = Some(next);
            }
        }
    }
}

proptest! {
    #[test]
    fn the_passes_end_as_the_newest_news_says_and_no_seat_has_two(
        last in select(LIVES.to_vec()),
        heard in proptest::collection::vec((0_usize..3, 0_usize..5), 0..40),
    ) {
        let orders = orders(last);
        let mut known: Vec<Option<Admission>> = vec![None; orders.len()];
        for (n, version) in heard {
            if let Some(order) = orders[n].get(version) {
                let before = known[n].as_ref().map_or(0, |admission| admission.order.version);
                hear(&mut known, n, order);
                let after = known[n].as_ref().map_or(0, |admission| admission.order.version);
                prop_assert!(before <= after, "S9: it went back from {} to {}", before, after);
                prop_assert_eq!(s7(known.iter().flatten()), []);
            }
        }
        for (n, versions) in orders.iter().enumerate() {
            let newest = &versions[versions.len() - 1];
            hear(&mut known, n, newest);
            let admission = known[n].as_ref().expect("it was heard of");
            prop_assert_eq!(&admission.order, newest);
            prop_assert_eq!(admission.admits, newest.status == OrderStatus::Completed);
            prop_assert!(!admission.admits || admission.passes.len() == newest.seats.len());
        }
    }
}

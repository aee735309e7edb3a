//! Each predicate is silent about what may be, and speaks about what may not. The last test drives random
//! histories through [`decide`] and asks all of them.

use common::{
    events::{
        listing::{Admission, ListingStatus, SplitRule},
        payment::PaymentStatus,
    },
    ids::UserId,
};
use proptest::prelude::*;

use super::*;
use crate::domain::{
    decide::{Decision, Input, decide},
    order::{
        Actor, RefundRequest,
        examples::{at, order, payment},
    },
};

fn listing_of(order: &Order) -> ListingSnapshot {
    ListingSnapshot {
        id: order.listing_id,
        version: 1,
        show_id: order.show_id,
        show_starts_at: at(100_000),
        seller_id: order.seller_id,
        section: "A".into(),
        row: None,
        admission: Admission::Numbered,
        seats: (1..=4).map(Seat::ordinal).collect(),
        split_rule: SplitRule::Any,
        price: order.price,
        fees: None,
        status: ListingStatus::Active,
        created_at: at(0),
    }
}

fn ids(violations: &[Violation]) -> Vec<&'static str> {
    violations.iter().map(|violation| violation.invariant).collect()
}

#[test]
fn a_seat_in_two_live_orders_is_found() {
    let first = order();
    let listing = listing_of(&first);
    let ended = Order { id: OrderId::generate(), ..first.entering(Expired, at(900)) };
    assert!(audit_listing(&listing, &[first.clone(), ended]).is_empty());
    let second =
        Order { id: OrderId::generate(), seats: vec![Seat::ordinal(2), Seat::ordinal(3)], ..first.clone() };
    assert_eq!(ids(&audit_listing(&listing, &[first, second])), ["S1"]);
}

#[test]
fn a_seat_that_the_listing_does_not_have_is_found() {
    let order = Order { seats: vec![Seat::ordinal(1), Seat::ordinal(9)], ..order() };
    assert_eq!(ids(&s1(&listing_of(&order), &[order])), ["S1"]);
}

#[test]
fn an_order_that_pays_for_other_seats_is_found() {
    let order = order();
    assert!(s2(std::slice::from_ref(&order)).is_empty());
    let twice = Order { seats: vec![Seat::ordinal(1), Seat::ordinal(1)], ..order.clone() };
    let fewer = Order { seats: vec![Seat::ordinal(1)], ..order.clone() };
    let without = Order { live: false, ..order };
    assert_eq!(ids(&s2(&[twice, fewer, without])), ["S2", "S2", "S2"]);
}

#[test]
fn seats_that_are_freed_by_another_state_are_found() {
    let ended = order().entering(Cancelled, at(1));
    assert!(s6(&[ended.clone(), order()]).is_empty());
    assert_eq!(ids(&s6(&[Order { live: true, ..ended }, Order { live: false, ..order() }])), ["S6", "S6"]);
}

#[test]
fn a_history_that_leaves_the_table_is_found() {
    let first = order();
    let expired = first.entering(Expired, at(900));
    assert!(audit_history(&[first.snapshot(), expired.snapshot()]).is_empty());
    let risen = expired.entering(Confirmed, at(800));
    assert_eq!(ids(&audit_history(&[first.snapshot(), expired.snapshot(), risen.snapshot()])), ["S8"]);
    assert_eq!(ids(&audit_history(&[expired.snapshot()])), ["S8"], "the beginning is missing");
}

#[test]
fn an_early_expiry_and_a_late_confirmation_are_found() {
    let first = order();
    assert_eq!(ids(&s11(&[first.entering(Expired, at(899)).snapshot()])), ["S11"]);
    assert_eq!(ids(&s11(&[first.entering(Confirmed, at(900)).snapshot()])), ["S11"]);
    assert!(s11(&[first.entering(Expired, at(900)).snapshot()]).is_empty());
}

#[test]
fn one_request_that_two_orders_answer_is_found() {
    let first = order();
    let again = Order { id: OrderId::generate(), ..first.clone() };
    let other_buyer = Order { id: OrderId::generate(), buyer_id: UserId::generate(), ..first.clone() };
    assert!(s10(&[first.clone(), first.clone(), other_buyer]).is_empty());
    assert_eq!(ids(&s10(&[first.clone(), again])), ["S10"]);
    let refund = Some(RefundRequest { requested_by: first.buyer_id, key: "key".into() });
    let refunded = Order { refund: refund.clone(), ..first.clone() };
    let request = crate::domain::order::RequestKey { key: "other".into(), ..first.request.clone() };
    let other = Order { id: OrderId::generate(), refund, request, ..first };
    assert_eq!(ids(&s10(&[refunded, other])), ["S10"]);
}

#[test]
fn another_price_than_the_accepted_one_is_found() {
    let confirmed = |amount_cents: i64| {
        let order = order();
        let mut paid = payment(&order, PaymentStatus::Captured);
        paid.amount.amount_cents = amount_cents;
        Order { payment_id: Some(paid.id), payments: vec![paid], ..order }
    };
    assert!(s13(&[confirmed(10_000), order()]).is_empty());
    assert_eq!(ids(&s13(&[confirmed(9_999)])), ["S13"]);
}

#[test]
fn between_two_looks_an_order_only_goes_on_along_the_arrows() {
    let id = OrderId::generate();
    assert!(since(id, (1, AwaitingPayment), (1, AwaitingPayment)).is_empty());
    assert!(since(id, (1, AwaitingPayment), (3, Completed)).is_empty());
    assert!(since(id, (1, AwaitingPayment), (5, Refunded)).is_empty());
    assert_eq!(ids(&since(id, (1, AwaitingPayment), (2, Completed))), ["S8"], "one arrow too few");
    assert_eq!(ids(&since(id, (2, Confirmed), (2, Completed))), ["S8"], "the version stood still");
    assert_eq!(ids(&since(id, (2, Expired), (3, Confirmed))), ["S8"], "ends absorb");
    assert_eq!(ids(&since(id, (3, Completed), (2, Confirmed))), ["S9"]);
}

#[test]
fn a_buyer_beyond_the_limit_is_found() {
    let first = order();
    let second = Order { id: OrderId::generate(), slot: 1, ..first.clone() };
    let other_buyer = Order { buyer_id: UserId::generate(), ..first.clone() };
    let orders = [first.clone(), second.clone(), other_buyer];
    assert!(s12(&orders, 2).is_empty());
    assert_eq!(ids(&s12(&orders, 1)), ["S12"]);
    assert_eq!(ids(&s12(&[first.clone(), Order { slot: 0, ..second.clone() }], 2)), ["S12"]);
    assert!(s12(&[first, second.entering(Completed, at(1))], 1).is_empty());
}

/// One step of a random history: what happens, and how long after the step before.
fn steps() -> impl Strategy<Value = Vec<(usize, u64)>> {
    proptest::collection::vec((0_usize..9, 0_u64..400), 0..30)
}

proptest! {
    #[test]
    fn whatever_happens_to_an_order_keeps_the_invariants(steps in steps()) {
        let mut order = order();
        let payments = [payment(&order, PaymentStatus::Authorized), payment(&order, PaymentStatus::Authorized)];
        let request = RefundRequest { requested_by: order.buyer_id, key: "k".into() };
        let mut history = vec![order.snapshot()];
        let mut now = 0;
        for (what, later) in steps {
            now += later;
            let input = match what {
                0 => Input::TimerFired,
                1 => Input::Cancel(Actor::Admin),
                2 => Input::PaymentAuthorized(&payments[0]),
                3 => Input::PaymentAuthorized(&payments[1]),
                4 => Input::PaymentCaptured(&payments[0]),
                5 => Input::PaymentCaptured(&payments[1]),
                6 => Input::PaymentFailed(&payments[0]),
                7 => Input::PaymentRefunded(&payments[1]),
                _ => Input::RefundRequested {
                    by: Actor::Buyer,
                    request: request.clone(),
                    show_starts_at: at(100_000),
                },
            };
            if let Decision::Changed(next) = decide(&order, input, at(now)) {
                order = *next;
                history.push(order.snapshot());
            }
            let orders = std::slice::from_ref(&order);
            prop_assert_eq!(audit_listing(&listing_of(&order), orders), []);
            prop_assert_eq!(audit_history(&history), []);
            prop_assert_eq!(s12(orders, 1), []);
        }
    }
}

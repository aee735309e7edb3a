use common::money::Currency;

use super::*;
use crate::domain::fixture::{ORDER_STATUSES, STATUSES, card, gateway_states, later, order, payment_at};

fn charge(order: &OrderSnapshot, refunded_cents: i64) -> Charge {
    Charge {
        payment_id: order.payment_id.unwrap_or_else(PaymentId::generate),
        order_id: order.id,
        captured: order.total,
        refunded: Money::new(refunded_cents, order.total.currency),
    }
}

#[test]
fn a_charge_needs_an_order_that_was_confirmed_by_it() {
    for status in ORDER_STATUSES {
        let order = later(&order(), status, Some(PaymentId::generate()));
        let kept = charge(&order, 0);
        let returned = charge(&order, order.total.amount_cents);
        let allowed =
            matches!(status, OrderStatus::Confirmed | OrderStatus::Completed | OrderStatus::Refunding);
        assert_eq!(s3_violations(&[kept], std::slice::from_ref(&order)).is_empty(), allowed, "{status:?}");
        assert!(s3_violations(&[returned], std::slice::from_ref(&order)).is_empty(), "{status:?}");
        let stranger = Charge { payment_id: PaymentId::generate(), ..kept };
        assert_eq!(s3_violations(&[stranger], &[order]).len(), 1, "{status:?}");
    }
}

#[test]
fn a_charge_for_an_order_that_nobody_knows_is_a_violation() {
    let order = later(&order(), OrderStatus::Completed, Some(PaymentId::generate()));
    assert_eq!(s3_violations(&[charge(&order, 0)], &[]).len(), 1);
}

#[test]
fn an_order_is_paid_once_and_exactly() {
    let order = later(&order(), OrderStatus::Completed, Some(PaymentId::generate()));
    let orders = std::slice::from_ref(&order);
    let once = charge(&order, 0);
    assert!(s4_violations(&[once], orders).is_empty());
    let again = Charge { payment_id: PaymentId::generate(), ..once };
    assert_eq!(s4_violations(&[once, again], orders).len(), 1, "twice");
    let refunded = Charge { refunded: order.total, ..again };
    assert!(s4_violations(&[once, refunded], orders).is_empty(), "once, after a refund");
    let other_amount = Charge { captured: Money::new(4_999, Currency::Eur), ..once };
    assert_eq!(s4_violations(&[other_amount], orders).len(), 1, "another amount");
    let other_currency = Charge {
        captured: Money::new(order.total.amount_cents, Currency::Usd),
        refunded: Money::new(0, Currency::Usd),
        ..once
    };
    assert_eq!(s4_violations(&[other_currency], orders).len(), 1, "another currency");
    let too_much_back = Charge { refunded: Money::new(5_001, Currency::Eur), ..once };
    assert_eq!(s4_violations(&[too_much_back], orders).len(), 1, "more back than was charged");
}

#[test]
fn a_completed_order_was_charged() {
    let order = later(&order(), OrderStatus::Completed, Some(PaymentId::generate()));
    let orders = std::slice::from_ref(&order);
    assert!(s5_violations(&[charge(&order, 0)], orders).is_empty());
    assert!(s5_violations(&[charge(&order, 5_000)], orders).is_empty());
    assert_eq!(s5_violations(&[], orders).len(), 1);
    let nothing = Charge { captured: Money::new(0, Currency::Eur), ..charge(&order, 0) };
    assert_eq!(s5_violations(&[nothing], orders).len(), 1);
}

#[test]
fn what_a_payment_has_heard_and_what_the_gateway_says_are_the_same_charge() {
    for state in gateway_states() {
        for status in STATUSES {
            let payment = payment_at(status);
            let at_gateway = charge_at_gateway(&payment, &state);
            assert_eq!(
                at_gateway.captured.amount_cents > 0,
                matches!(state, GatewayState::Captured(_) | GatewayState::Refunded)
            );
            assert_eq!(is_kept(&at_gateway), matches!(state, GatewayState::Captured(_)));
        }
    }
    let captured = payment_at(PaymentStatus::Captured);
    assert_eq!(charge_of(&captured), charge_at_gateway(&captured, &GatewayState::Captured(card())));
    let refunded = payment_at(PaymentStatus::Refunded);
    assert_eq!(charge_of(&refunded), charge_at_gateway(&refunded, &GatewayState::Refunded));
    let voided = payment_at(PaymentStatus::Voided);
    assert_eq!(charge_of(&voided), charge_at_gateway(&voided, &GatewayState::Voided));
}

#[test]
fn one_request_that_two_payments_answer_is_found() {
    let first = payment_at(PaymentStatus::Captured);
    let other = Payment { id: PaymentId::generate(), ..first.clone() };
    let of_other = Payment { buyer_id: UserId::generate(), ..other.clone() };
    assert_eq!(s10_violations(&[first.clone(), first.clone(), of_other]), []);
    assert_eq!(s10_violations(&[first, other]).len(), 1);
}

#[test]
fn another_price_than_the_accepted_one_is_found() {
    let payment = payment_at(PaymentStatus::Captured);
    assert_eq!(s13_violations(std::slice::from_ref(&payment)), []);
    let amount = Money::new(1, payment.amount.currency);
    assert_eq!(s13_violations(&[Payment { amount, ..payment }]).len(), 1);
}

#[test]
fn between_two_looks_a_payment_only_goes_on() {
    let id = PaymentId::generate();
    let ids = |before, now| -> Vec<_> {
        violations_since(id, before, now).iter().map(|violation| violation.invariant).collect()
    };
    for status in STATUSES {
        assert!(ids((0, PaymentStatus::Authorizing), (3, status)).is_empty(), "{status:?}");
        assert!(ids((2, status), (2, status)).is_empty(), "{status:?}");
    }
    assert!(ids((1, PaymentStatus::Authorized), (3, PaymentStatus::Refunded)).is_empty());
    assert_eq!(ids((2, PaymentStatus::Voided), (2, PaymentStatus::Captured)), ["S8"]);
    assert_eq!(ids((2, PaymentStatus::Captured), (1, PaymentStatus::Capturing)), ["S9", "S8"]);
}

#[test]
fn a_history_that_leaves_the_table_is_found() {
    let ends = [Declined, Failed, Voided, Refunded];
    let snapshot = |status| payment_at(status).snapshot();
    for ok in
        [&[Authorized, Captured, Refunded][..], &[Authorized, Failed], &[Authorized, Voided], &[Declined]]
    {
        let history: Vec<_> = ok.iter().copied().map(snapshot).collect();
        assert_eq!(s8_violations(&history), [], "{ok:?}");
    }
    for end in ends {
        for after in STATUSES {
            let begin = if end == Declined { vec![] } else { vec![Authorized] };
            let begin = if end == Refunded { vec![Authorized, Captured] } else { begin };
            let history: Vec<_> = begin.into_iter().chain([end, after]).map(snapshot).collect();
            assert_eq!(s8_violations(&history).len(), 1, "{after:?} after {end:?}");
        }
    }
    assert_eq!(s8_violations(&[snapshot(Captured)]).len(), 1, "the beginning is missing");
}

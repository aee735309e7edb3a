use PaymentStatus::{
    Authorized, Authorizing, Captured, Capturing, Declined, Failed, Refunded, Refunding, Voided, Voiding,
};
use common::events::order::OrderStatus;

use super::*;
use crate::domain::{fixture::*, is_live};

/// Where a status goes with what the gateway says, while the order is as it must have been to get there;
/// in the order of `fixture::gateway_states`. `None`: it stays.
const fn by_gateway(status: PaymentStatus) -> [Option<PaymentStatus>; 7] {
    match status {
        Authorizing => [None, None, Some(Authorized), Some(Declined), None, Some(Declined), None],
        Capturing => [None, None, None, Some(Failed), Some(Captured), Some(Failed), None],
        Voiding => [None, None, None, Some(Voided), None, Some(Voided), None],
        Refunding => [None, None, None, None, None, None, Some(Refunded)],
        Authorized | Declined | Captured | Failed | Voided | Refunded => [None; 7],
    }
}

/// Where a status goes when its order changes, by this payment and not; in the order of
/// `fixture::ORDER_STATUSES`. `None`: it stays.
const fn by_order(status: PaymentStatus, ours: bool) -> [Option<PaymentStatus>; 7] {
    match (status, ours) {
        (Authorized, true) => [
            None,
            Some(Capturing),
            Some(Capturing),
            Some(Voiding),
            Some(Voiding),
            Some(Voiding),
            Some(Voiding),
        ],
        (Authorized, false) => {
            [None, Some(Voiding), Some(Voiding), Some(Voiding), Some(Voiding), Some(Voiding), Some(Voiding)]
        }
        (Captured, true) => {
            [None, None, None, Some(Refunding), Some(Refunding), Some(Refunding), Some(Refunding)]
        }
        (Captured, false) => [
            None,
            Some(Refunding),
            Some(Refunding),
            Some(Refunding),
            Some(Refunding),
            Some(Refunding),
            Some(Refunding),
        ],
        (Authorizing | Declined | Capturing | Failed | Voiding | Voided | Refunding | Refunded, _) => {
            [None; 7]
        }
    }
}

#[test]
fn every_status_answers_everything_that_the_gateway_can_know() {
    for status in STATUSES {
        for (state, expected) in gateway_states().into_iter().zip(by_gateway(status)) {
            let payment = payment_at(status);
            match decide(&payment, Input::Gateway(state.clone()), at(30)) {
                Decision::Next(next, told) => {
                    assert_eq!(next.status, expected.unwrap_or(status), "{status:?} and {state:?}");
                    assert_eq!(told.is_some(), expected.is_some(), "{status:?} and {state:?}");
                    assert!(is_under_way(status));
                }
                Decision::Skipped(why) => {
                    assert_eq!((expected, why), (None, "at_rest"), "{status:?} and {state:?}");
                    assert!(!is_under_way(status));
                }
            }
        }
    }
}

#[test]
fn every_status_follows_every_state_of_its_order() {
    for status in STATUSES {
        for ours in [true, false] {
            for (order_status, expected) in ORDER_STATUSES.into_iter().zip(by_order(status, ours)) {
                let payment = payment_at(status);
                let order = later(&payment.order, order_status, ours.then_some(payment.id));
                let Decision::Next(next, told) =
                    decide(&payment, Input::Order(Box::new(order.clone())), at(30))
                else {
                    panic!("{status:?} skipped a newer {order_status:?}");
                };
                assert_eq!(next.status, expected.unwrap_or(status), "{status:?}, {order_status:?}, {ours}");
                assert_eq!(next.order, order, "the newest snapshot is kept");
                assert_eq!(told, None, "an order moves nothing that others can see by itself");
            }
        }
    }
}

#[test]
fn an_unknown_outcome_changes_no_status_and_is_asked_about_again() {
    for status in STATUSES {
        let payment = payment_at(status);
        match decide(&payment, Input::Unknown, at(30)) {
            Decision::Next(next, told) => {
                assert!(is_under_way(status));
                assert_eq!((next.status, next.version, told), (status, payment.version, None));
                assert_eq!(next.attempts, payment.attempts + 1);
                assert!(next.next_attempt_at > Some(at(30)));
                assert_eq!(next.payment_method, payment.payment_method);
            }
            Decision::Skipped(why) => {
                assert!(!is_under_way(status));
                assert_eq!(why, "at_rest");
            }
        }
    }
}

#[test]
fn an_old_snapshot_of_the_order_is_skipped_in_every_status() {
    for status in STATUSES {
        let payment = payment_at(status);
        let same = Input::Order(Box::new(payment.order.clone()));
        assert_eq!(decide(&payment, same, at(30)), Decision::Skipped("duplicate"));
        let mut older = payment.order.clone();
        older.version -= 1;
        assert_eq!(decide(&payment, Input::Order(Box::new(older)), at(30)), Decision::Skipped("stale"));
    }
}

#[test]
fn nothing_is_charged_unless_the_newest_snapshot_names_this_payment() {
    for status in STATUSES {
        for order_status in ORDER_STATUSES {
            for ours in [true, false] {
                let payment = payment_at(status);
                let order = later(&payment.order, order_status, ours.then_some(payment.id));
                let Decision::Next(next, _) = decide(&payment, Input::Order(Box::new(order)), at(30)) else {
                    continue;
                };
                let confirmed =
                    matches!(order_status, OrderStatus::Confirmed | OrderStatus::Completed) && ours;
                let charges = next_call(&next, None) == Some(Call::Capture) && status != Capturing;
                assert!(!charges || confirmed, "{status:?} charges for {order_status:?}");
            }
        }
    }
}

#[test]
fn an_authorisation_for_an_order_that_is_over_is_told_of_and_released_at_once() {
    for ended in [OrderStatus::Cancelled, OrderStatus::Expired] {
        let payment = follow(&new_payment(), ended, false);
        assert_eq!(payment.status, Authorizing);
        assert_eq!(payment.next_attempt_at, Some(at(20)), "it does not wait for its turn");
        let decision = decide(&payment, Input::Gateway(GatewayState::Authorized(card())), at(30));
        let Decision::Next(next, Some(PaymentFact::Authorized(told))) = decision else {
            panic!("{decision:?}");
        };
        assert_eq!((next.status, next.version), (Voiding, 1));
        assert_eq!((told.0.status, told.0.version), (Authorized, 1));
        assert_eq!(next_call(&next, None), Some(Call::Void));
    }
}

#[test]
fn an_order_that_another_payment_confirmed_releases_this_one() {
    let payment = follow(&payment_at(Authorized), OrderStatus::Confirmed, false);
    assert_eq!(payment.status, Voiding);
}

#[test]
fn the_reference_of_an_order_that_is_over_is_closed_before_the_payment_ends() {
    let payment = follow(&new_payment(), OrderStatus::Expired, false);
    assert_eq!(next_call(&payment, None), Some(Call::Lookup));
    for heard in [GatewayState::NeverSeen, GatewayState::RequiresAction] {
        assert_eq!(next_call(&payment, Some(&heard)), Some(Call::Void), "{heard:?}");
    }
    let closed = learn(&payment, GatewayState::Voided);
    assert_eq!((closed.status, closed.decline_reason), (Declined, Some(DeclineReason::OrderClosed)));
}

#[test]
fn a_payment_that_the_gateway_never_saw_is_authorised_again_while_the_order_is_open() {
    let payment = next(&new_payment(), Input::Unknown);
    assert_eq!(next_call(&payment, None), Some(Call::Lookup));
    assert_eq!(next_call(&payment, Some(&GatewayState::NeverSeen)), Some(Call::Authorize));
    assert_eq!(next_call(&payment, Some(&GatewayState::RequiresAction)), None);
}

#[test]
fn each_state_under_way_asks_one_thing_and_the_others_ask_nothing() {
    for status in STATUSES {
        let expected = match status {
            Authorizing => Some(Call::Lookup),
            Capturing => Some(Call::Capture),
            Voiding => Some(Call::Void),
            Refunding => Some(Call::Refund),
            Authorized | Declined | Captured | Failed | Voided | Refunded => None,
        };
        let payment = payment_at(status);
        assert_eq!(next_call(&payment, None), expected, "{status:?}");
        for state in gateway_states() {
            let call = next_call(&payment, Some(&state));
            let again = (status, &state) == (Authorizing, &GatewayState::NeverSeen);
            assert_eq!(call, again.then_some(Call::Authorize), "{status:?} having heard {state:?}");
        }
    }
}

#[test]
fn versions_count_what_was_published_without_gaps() {
    for (status, version) in [
        (Authorizing, 0),
        (Authorized, 1),
        (Declined, 1),
        (Capturing, 1),
        (Captured, 2),
        (Failed, 2),
        (Voiding, 1),
        (Voided, 2),
        (Refunding, 2),
        (Refunded, 3),
    ] {
        let payment = payment_at(status);
        assert_eq!(payment.version, version, "{status:?}");
        let told = payment.current_fact().map(|fact| fact.snapshot().clone());
        assert_eq!(told.as_ref().map_or(0, |told| told.version), version, "{status:?}");
        if !is_under_way(status) {
            assert_eq!(told, Some(payment.snapshot()), "{status:?}");
        }
        assert_eq!(payment.live, is_live(status));
    }
}

#[test]
fn a_payment_is_asked_about_while_it_is_under_way_and_only_then() {
    for status in STATUSES {
        let payment = payment_at(status);
        assert_eq!(payment.next_attempt_at.is_some(), is_under_way(status), "{status:?}");
    }
}

#[test]
fn the_token_is_forgotten_as_soon_as_the_gateway_has_seen_the_reference() {
    for status in STATUSES {
        assert_eq!(payment_at(status).payment_method.is_some(), status == Authorizing, "{status:?}");
    }
    assert!(learn(&new_payment(), GatewayState::RequiresAction).payment_method.is_none());
    assert!(learn(&new_payment(), GatewayState::NeverSeen).payment_method.is_some());
}

#[test]
fn orders_is_reminded_until_it_has_followed() {
    for status in STATUSES {
        assert_eq!(payment_at(status).awaits_order(), matches!(status, Authorized | Failed | Refunded));
    }
    let just_captured = learn(&payment_at(Capturing), GatewayState::Captured(card()));
    assert!(just_captured.awaits_order());
    let refunded = follow(&payment_at(Refunded), OrderStatus::Refunded, true);
    assert!(!refunded.awaits_order());
    let failed = follow(&payment_at(Failed), OrderStatus::Cancelled, true);
    assert!(!failed.awaits_order());
}

#[test]
fn ends_absorb() {
    for status in [Declined, Failed, Voided, Refunded] {
        let end = payment_at(status);
        for state in gateway_states() {
            assert_eq!(decide(&end, Input::Gateway(state), at(30)), Decision::Skipped("at_rest"));
        }
        for order_status in ORDER_STATUSES {
            assert_eq!(follow(&end, order_status, true).status, status);
        }
    }
}

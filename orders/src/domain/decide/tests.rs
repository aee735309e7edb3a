use std::collections::BTreeMap;

use common::{
    events::order::OrderStatus,
    ids::{PaymentId, UserId},
    money::Money,
};

use super::*;
use crate::domain::order::{
    examples::{at, order, payment},
    is_open,
};

const STATUSES: [OrderStatus; 7] =
    [AwaitingPayment, Confirmed, Completed, Refunding, Refunded, Cancelled, Expired];

const SHOW_STARTS: u64 = 100_000;

fn refund_request() -> RefundRequest {
    RefundRequest { requested_by: UserId::from_uuid(PaymentId::generate().uuid()), key: "refund".into() }
}

/// An order in this state with the payment that confirmed it, if the state needs one.
fn in_state(status: OrderStatus) -> (Order, PaymentSnapshot) {
    let fresh = order();
    let paid_by = payment(&fresh, PaymentStatus::Authorized);
    let paid = matches!(status, Confirmed | Completed | Refunding | Refunded);
    let order = Order {
        status,
        live: status.is_live(),
        open: is_open(status),
        payment_id: paid.then_some(paid_by.id),
        refund: matches!(status, Refunding | Refunded).then(refund_request),
        ..fresh
    };
    (order, paid_by)
}

/// What became of an order, in a word.
fn word(before: &Order, decision: &Decision) -> String {
    match decision {
        Decision::Changed(after) => {
            assert_eq!(after.version, before.version + 1);
            assert_eq!(after.live, after.status.is_live());
            assert_eq!(after.open, is_open(after.status));
            assert_eq!(after.seats, before.seats, "seats never change");
            format!("{:?}", after.status)
        }
        Decision::Unchanged(why) => why.reason().to_owned(),
        Decision::Refused(why) => format!("{why:?}"),
    }
}

fn inputs<'a>(own: &'a PaymentSnapshot, other: &'a PaymentSnapshot) -> Vec<(&'static str, u64, Input<'a>)> {
    let refund =
        |by| Input::RefundRequested { by, request: refund_request(), show_starts_at: at(SHOW_STARTS) };
    vec![
        ("timer, early", 899, Input::TimerFired),
        ("timer, due", 900, Input::TimerFired),
        ("cancel", 10, Input::Cancel(Actor::Buyer)),
        ("authorised", 10, Input::PaymentAuthorized(own)),
        ("authorised, late", 900, Input::PaymentAuthorized(own)),
        ("other authorised", 10, Input::PaymentAuthorized(other)),
        ("captured", 10, Input::PaymentCaptured(own)),
        ("other captured", 10, Input::PaymentCaptured(other)),
        ("failed", 10, Input::PaymentFailed(own)),
        ("other failed", 10, Input::PaymentFailed(other)),
        ("refund", 10, refund(Actor::Buyer)),
        ("refund, show on", SHOW_STARTS, refund(Actor::Buyer)),
        ("admin refund, show on", SHOW_STARTS, refund(Actor::Admin)),
        ("refunded", 10, Input::PaymentRefunded(own)),
        ("other refunded", 10, Input::PaymentRefunded(other)),
    ]
}

/// The whole table, one column per state in the order of [`STATUSES`].
const TABLE: [(&str, [&str; 7]); 15] = [
    ("timer, early", ["not_due", "paid", "paid", "paid", "ended", "ended", "ended"]),
    ("timer, due", ["Expired", "paid", "paid", "paid", "ended", "ended", "ended"]),
    (
        "cancel",
        [
            "Cancelled",
            "NotCancellable",
            "NotCancellable",
            "NotCancellable",
            "NotCancellable",
            "already_done",
            "NotCancellable",
        ],
    ),
    ("authorised", ["Confirmed", "already_done", "already_done", "already_done", "ended", "ended", "ended"]),
    (
        "authorised, late",
        ["too_late", "already_done", "already_done", "already_done", "ended", "ended", "ended"],
    ),
    (
        "other authorised",
        ["Confirmed", "other_payment", "other_payment", "other_payment", "ended", "ended", "ended"],
    ),
    ("captured", ["not_confirmed", "Completed", "already_done", "already_done", "ended", "ended", "ended"]),
    (
        "other captured",
        ["not_confirmed", "other_payment", "other_payment", "other_payment", "ended", "ended", "ended"],
    ),
    ("failed", ["not_confirmed", "Cancelled", "paid", "paid", "ended", "ended", "ended"]),
    ("other failed", ["not_confirmed", "other_payment", "paid", "paid", "ended", "ended", "ended"]),
    (
        "refund",
        [
            "NotRefundable",
            "NotRefundable",
            "Refunding",
            "NotRefundable",
            "NotRefundable",
            "NotRefundable",
            "NotRefundable",
        ],
    ),
    (
        "refund, show on",
        [
            "NotRefundable",
            "NotRefundable",
            "ShowStarted",
            "NotRefundable",
            "NotRefundable",
            "NotRefundable",
            "NotRefundable",
        ],
    ),
    (
        "admin refund, show on",
        [
            "NotRefundable",
            "NotRefundable",
            "Refunding",
            "NotRefundable",
            "NotRefundable",
            "NotRefundable",
            "NotRefundable",
        ],
    ),
    ("refunded", ["not_confirmed", "not_refunding", "not_refunding", "Refunded", "ended", "ended", "ended"]),
    (
        "other refunded",
        ["not_confirmed", "other_payment", "other_payment", "other_payment", "ended", "ended", "ended"],
    ),
];

#[test]
fn every_pair_of_state_and_input_has_its_answer() {
    let table: BTreeMap<_, _> = TABLE.into();
    for (column, status) in STATUSES.into_iter().enumerate() {
        let (order, own) = in_state(status);
        let other = payment(&order, PaymentStatus::Authorized);
        for (name, now, input) in inputs(&own, &other) {
            let answer = word(&order, &decide(&order, input, at(now)));
            assert_eq!(answer, table[name][column], "{name} on {status:?}");
        }
    }
}

#[test]
fn an_order_remembers_which_payment_confirmed_it() {
    let (order, payment) = in_state(AwaitingPayment);
    let Decision::Changed(confirmed) = decide(&order, Input::PaymentAuthorized(&payment), at(899)) else {
        panic!("not confirmed");
    };
    assert_eq!(confirmed.payment_id, Some(payment.id));
    assert_eq!(confirmed.changed_at, at(899));
}

#[test]
fn only_the_right_amount_from_the_buyer_confirms() {
    let (order, right) = in_state(AwaitingPayment);
    let less = Money { amount_cents: right.amount.amount_cents - 1, ..right.amount };
    let other_currency = Money { currency: common::money::Currency::Usd, ..right.amount };
    for wrong in [
        PaymentSnapshot { amount: less, ..right.clone() },
        PaymentSnapshot { amount: other_currency, ..right.clone() },
        PaymentSnapshot { buyer_id: UserId::generate(), ..right.clone() },
    ] {
        let decision = decide(&order, Input::PaymentAuthorized(&wrong), at(10));
        assert_eq!(decision, Decision::Unchanged(Unchanged::Mismatch));
    }
}

#[test]
fn a_cancelled_order_tells_by_whom() {
    let (order, _) = in_state(AwaitingPayment);
    for (actor, reason) in [(Actor::Buyer, CancelReason::ByBuyer), (Actor::Admin, CancelReason::ByAdmin)] {
        let Decision::Changed(cancelled) = decide(&order, Input::Cancel(actor), at(10)) else {
            panic!("not cancelled");
        };
        assert_eq!(cancelled.cancel_reason, Some(reason));
    }
}

#[test]
fn a_refund_request_that_is_repeated_under_its_key_is_the_same_request() {
    let (completed, _) = in_state(Completed);
    let request = refund_request();
    let ask = |order: &Order, request: &RefundRequest| {
        let request = request.clone();
        let input = Input::RefundRequested { by: Actor::Buyer, request, show_starts_at: at(SHOW_STARTS) };
        decide(order, input, at(10))
    };
    let Decision::Changed(refunding) = ask(&completed, &request) else { panic!("not refunding") };
    assert_eq!(ask(&refunding, &request), Decision::Unchanged(Unchanged::AlreadyDone));
    let refunded = refunding.entering(Refunded, at(20));
    assert_eq!(ask(&refunded, &request), Decision::Unchanged(Unchanged::AlreadyDone));
    let again = RefundRequest { key: "another".into(), ..request };
    assert_eq!(ask(&refunding, &again), Decision::Refused(Refusal::NotRefundable));
}

#[test]
fn every_state_of_a_payment_means_something_or_nothing() {
    let order = order();
    let meaning = |status| {
        let payment = payment(&order, status);
        match Input::of(&payment) {
            Some(Input::PaymentAuthorized(_)) => "authorised",
            Some(Input::PaymentCaptured(_)) => "captured",
            Some(Input::PaymentFailed(_)) => "failed",
            Some(Input::PaymentRefunded(_)) => "refunded",
            Some(Input::TimerFired | Input::Cancel(_) | Input::RefundRequested { .. }) => "nonsense",
            None => "nothing",
        }
    };
    assert_eq!(meaning(PaymentStatus::Authorizing), "nothing");
    assert_eq!(meaning(PaymentStatus::Authorized), "authorised");
    assert_eq!(meaning(PaymentStatus::Declined), "nothing");
    assert_eq!(meaning(PaymentStatus::Capturing), "authorised");
    assert_eq!(meaning(PaymentStatus::Captured), "captured");
    assert_eq!(meaning(PaymentStatus::Failed), "failed");
    assert_eq!(meaning(PaymentStatus::Voiding), "nothing");
    assert_eq!(meaning(PaymentStatus::Voided), "failed");
    assert_eq!(meaning(PaymentStatus::Refunding), "captured");
    assert_eq!(meaning(PaymentStatus::Refunded), "refunded");
}

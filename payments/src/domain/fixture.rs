//! What the tests of the domain start from.

use common::{
    clock::Timestamp,
    events::{
        order::{OrderSnapshot, OrderStatus},
        payment::{CardSummary, DeclineReason, PaymentStatus},
    },
    ids::{ListingId, OrderId, PaymentId, ShowId, UserId},
    money::{Currency, Money},
};

use super::{Decision, GatewayState, Input, NewPayment, Payment, PaymentMethod, decide};

pub const STATUSES: [PaymentStatus; 10] = [
    PaymentStatus::Authorizing,
    PaymentStatus::Authorized,
    PaymentStatus::Declined,
    PaymentStatus::Capturing,
    PaymentStatus::Captured,
    PaymentStatus::Failed,
    PaymentStatus::Voiding,
    PaymentStatus::Voided,
    PaymentStatus::Refunding,
    PaymentStatus::Refunded,
];

pub const ORDER_STATUSES: [OrderStatus; 7] = [
    OrderStatus::AwaitingPayment,
    OrderStatus::Confirmed,
    OrderStatus::Completed,
    OrderStatus::Refunding,
    OrderStatus::Refunded,
    OrderStatus::Cancelled,
    OrderStatus::Expired,
];

pub fn at(secs: i64) -> Timestamp {
    Timestamp::from_millis((1_800_000_000 + secs) * 1_000).unwrap()
}

pub fn card() -> CardSummary {
    CardSummary { brand: "visa".to_owned(), last4: "4242".to_owned() }
}

pub fn gateway_states() -> [GatewayState; 7] {
    [
        GatewayState::NeverSeen,
        GatewayState::RequiresAction,
        GatewayState::Authorized(card()),
        GatewayState::Declined(DeclineReason::InsufficientFunds, Some(card())),
        GatewayState::Captured(card()),
        GatewayState::Voided,
        GatewayState::Refunded,
    ]
}

/// An order that awaits payment.
pub fn order() -> OrderSnapshot {
    let price = Money::new(5_000, Currency::Eur);
    OrderSnapshot {
        id: OrderId::generate(),
        version: 1,
        listing_id: ListingId::generate(),
        show_id: ShowId::generate(),
        buyer_id: UserId::generate(),
        seller_id: UserId::generate(),
        seats: Vec::new(),
        price,
        fees: None,
        total: price,
        status: OrderStatus::AwaitingPayment,
        created_at: at(0),
        expires_at: at(900),
        payment_id: None,
        cancel_reason: None,
        changed_at: at(0),
    }
}

/// The order, some versions later.
pub fn later(order: &OrderSnapshot, status: OrderStatus, payment_id: Option<PaymentId>) -> OrderSnapshot {
    OrderSnapshot { version: order.version + 1, status, payment_id, changed_at: at(10), ..order.clone() }
}

pub fn new_payment() -> Payment {
    let new = NewPayment {
        id: PaymentId::generate(),
        order: order(),
        payment_method: PaymentMethod::parse("tok_a").unwrap(),
        idempotency_key: "key".to_owned(),
        fingerprint: "fingerprint".to_owned(),
        next_attempt_at: at(7),
    };
    Payment::new(new, at(0))
}

pub fn next(payment: &Payment, input: Input) -> Payment {
    match decide(payment, input, at(20)) {
        Decision::Next(next, _) => *next,
        Decision::Skipped(why) => panic!("{:?} skipped: {why}", payment.status),
    }
}

pub fn learn(payment: &Payment, state: GatewayState) -> Payment {
    next(payment, Input::Gateway(state))
}

pub fn follow(payment: &Payment, status: OrderStatus, ours: bool) -> Payment {
    let chosen = ours.then_some(payment.id);
    next(payment, Input::Order(Box::new(later(&payment.order, status, chosen))))
}

/// A payment that came to this status as payments do.
pub fn payment_at(status: PaymentStatus) -> Payment {
    let fresh = new_payment();
    let authorized = learn(&fresh, GatewayState::Authorized(card()));
    let capturing = follow(&authorized, OrderStatus::Confirmed, true);
    let captured = learn(&capturing, GatewayState::Captured(card()));
    let completed = follow(&captured, OrderStatus::Completed, true);
    let payment = match status {
        PaymentStatus::Authorizing => fresh,
        PaymentStatus::Authorized => authorized,
        PaymentStatus::Declined => learn(&fresh, GatewayState::Declined(DeclineReason::CardDeclined, None)),
        PaymentStatus::Capturing => capturing,
        PaymentStatus::Captured => completed,
        PaymentStatus::Failed => learn(&capturing, GatewayState::Voided),
        PaymentStatus::Voiding => follow(&authorized, OrderStatus::Expired, false),
        PaymentStatus::Voided => {
            learn(&follow(&authorized, OrderStatus::Expired, false), GatewayState::Voided)
        }
        PaymentStatus::Refunding => follow(&completed, OrderStatus::Refunding, true),
        PaymentStatus::Refunded => {
            learn(&follow(&completed, OrderStatus::Refunding, true), GatewayState::Refunded)
        }
    };
    assert_eq!(payment.status, status);
    payment
}

//! The decision: what a payment does when it learns something.

use common::{
    clock::Timestamp,
    control::{Control, is_broken},
    events::{
        order::OrderSnapshot,
        payment::{CardSummary, DeclineReason, PaymentStatus},
    },
};

use super::{Answer, Claim, GatewayState, Payment, PaymentFact, answer, is_under_way, retry_at};

/// What a payment can learn.
#[derive(Debug, Clone)]
pub enum Input {
    /// A snapshot of its order.
    Order(Box<OrderSnapshot>),
    /// What the gateway knows.
    Gateway(GatewayState),
    /// The gateway was asked and nobody knows what came of it. Unknown is not failed.
    Unknown,
}

/// What comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The next state, and the fact that tells of it if others can see the difference.
    Next(Box<Payment>, Option<PaymentFact>),
    /// Nothing, and why.
    Skipped(&'static str),
}

/// A request to the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    /// What do you know?
    Lookup,
    /// Reserve the money.
    Authorize,
    /// Charge what is reserved.
    Capture,
    /// Release what is reserved, and reserve nothing any more.
    Void,
    /// Give the money back.
    Refund,
}

/// Decides what a payment does when it learns something.
///
/// Whatever it learns, it ends by following its order: an authorisation that arrives for an order that is
/// over is released in the same step, and nothing is charged unless the newest snapshot says that the
/// order was confirmed by this very payment.
pub fn decide(payment: &Payment, input: Input, now: Timestamp) -> Decision {
    let mut next = payment.clone();
    let told = match input {
        Input::Order(order) if order.version < next.order.version => return Decision::Skipped("stale"),
        Input::Order(order) if order.version == next.order.version => return Decision::Skipped("duplicate"),
        Input::Order(order) => {
            next.order = *order;
            hurry(&mut next, now);
            None
        }
        Input::Gateway(state) => match answer(next.status, &state) {
            Answer::AtRest => return Decision::Skipped("at_rest"),
            Answer::NotYet | Answer::Contradicts => {
                // A reference that the gateway has seen never needs the token again.
                if state != GatewayState::NeverSeen {
                    next.payment_method = None;
                }
                next.awaits_buyer =
                    next.status == PaymentStatus::Authorizing && state == GatewayState::RequiresAction;
                ask_again(&mut next, now);
                None
            }
            Answer::Becomes(status) => {
                keep_details(&mut next, state);
                next.become_status(status, now)
            }
        },
        Input::Unknown if next.status == PaymentStatus::Capturing && is_broken(Control::UnknownIsFailed) => {
            next.become_status(PaymentStatus::Failed, now)
        }
        Input::Unknown if is_under_way(next.status) => {
            ask_again(&mut next, now);
            None
        }
        Input::Unknown => return Decision::Skipped("at_rest"),
    };
    follow_order(&mut next, now);
    Decision::Next(Box::new(next), told)
}

/// What is to be asked of the gateway, given what it has `heard` it say since the payment last changed.
/// `None` means that there is nothing to ask now.
#[expect(clippy::match_same_arms, reason = "one block per status reads as the table that it is")]
pub fn next_call(payment: &Payment, heard: Option<&GatewayState>) -> Option<Call> {
    match (payment.status, heard) {
        (PaymentStatus::Authorizing, None) => Some(Call::Lookup),
        (PaymentStatus::Authorizing, Some(GatewayState::NeverSeen)) => match payment.claim() {
            Claim::Open => Some(Call::Authorize),
            // A request that is still on its way must find the reference closed.
            Claim::Chosen | Claim::Refund | Claim::Unwanted => Some(Call::Void),
        },
        (PaymentStatus::Authorizing, Some(GatewayState::RequiresAction)) => match payment.claim() {
            Claim::Open => None,
            Claim::Chosen | Claim::Refund | Claim::Unwanted => Some(Call::Void),
        },
        (
            PaymentStatus::Authorizing,
            Some(
                GatewayState::Authorized(_)
                | GatewayState::Declined(..)
                | GatewayState::Captured(_)
                | GatewayState::Voided
                | GatewayState::Refunded,
            ),
        ) => None,
        (PaymentStatus::Capturing, None) => Some(Call::Capture),
        (PaymentStatus::Voiding, None) => Some(Call::Void),
        (PaymentStatus::Refunding, None) => Some(Call::Refund),
        (PaymentStatus::Capturing | PaymentStatus::Voiding | PaymentStatus::Refunding, Some(_)) => None,
        (
            PaymentStatus::Authorized
            | PaymentStatus::Declined
            | PaymentStatus::Captured
            | PaymentStatus::Failed
            | PaymentStatus::Voided
            | PaymentStatus::Refunded,
            _,
        ) => None,
    }
}

/// Takes the step that the order wants, if one is due from here.
fn follow_order(payment: &mut Payment, now: Timestamp) {
    let step = match (payment.status, payment.claim()) {
        (PaymentStatus::Authorized, Claim::Open) if is_broken(Control::AutoCapture) => {
            Some(PaymentStatus::Capturing)
        }
        (PaymentStatus::Authorized, Claim::Chosen) => Some(PaymentStatus::Capturing),
        // A refund of what was never charged is a release.
        (PaymentStatus::Authorized, Claim::Unwanted | Claim::Refund) => Some(PaymentStatus::Voiding),
        // Unwanted cannot be, since such an order was never confirmed by this payment. If it is all the
        // same, the buyer gets the money back.
        (PaymentStatus::Captured, Claim::Refund | Claim::Unwanted) => Some(PaymentStatus::Refunding),
        (PaymentStatus::Authorized, Claim::Open)
        | (PaymentStatus::Captured, Claim::Open | Claim::Chosen)
        | (
            PaymentStatus::Authorizing
            | PaymentStatus::Declined
            | PaymentStatus::Failed
            | PaymentStatus::Voided
            | PaymentStatus::Refunded
            | PaymentStatus::Capturing
            | PaymentStatus::Voiding
            | PaymentStatus::Refunding,
            Claim::Open | Claim::Chosen | Claim::Refund | Claim::Unwanted,
        ) => None,
    };
    if let Some(status) = step {
        payment.become_status(status, now);
    }
}

/// An order that is over does not wait for its turn: whatever is reserved, or about to be, is released.
fn hurry(payment: &mut Payment, now: Timestamp) {
    match (payment.status, payment.claim()) {
        (PaymentStatus::Authorizing, Claim::Chosen | Claim::Refund | Claim::Unwanted) => {
            payment.attempts = 0;
            payment.next_attempt_at = Some(now);
        }
        (PaymentStatus::Authorizing, Claim::Open)
        | (
            PaymentStatus::Authorized
            | PaymentStatus::Declined
            | PaymentStatus::Capturing
            | PaymentStatus::Captured
            | PaymentStatus::Failed
            | PaymentStatus::Voiding
            | PaymentStatus::Voided
            | PaymentStatus::Refunding
            | PaymentStatus::Refunded,
            _,
        ) => {}
    }
}

fn ask_again(payment: &mut Payment, now: Timestamp) {
    payment.attempts = payment.attempts.saturating_add(1);
    payment.next_attempt_at = Some(retry_at(payment.id, payment.attempts, now));
}

/// Keeps what the gateway's answer tells beyond the status.
fn keep_details(payment: &mut Payment, state: GatewayState) {
    match state {
        GatewayState::Authorized(card) | GatewayState::Captured(card) => keep_card(payment, Some(card)),
        GatewayState::Declined(reason, card) => {
            keep_card(payment, card);
            payment.decline_reason = Some(reason);
        }
        GatewayState::Voided if payment.status == PaymentStatus::Authorizing => {
            payment.decline_reason = Some(DeclineReason::OrderClosed);
        }
        GatewayState::NeverSeen
        | GatewayState::RequiresAction
        | GatewayState::Voided
        | GatewayState::Refunded => {}
    }
}

fn keep_card(payment: &mut Payment, card: Option<CardSummary>) {
    if card.is_some() {
        payment.card = card;
    }
}

#[cfg(test)]
mod tests;

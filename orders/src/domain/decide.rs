//! What an order does next: the table of states and inputs, in full.
//!
//! | order from | input | to |
//! |---|---|---|
//! | AwaitingPayment | timer fired and due / cancel | Expired / Cancelled |
//! | AwaitingPayment | payment p authorised before the deadline | Confirmed(p) |
//! | Confirmed(p) | p captured / p failed | Completed / Cancelled |
//! | Completed | refund request | Refunding |
//! | Refunding | p refunded | Refunded |
//! | any other pair | | unchanged or refused, and why |
//!
//! **The deadline divides.** Before it an authorisation confirms and a timer is too early; from it on a
//! timer expires and an authorisation is too late. Orders' own clock judges, at the moment of deciding, so
//! no order can do both. An authorisation that comes after the deadline but before the timer leaves the
//! order as it is: the timer (or the sweeper) ends it, and payments releases the money when it hears that.
//!
//! **Confirmed is the commit point.** No expiry and no cancellation follows it, only what the payment that
//! confirmed it does; `OrderConfirmed` names that payment, so that all others are released.

use common::{
    clock::Timestamp,
    control::{Control, is_broken},
    events::{
        order::{
            CancelReason,
            OrderStatus::{AwaitingPayment, Cancelled, Completed, Confirmed, Expired, Refunded, Refunding},
        },
        payment::{PaymentSnapshot, PaymentStatus},
    },
};

use super::order::{Actor, Order, RefundRequest};

/// What can happen to an order.
#[derive(Debug, Clone)]
pub enum Input<'a> {
    /// Somebody believes that the deadline has passed.
    TimerFired,
    /// Somebody gives the order up.
    Cancel(Actor),
    /// The money is reserved.
    PaymentAuthorized(&'a PaymentSnapshot),
    /// The buyer is charged.
    PaymentCaptured(&'a PaymentSnapshot),
    /// The money cannot be charged any more.
    PaymentFailed(&'a PaymentSnapshot),
    /// Somebody wants the money back.
    RefundRequested {
        /// In which role.
        by: Actor,
        /// Who, and under which key.
        request: RefundRequest,
        /// When the show starts: a buyer's right ends then.
        show_starts_at: Timestamp,
    },
    /// The money is back.
    PaymentRefunded(&'a PaymentSnapshot),
}

/// What an order does about an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It enters its next state: to be saved and told.
    Changed(Box<Order>),
    /// It stays as it is.
    Unchanged(Unchanged),
    /// The request cannot be granted.
    Refused(Refusal),
}

/// Why an input changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unchanged {
    /// The deadline is still to come.
    NotDue(Timestamp),
    /// The order is paid, so its deadline means nothing.
    Paid,
    /// The order has ended.
    Ended,
    /// What was asked for, or told of, has happened before.
    AlreadyDone,
    /// Another payment confirmed the order.
    OtherPayment,
    /// No payment has confirmed the order yet.
    NotConfirmed,
    /// No refund was asked for.
    NotRefunding,
    /// The authorisation came after the deadline.
    TooLate,
    /// The payment is not of the order's total, or not its buyer's.
    Mismatch,
}

/// Why a request cannot be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is paid, or it has ended otherwise.
    #[error("the order can no longer be cancelled")]
    NotCancellable,
    /// It is not completed.
    #[error("the order cannot be refunded")]
    NotRefundable,
    /// The show has begun.
    #[error("the show has started")]
    ShowStarted,
}

impl Unchanged {
    /// The word by which it is counted.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NotDue(_) => "not_due",
            Self::Paid => "paid",
            Self::Ended => "ended",
            Self::AlreadyDone => "already_done",
            Self::OtherPayment => "other_payment",
            Self::NotConfirmed => "not_confirmed",
            Self::NotRefunding => "not_refunding",
            Self::TooLate => "too_late",
            Self::Mismatch => "mismatch",
        }
    }
}

impl<'a> Input<'a> {
    /// What the newest state of a payment means for its order, if anything. A payment that is being
    /// captured was authorised, and one that is being refunded was captured, so an order that missed a
    /// step catches up. A released authorisation can never be charged, whoever released it: for the order
    /// that it confirmed it has failed.
    pub const fn of(payment: &'a PaymentSnapshot) -> Option<Self> {
        match payment.status {
            PaymentStatus::Authorized | PaymentStatus::Capturing => Some(Self::PaymentAuthorized(payment)),
            PaymentStatus::Captured | PaymentStatus::Refunding => Some(Self::PaymentCaptured(payment)),
            PaymentStatus::Failed | PaymentStatus::Voided => Some(Self::PaymentFailed(payment)),
            PaymentStatus::Refunded => Some(Self::PaymentRefunded(payment)),
            PaymentStatus::Authorizing | PaymentStatus::Declined | PaymentStatus::Voiding => None,
        }
    }
}

/// Decides what an order does about an input. `now` is orders' own clock.
pub fn decide(order: &Order, input: Input<'_>, now: Timestamp) -> Decision {
    match input {
        Input::TimerFired => timer_fired(order, now),
        Input::Cancel(actor) => cancel(order, actor, now),
        Input::PaymentAuthorized(payment) => payment_authorized(order, payment, now),
        Input::PaymentCaptured(payment) => payment_captured(order, payment, now),
        Input::PaymentFailed(payment) => payment_failed(order, payment, now),
        Input::RefundRequested { by, request, show_starts_at } => {
            refund_requested(order, by, request, show_starts_at, now)
        }
        Input::PaymentRefunded(payment) => payment_refunded(order, payment, now),
    }
}

fn timer_fired(order: &Order, now: Timestamp) -> Decision {
    match order.status {
        AwaitingPayment if now < order.expires_at && !is_broken(Control::ExpireEarly) => {
            Decision::Unchanged(Unchanged::NotDue(order.expires_at))
        }
        AwaitingPayment => changed(order.entering(Expired, now)),
        Confirmed if is_broken(Control::ExpireConfirmed) => changed(order.entering(Expired, now)),
        Confirmed | Completed | Refunding => Decision::Unchanged(Unchanged::Paid),
        Refunded | Cancelled | Expired => Decision::Unchanged(Unchanged::Ended),
    }
}

fn cancel(order: &Order, actor: Actor, now: Timestamp) -> Decision {
    let reason = match actor {
        Actor::Buyer => CancelReason::ByBuyer,
        Actor::Admin => CancelReason::ByAdmin,
    };
    match order.status {
        AwaitingPayment => changed(Order { cancel_reason: Some(reason), ..order.entering(Cancelled, now) }),
        // Whoever asks again, because the first answer was lost, gets it again.
        Cancelled => Decision::Unchanged(Unchanged::AlreadyDone),
        Confirmed | Completed | Refunding | Refunded | Expired => Decision::Refused(Refusal::NotCancellable),
    }
}

fn payment_authorized(order: &Order, payment: &PaymentSnapshot, now: Timestamp) -> Decision {
    match order.status {
        AwaitingPayment if payment.amount != order.total || payment.buyer_id != order.buyer_id => {
            Decision::Unchanged(Unchanged::Mismatch)
        }
        AwaitingPayment if now >= order.expires_at && !is_broken(Control::ConfirmLate) => {
            Decision::Unchanged(Unchanged::TooLate)
        }
        AwaitingPayment if is_broken(Control::CompleteUncharged) => {
            changed(Order { payment_id: Some(payment.id), ..order.entering(Completed, now) })
        }
        Expired if is_broken(Control::ReviveExpired) => {
            changed(Order { payment_id: Some(payment.id), ..order.entering(Confirmed, now) })
        }
        AwaitingPayment => changed(Order { payment_id: Some(payment.id), ..order.entering(Confirmed, now) }),
        Confirmed | Completed | Refunding => Decision::Unchanged(settled_by(order, payment)),
        Refunded | Cancelled | Expired => Decision::Unchanged(Unchanged::Ended),
    }
}

fn payment_captured(order: &Order, payment: &PaymentSnapshot, now: Timestamp) -> Decision {
    match order.status {
        AwaitingPayment => Decision::Unchanged(Unchanged::NotConfirmed),
        Confirmed if order.payment_id == Some(payment.id) => changed(order.entering(Completed, now)),
        Confirmed | Completed | Refunding => Decision::Unchanged(settled_by(order, payment)),
        Refunded | Cancelled | Expired => Decision::Unchanged(Unchanged::Ended),
    }
}

fn payment_failed(order: &Order, payment: &PaymentSnapshot, now: Timestamp) -> Decision {
    match order.status {
        // The buyer may try another card until the deadline.
        AwaitingPayment => Decision::Unchanged(Unchanged::NotConfirmed),
        Confirmed if order.payment_id == Some(payment.id) => {
            let reason = Some(CancelReason::PaymentFailed);
            changed(Order { cancel_reason: reason, ..order.entering(Cancelled, now) })
        }
        Confirmed => Decision::Unchanged(Unchanged::OtherPayment),
        Completed | Refunding => Decision::Unchanged(Unchanged::Paid),
        Refunded | Cancelled | Expired => Decision::Unchanged(Unchanged::Ended),
    }
}

fn refund_requested(
    order: &Order,
    by: Actor,
    request: RefundRequest,
    show_starts_at: Timestamp,
    now: Timestamp,
) -> Decision {
    match (order.status, by) {
        (Completed, Actor::Buyer) if now >= show_starts_at => Decision::Refused(Refusal::ShowStarted),
        (Completed, Actor::Buyer | Actor::Admin) => {
            changed(Order { refund: Some(request), ..order.entering(Refunding, now) })
        }
        (Refunding | Refunded, Actor::Buyer | Actor::Admin) if order.refund.as_ref() == Some(&request) => {
            Decision::Unchanged(Unchanged::AlreadyDone)
        }
        (
            AwaitingPayment | Confirmed | Refunding | Refunded | Cancelled | Expired,
            Actor::Buyer | Actor::Admin,
        ) => Decision::Refused(Refusal::NotRefundable),
    }
}

fn payment_refunded(order: &Order, payment: &PaymentSnapshot, now: Timestamp) -> Decision {
    match order.status {
        AwaitingPayment => Decision::Unchanged(Unchanged::NotConfirmed),
        Confirmed | Completed if order.payment_id == Some(payment.id) => {
            Decision::Unchanged(Unchanged::NotRefunding)
        }
        Refunding if order.payment_id == Some(payment.id) => changed(order.entering(Refunded, now)),
        Confirmed | Completed | Refunding => Decision::Unchanged(Unchanged::OtherPayment),
        Refunded | Cancelled | Expired => Decision::Unchanged(Unchanged::Ended),
    }
}

/// Why a payment no longer matters for an order that is confirmed: it is the one that did it, or another.
fn settled_by(order: &Order, payment: &PaymentSnapshot) -> Unchanged {
    if order.payment_id == Some(payment.id) { Unchanged::AlreadyDone } else { Unchanged::OtherPayment }
}

fn changed(order: Order) -> Decision {
    Decision::Changed(Box::new(order))
}

#[cfg(test)]
mod tests;

//! What the gateway's knowledge means for a payment.

use common::events::payment::{CardSummary, DeclineReason, PaymentStatus};

/// What the gateway knows under our reference. Whatever it was asked, this is what it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GatewayState {
    /// It has never heard of the reference.
    NeverSeen,
    /// The owner of the card has to confirm first; nothing is reserved.
    RequiresAction,
    /// The money is reserved.
    Authorized(CardSummary),
    /// It said no, when it was to reserve or when it was to charge. Nothing is reserved and never will be.
    Declined(DeclineReason, Option<CardSummary>),
    /// The money is charged.
    Captured(CardSummary),
    /// Nothing is reserved and never will be.
    Voided,
    /// The money was given back.
    Refunded,
}

/// What such an answer means for a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It is known now: the payment moves on.
    Becomes(PaymentStatus),
    /// It is not settled: the gateway is asked again.
    NotYet,
    /// It cannot be, if we and the gateway did our part: the payment stays, and a person has to look.
    Contradicts,
    /// The payment asks nothing of the gateway, and is told nothing by it.
    AtRest,
}

/// Every status and every answer.
#[expect(clippy::match_same_arms, reason = "one block per status reads as the table that it is")]
pub fn answer(status: PaymentStatus, state: &GatewayState) -> Answer {
    use GatewayState as G;
    use PaymentStatus as P;
    match (status, state) {
        (P::Authorizing, G::NeverSeen | G::RequiresAction) => Answer::NotYet,
        (P::Authorizing, G::Authorized(_)) => Answer::Becomes(P::Authorized),
        // Voided: we closed the reference because the order was over.
        (P::Authorizing, G::Declined(..) | G::Voided) => Answer::Becomes(P::Declined),
        (P::Authorizing, G::Captured(_) | G::Refunded) => Answer::Contradicts,

        (P::Capturing, G::Authorized(_)) => Answer::NotYet,
        (P::Capturing, G::Captured(_)) => Answer::Becomes(P::Captured),
        (P::Capturing, G::Declined(..) | G::Voided) => Answer::Becomes(P::Failed),
        (P::Capturing, G::NeverSeen | G::RequiresAction | G::Refunded) => Answer::Contradicts,

        (P::Voiding, G::NeverSeen | G::RequiresAction | G::Authorized(_)) => Answer::NotYet,
        (P::Voiding, G::Declined(..) | G::Voided) => Answer::Becomes(P::Voided),
        (P::Voiding, G::Captured(_) | G::Refunded) => Answer::Contradicts,

        (P::Refunding, G::Captured(_)) => Answer::NotYet,
        (P::Refunding, G::Refunded) => Answer::Becomes(P::Refunded),
        (P::Refunding, G::NeverSeen | G::RequiresAction | G::Authorized(_) | G::Declined(..) | G::Voided) => {
            Answer::Contradicts
        }

        (
            P::Authorized | P::Declined | P::Captured | P::Failed | P::Voided | P::Refunded,
            G::NeverSeen
            | G::RequiresAction
            | G::Authorized(_)
            | G::Declined(..)
            | G::Captured(_)
            | G::Voided
            | G::Refunded,
        ) => Answer::AtRest,
    }
}

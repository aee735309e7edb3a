//! One attempt to pay an order.

use common::{
    clock::Timestamp,
    control::{Control, is_broken},
    events::{
        order::{OrderSnapshot, OrderStatus},
        payment::{
            CardSummary, DeclineReason, PaymentAuthorized, PaymentCaptured, PaymentDeclined, PaymentFailed,
            PaymentRefunded, PaymentSnapshot, PaymentStatus, PaymentVoided,
        },
    },
    ids::{OrderId, PaymentId, UserId},
    money::Money,
};
use serde::{Deserialize, Serialize};

use super::{Claim, PaymentMethod, claim};

/// A payment with everything that is decided from: one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// The payment; also our reference at the gateway.
    pub id: PaymentId,
    /// How many facts about it were published. States without a fact (`…ing`) do not count.
    pub version: u64,
    /// Which order it pays.
    pub order_id: OrderId,
    /// Who pays.
    pub buyer_id: UserId,
    /// How much: the order's total.
    pub amount: Money,
    /// Where it stands.
    pub status: PaymentStatus,
    /// Whether it bars other payments of the order: what the unique index is over.
    pub live: bool,
    /// The card, once the gateway has named it.
    pub card: Option<CardSummary>,
    /// Why the gateway refused.
    pub decline_reason: Option<DeclineReason>,
    /// Whether the bank waits for the buyer to confirm it (3-D Secure).
    #[serde(default)]
    pub awaits_buyer: bool,
    /// The newest snapshot of the order. It lies here, so that whoever learns of the order and whoever
    /// learns of the gateway write the same document, and neither can miss the other.
    pub order: OrderSnapshot,
    /// How to pay; kept only until the gateway has seen the reference, for a request that has to be
    /// repeated because nobody knows whether it arrived.
    pub payment_method: Option<PaymentMethod>,
    /// The buyer's idempotency key.
    pub idempotency_key: String,
    /// What the buyer sent under that key.
    pub fingerprint: String,
    /// What the others were told last, exactly as it was published.
    pub published: Option<PaymentSnapshot>,
    /// How often the gateway was asked, in the present status, without settling it.
    pub attempts: u32,
    /// When the gateway is to be asked next; absent when there is nothing to ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Timestamp>,
    /// The trace that moved it last, which goes on when the gateway is asked.
    pub traceparent: Option<String>,
    /// When the buyer paid.
    pub created_at: Timestamp,
    /// When it last changed its status.
    pub changed_at: Timestamp,
}

/// What a payment is made from.
#[derive(Debug, Clone)]
pub struct NewPayment {
    /// The id that it gets.
    pub id: PaymentId,
    /// The order, as known now.
    pub order: OrderSnapshot,
    /// How to pay.
    pub payment_method: PaymentMethod,
    /// The buyer's idempotency key.
    pub idempotency_key: String,
    /// What the buyer sent under that key.
    pub fingerprint: String,
    /// When somebody else asks the gateway if whoever made the payment does not come back.
    pub next_attempt_at: Timestamp,
}

/// What is published about a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentFact {
    /// The money is reserved.
    Authorized(PaymentAuthorized),
    /// The gateway said no.
    Declined(PaymentDeclined),
    /// The buyer was charged.
    Captured(PaymentCaptured),
    /// The reserved money could not be charged.
    Failed(PaymentFailed),
    /// The reserved money was released.
    Voided(PaymentVoided),
    /// The money was given back.
    Refunded(PaymentRefunded),
}

impl Payment {
    /// A payment of which the gateway has not been told yet.
    pub fn new(new: NewPayment, now: Timestamp) -> Self {
        Self {
            id: new.id,
            version: 0,
            order_id: new.order.id,
            buyer_id: new.order.buyer_id,
            amount: new.order.total,
            status: PaymentStatus::Authorizing,
            live: true,
            card: None,
            decline_reason: None,
            awaits_buyer: false,
            order: new.order,
            payment_method: Some(new.payment_method),
            idempotency_key: new.idempotency_key,
            fingerprint: new.fingerprint,
            published: None,
            attempts: 0,
            next_attempt_at: Some(new.next_attempt_at),
            traceparent: None,
            created_at: now,
            changed_at: now,
        }
    }

    /// What the order wants of this payment.
    pub fn claim(&self) -> Claim {
        claim(&self.order, self.id)
    }

    /// Whether orders has to act before this payment can go on or be forgotten.
    pub fn awaits_order(&self) -> bool {
        match self.status {
            PaymentStatus::Authorized => true,
            PaymentStatus::Captured | PaymentStatus::Failed => self.order.status == OrderStatus::Confirmed,
            PaymentStatus::Refunded => self.order.status == OrderStatus::Refunding,
            PaymentStatus::Authorizing
            | PaymentStatus::Declined
            | PaymentStatus::Capturing
            | PaymentStatus::Voiding
            | PaymentStatus::Voided
            | PaymentStatus::Refunding => false,
        }
    }

    /// The fact that tells where the payment stands, for those who missed it. While the gateway is asked
    /// it is the one before.
    pub fn current_fact(&self) -> Option<PaymentFact> {
        self.published.clone().and_then(PaymentFact::of)
    }

    /// The public state.
    pub fn snapshot(&self) -> PaymentSnapshot {
        PaymentSnapshot {
            id: self.id,
            version: self.version,
            order_id: self.order_id,
            buyer_id: self.buyer_id,
            amount: self.amount,
            status: self.status,
            card: self.card.clone(),
            decline_reason: self.decline_reason,
            created_at: self.created_at,
            changed_at: self.changed_at,
        }
    }

    /// Moves on. The only place that sets a status, and with it everything that follows from one.
    pub(super) fn become_status(&mut self, status: PaymentStatus, now: Timestamp) -> Option<PaymentFact> {
        self.status = status;
        self.live = is_live(status);
        self.awaits_buyer = false;
        self.attempts = 0;
        self.next_attempt_at = is_under_way(status).then_some(now);
        self.changed_at = now;
        if status != PaymentStatus::Authorizing {
            self.payment_method = None;
        }
        if is_under_way(status) {
            return None;
        }
        self.version += if is_broken(Control::VersionGap) { 2 } else { 1 };
        self.published = Some(self.snapshot());
        self.current_fact()
    }
}

impl PaymentFact {
    /// The fact for a published state; the states under way have none.
    fn of(snapshot: PaymentSnapshot) -> Option<Self> {
        match snapshot.status {
            PaymentStatus::Authorized => Some(Self::Authorized(PaymentAuthorized(snapshot))),
            PaymentStatus::Declined => Some(Self::Declined(PaymentDeclined(snapshot))),
            PaymentStatus::Captured => Some(Self::Captured(PaymentCaptured(snapshot))),
            PaymentStatus::Failed => Some(Self::Failed(PaymentFailed(snapshot))),
            PaymentStatus::Voided => Some(Self::Voided(PaymentVoided(snapshot))),
            PaymentStatus::Refunded => Some(Self::Refunded(PaymentRefunded(snapshot))),
            PaymentStatus::Authorizing
            | PaymentStatus::Capturing
            | PaymentStatus::Voiding
            | PaymentStatus::Refunding => None,
        }
    }

    /// The public state that it tells.
    pub fn snapshot(&self) -> &PaymentSnapshot {
        match self {
            Self::Authorized(PaymentAuthorized(snapshot))
            | Self::Declined(PaymentDeclined(snapshot))
            | Self::Captured(PaymentCaptured(snapshot))
            | Self::Failed(PaymentFailed(snapshot))
            | Self::Voided(PaymentVoided(snapshot))
            | Self::Refunded(PaymentRefunded(snapshot)) => snapshot,
        }
    }
}

/// Whether a payment in this state bars other payments of its order.
pub const fn is_live(status: PaymentStatus) -> bool {
    match status {
        PaymentStatus::Authorizing
        | PaymentStatus::Authorized
        | PaymentStatus::Capturing
        | PaymentStatus::Captured
        | PaymentStatus::Voiding
        | PaymentStatus::Refunding => true,
        PaymentStatus::Declined | PaymentStatus::Failed | PaymentStatus::Voided | PaymentStatus::Refunded => {
            false
        }
    }
}

/// Whether the gateway has yet to answer: such a state is left only on an answer.
pub const fn is_under_way(status: PaymentStatus) -> bool {
    match status {
        PaymentStatus::Authorizing
        | PaymentStatus::Capturing
        | PaymentStatus::Voiding
        | PaymentStatus::Refunding => true,
        PaymentStatus::Authorized
        | PaymentStatus::Declined
        | PaymentStatus::Captured
        | PaymentStatus::Failed
        | PaymentStatus::Voided
        | PaymentStatus::Refunded => false,
    }
}

//! What clients see.

use common::{
    clock::Timestamp,
    events::{
        payment::{CardSummary, DeclineReason, PaymentStatus},
        payout::PayoutStatus,
    },
    ids::{OrderId, PaymentId, PayoutId},
    money::Money,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    domain::{Payment, Payout},
    gateway::PaymentGateway,
};

/// One attempt to pay an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentView {
    /// The payment.
    pub id: PaymentId,
    /// Which order it pays.
    pub order_id: OrderId,
    /// How much.
    pub amount: Money,
    /// Where it stands. `authorizing` means that nobody knows yet: look again soon.
    pub status: PaymentStatus,
    /// The card, once the gateway has named it.
    pub card: Option<CardSummary>,
    /// Why the gateway refused, if it did.
    pub decline_reason: Option<DeclineReason>,
    /// What the buyer has to do before it can go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_action: Option<NextAction>,
    /// When the buyer paid.
    pub created_at: Timestamp,
    /// When the payment last changed its status.
    pub changed_at: Timestamp,
}

/// What a buyer has to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum NextAction {
    /// Confirm the payment on the bank's page (3-D Secure), in a frame or a window.
    Authenticate {
        /// Where that page is.
        #[schema(example = "/sandbox/v1/challenges/01939c5e-7d3b-7c1a-9f6e-2b8d4c6a1e35")]
        url: String,
    },
}

impl PaymentView {
    /// What a client sees of a payment at this gateway.
    pub fn of(payment: Payment, gateway: &dyn PaymentGateway) -> Self {
        let url = payment.awaits_buyer.then(|| gateway.challenge_url(payment.id));
        Self {
            next_action: url.map(|url| NextAction::Authenticate { url }),
            id: payment.id,
            order_id: payment.order_id,
            amount: payment.amount,
            status: payment.status,
            card: payment.card,
            decline_reason: payment.decline_reason,
            created_at: payment.created_at,
            changed_at: payment.changed_at,
        }
    }
}

/// What a seller is owed for one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PayoutView {
    /// The payout.
    pub id: PayoutId,
    /// For which order.
    pub order_id: OrderId,
    /// How much.
    pub amount: Money,
    /// Where it stands.
    pub status: PayoutStatus,
    /// When it was scheduled.
    pub created_at: Timestamp,
    /// When it last changed its status.
    pub changed_at: Timestamp,
}

impl From<Payout> for PayoutView {
    fn from(payout: Payout) -> Self {
        Self {
            id: payout.id,
            order_id: payout.order_id,
            amount: payout.amount,
            status: payout.status,
            created_at: payout.created_at,
            changed_at: payout.changed_at,
        }
    }
}

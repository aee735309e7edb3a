//! Facts about payments. Owner: payments.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    clock::Timestamp,
    events::facts,
    ids::{OrderId, PaymentId, UserId},
    money::Money,
};

/// Where a payment stands. A state that ends in `…ing` is left only on a known answer of the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// The gateway has been asked to reserve the money, or is about to be.
    Authorizing,
    /// The money is reserved; nothing is charged yet.
    Authorized,
    /// End: the gateway refused.
    Declined,
    /// The order is confirmed; the gateway is asked to charge.
    Capturing,
    /// The buyer is charged.
    Captured,
    /// End: the reserved money could not be charged.
    Failed,
    /// The order is taken or over; the gateway is asked to release the money.
    Voiding,
    /// End: released; nothing was charged.
    Voided,
    /// The gateway is asked to give the money back.
    Refunding,
    /// End: given back.
    Refunded,
}

/// What is kept of a card: enough for its owner to know it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CardSummary {
    /// The brand, for example `visa`.
    pub brand: String,
    /// The last four digits.
    pub last4: String,
}

/// Why the gateway refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeclineReason {
    /// The bank gave no reason.
    CardDeclined,
    /// There is not enough money.
    InsufficientFunds,
    /// The card is past its date.
    ExpiredCard,
    /// The security code is wrong.
    IncorrectCvc,
    /// The owner did not confirm with the bank.
    AuthenticationFailed,
    /// The payment method is not known to the gateway.
    UnknownPaymentMethod,
    /// The order was over before the gateway was asked.
    OrderClosed,
}

/// The public state of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PaymentSnapshot {
    /// The payment; also our reference at the gateway.
    pub id: PaymentId,
    /// 1, 2, 3 … per payment.
    pub version: u64,
    /// Which order it pays.
    pub order_id: OrderId,
    /// Who pays.
    pub buyer_id: UserId,
    /// How much.
    pub amount: Money,
    /// Where the payment stands.
    pub status: PaymentStatus,
    /// The card, once the gateway has named it.
    pub card: Option<CardSummary>,
    /// Why the gateway refused, if it did.
    pub decline_reason: Option<DeclineReason>,
    /// When the buyer paid.
    pub created_at: Timestamp,
    /// When the payment last changed its status.
    pub changed_at: Timestamp,
}

facts! {
    PaymentSnapshot by "payments" about "payment";
    any PaymentChanged;
    /// The money for an order is reserved.
    PaymentAuthorized = "authorized" v 1;
    /// The gateway refused to reserve the money.
    PaymentDeclined = "declined" v 1;
    /// The buyer was charged.
    PaymentCaptured = "captured" v 1;
    /// The reserved money could not be charged.
    PaymentFailed = "failed" v 1;
    /// The reserved money was released; nothing was charged.
    PaymentVoided = "voided" v 1;
    /// The money was given back.
    PaymentRefunded = "refunded" v 1;
}

//! What the ledger holds: every effect that the gateway ever had, once and in order.

use common::clock::Timestamp;
use serde::{Deserialize, Serialize};

use super::cards::Behaviour;

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// 1, 2, 3 … without gaps.
    pub seq: u64,
    /// When it took effect.
    pub at: Timestamp,
    /// What took effect.
    #[serde(flatten)]
    pub effect: Effect,
}

/// An amount of one currency, in minor units. A gateway serves more shops than ours, so it has a type of
/// its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Amount {
    /// Minor units.
    pub amount_cents: i64,
    /// Three capital letters.
    pub currency: String,
}

/// What took effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Effect {
    /// A card was exchanged for a token.
    TokenCreated { token: String, brand: String, last4: String, behaviour: Behaviour },
    /// Nothing is reserved before the owner of the card has confirmed with the bank.
    ActionRequired {
        reference: String,
        token: String,
        #[serde(flatten)]
        amount: Amount,
    },
    /// Money is reserved.
    Authorized {
        reference: String,
        token: String,
        #[serde(flatten)]
        amount: Amount,
    },
    /// The bank said no; the token is absent if it is not one of ours.
    Declined {
        reference: String,
        token: Option<String>,
        reason: String,
        #[serde(flatten)]
        amount: Amount,
    },
    /// What was reserved is charged.
    Captured {
        reference: String,
        #[serde(flatten)]
        amount: Amount,
    },
    /// What was reserved could not be charged and is released.
    CaptureFailed { reference: String },
    /// What was reserved, if anything, is released; nothing can be reserved under this reference any more.
    Voided { reference: String },
    /// What was charged is given back.
    Refunded {
        reference: String,
        #[serde(flatten)]
        amount: Amount,
    },
}

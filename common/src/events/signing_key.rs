//! Facts about the keys that sign access tokens. Owner: auth. Only public halves travel.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{clock::Timestamp, events::facts, ids::KeyId};

/// Whether tokens signed with the key are to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SigningKeyStatus {
    /// Tokens signed with it are valid.
    Active,
    /// Tokens signed with it are refused.
    Retired,
}

/// The public state of a signing key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SigningKeySnapshot {
    /// The key, `kid` in access tokens.
    pub id: KeyId,
    /// 1, 2, 3 … per key.
    pub version: u64,
    /// The raw Ed25519 public key (32 bytes) in unpadded base64url: `x` of its JWK.
    pub public_key: String,
    /// Whether tokens signed with the key are to be believed.
    pub status: SigningKeyStatus,
    /// When the key was made.
    pub created_at: Timestamp,
}

facts! {
    SigningKeySnapshot by "auth" about "signing_key";
    any AnySigningKeyChanged;
    /// A signing key was made or retired.
    SigningKeyChanged = "changed" v 1;
}

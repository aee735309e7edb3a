//! Facts about people with an account. Owner: auth.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{clock::Timestamp, events::facts, ids::UserId};

/// What a user may do beyond buying and selling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Buys and sells.
    User,
    /// Also creates shows and sees what belongs to others.
    Admin,
}

/// Whether the account may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserStatus {
    /// May sign in.
    Active,
    /// May not sign in.
    Disabled,
}

/// The public state of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserSnapshot {
    /// The user.
    pub id: UserId,
    /// 1, 2, 3 … per user.
    pub version: u64,
    /// The normalised e-mail address.
    pub email: String,
    /// How the user wants to be called.
    pub name: String,
    /// What the user may do.
    pub role: Role,
    /// Whether the account may be used.
    pub status: UserStatus,
    /// When the account was made.
    pub created_at: Timestamp,
}

facts! {
    UserSnapshot by "auth" about "user";
    any UserChanged;
    /// Somebody signed up.
    UserCreated = "created" v 1;
    /// A user's name, role or status changed.
    UserUpdated = "updated" v 1;
}

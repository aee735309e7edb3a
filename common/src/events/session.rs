//! Facts about sign-ins. Owner: auth. Only the end of a session is told: nobody else needs its beginning.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    clock::Timestamp,
    events::facts,
    ids::{SessionId, UserId},
};

/// The public state of a session that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionSnapshot {
    /// The session, `sid` in access tokens.
    pub id: SessionId,
    /// 1, 2, 3 … per session.
    pub version: u64,
    /// Whose session it was.
    pub user_id: UserId,
    /// When the user signed in.
    pub created_at: Timestamp,
    /// When the session ended.
    pub revoked_at: Timestamp,
    /// Until when access tokens of this session could still be presented.
    pub tokens_expire_at: Timestamp,
}

facts! {
    SessionSnapshot by "auth" about "session";
    any SessionChanged;
    /// A session ended: its access tokens are void from now on.
    SessionRevoked = "revoked" v 1;
}

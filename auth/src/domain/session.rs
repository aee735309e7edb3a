//! One sign-in of a user on one device.

use std::time::Duration;

use common::{
    clock::Timestamp,
    events::{
        session::SessionSnapshot,
        user::{Role, UserStatus},
    },
    ids::{SessionId, UserId},
};
use serde::{Deserialize, Serialize};

use super::user::User;

/// The state of a session. Only its end is told to the other services.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The session, `sid` in access tokens.
    pub id: SessionId,
    /// Counts the published facts: 0 until the session is revoked.
    pub version: u64,
    /// Whose session it is.
    pub user_id: UserId,
    /// When the user signed in.
    pub created_at: Timestamp,
    /// Until when an access token of this session is valid.
    pub tokens_expire_at: Timestamp,
    /// When the session was ended, if it was.
    pub revoked_at: Option<Timestamp>,
}

/// Why the bearer of a valid token is nevertheless unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SessionRefusal {
    /// There is no such session, or it is somebody else's.
    #[error("the session is unknown")]
    Unknown,
    /// The user signed out.
    #[error("the session was revoked")]
    Revoked,
    /// The account may not be used.
    #[error("the account is disabled")]
    Disabled,
    /// The user is not what the token says.
    #[error("the role changed since the token was signed")]
    RoleChanged,
}

impl Session {
    /// Begins a session whose access token is valid for `ttl`.
    pub fn begin(id: SessionId, user_id: UserId, now: Timestamp, ttl: Duration) -> Self {
        let tokens_expire_at = now.plus(ttl);
        Self { id, version: 0, user_id, created_at: now, tokens_expire_at, revoked_at: None }
    }

    /// The session, ended; `None` if it has ended already.
    pub fn revoked(&self, now: Timestamp) -> Option<Self> {
        match self.revoked_at {
            Some(_) => None,
            None => Some(Self { revoked_at: Some(now), version: self.version + 1, ..self.clone() }),
        }
    }

    /// The public state of a session that has ended; `None` while it goes on.
    pub fn snapshot(&self) -> Option<SessionSnapshot> {
        Some(SessionSnapshot {
            id: self.id,
            version: self.version,
            user_id: self.user_id,
            created_at: self.created_at,
            revoked_at: self.revoked_at?,
            tokens_expire_at: self.tokens_expire_at,
        })
    }
}

/// Whether the bearer of a token of this session is still the user that the token names. The token's
/// signature and times have been checked; this asks what may have changed since it was signed.
pub fn authenticate<'a>(
    session: Option<&Session>,
    user: Option<&'a User>,
    role: Role,
) -> Result<&'a User, SessionRefusal> {
    let (Some(session), Some(user)) = (session, user) else {
        return Err(SessionRefusal::Unknown);
    };
    if session.user_id != user.id {
        return Err(SessionRefusal::Unknown);
    }
    if session.revoked_at.is_some() {
        return Err(SessionRefusal::Revoked);
    }
    match user.status {
        UserStatus::Disabled => Err(SessionRefusal::Disabled),
        UserStatus::Active if user.role != role => Err(SessionRefusal::RoleChanged),
        UserStatus::Active => Ok(user),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::user::tests::ada;

    fn session_of(user: &User) -> Session {
        let now = Timestamp::from_millis(5_000).unwrap();
        Session::begin(SessionId::generate(), user.id, now, Duration::from_mins(10))
    }

    #[test]
    fn a_session_ends_once_and_tells_it_as_its_first_fact() {
        let session = session_of(&ada());
        assert_eq!(session.snapshot(), None, "nobody else needs the beginning");
        let later = session.created_at.plus(Duration::from_mins(1));
        let ended = session.revoked(later).unwrap();
        let snapshot = ended.snapshot().unwrap();
        assert_eq!((snapshot.version, snapshot.revoked_at), (1, later));
        assert_eq!(snapshot.tokens_expire_at, session.created_at.plus(Duration::from_mins(10)));
        assert_eq!(ended.revoked(later), None);
    }

    #[test]
    fn only_the_active_user_of_a_live_session_is_known() {
        let user = ada();
        let live = session_of(&user);
        let ended = live.revoked(live.created_at).unwrap();
        let disabled = User { status: UserStatus::Disabled, ..user.clone() };
        let other = ada();

        assert_eq!(authenticate(Some(&live), Some(&user), Role::User), Ok(&user));
        for (session, user, role, refusal) in [
            (None, Some(&user), Role::User, SessionRefusal::Unknown),
            (Some(&live), None, Role::User, SessionRefusal::Unknown),
            (Some(&live), Some(&other), Role::User, SessionRefusal::Unknown),
            (Some(&ended), Some(&user), Role::User, SessionRefusal::Revoked),
            (Some(&ended), Some(&disabled), Role::User, SessionRefusal::Revoked),
            (Some(&live), Some(&disabled), Role::User, SessionRefusal::Disabled),
            (Some(&live), Some(&user), Role::Admin, SessionRefusal::RoleChanged),
        ] {
            assert_eq!(authenticate(session, user, role), Err(refusal));
        }
    }
}

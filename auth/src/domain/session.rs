//! One sign-in of a user on one device.

use common::{
    clock::Timestamp,
    events::{
        session::SessionSnapshot,
        user::{Role, UserStatus},
    },
    ids::{SessionId, UserId},
};
use serde::{Deserialize, Serialize};

use super::{
    device::UserAgent,
    lifetimes::Lifetimes,
    refresh_token::RefreshToken,
    renewal::{Renewal, RenewalRefusal},
    user::User,
};

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
    /// Until when the newest access token of this session is valid.
    pub tokens_expire_at: Timestamp,
    /// When the session was ended, if it was.
    pub revoked_at: Option<Timestamp>,
    /// How it is renewed; a session from before there were refresh tokens cannot be.
    #[serde(default)]
    pub renewal: Option<Renewal>,
    /// What the device called itself.
    #[serde(default)]
    pub user_agent: Option<UserAgent>,
    /// How many changes of the password it has survived, or come after.
    #[serde(default)]
    pub password_changes: u32,
}

/// What becomes of a session when one of its refresh tokens is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renewed {
    /// It goes on.
    GoesOn(Session),
    /// There is a copy of the token, so the session has ended: whoever holds it signs in again.
    Ended(Session),
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
    /// It cannot be renewed with this token.
    #[error(transparent)]
    NotRenewed(#[from] RenewalRefusal),
    /// The user has another password than when the session began.
    #[error("the password was changed")]
    PasswordChanged,
    /// The user is not what the token says.
    #[error("the role changed since the token was signed")]
    RoleChanged,
}

impl Session {
    /// Begins the session that this refresh token names.
    pub fn begin(
        user: &User,
        first: &RefreshToken,
        user_agent: Option<UserAgent>,
        lifetimes: Lifetimes,
        now: Timestamp,
    ) -> Self {
        Self {
            id: first.session(),
            version: 0,
            user_id: user.id,
            created_at: now,
            tokens_expire_at: now.plus(lifetimes.token),
            revoked_at: None,
            renewal: Some(Renewal::begin(first, now, lifetimes.session)),
            user_agent,
            password_changes: user.password_changes,
        }
    }

    /// The session after the refresh token `shown` was answered with `next` and a new access token.
    pub fn renewed(
        &self,
        user: &User,
        shown: &RefreshToken,
        next: &RefreshToken,
        lifetimes: Lifetimes,
        now: Timestamp,
    ) -> Result<Renewed, SessionRefusal> {
        owner(self, user)?;
        let renewal = self.renewal.as_ref().ok_or(RenewalRefusal::Unknown)?;
        match renewal.renewed(shown, next, now) {
            Ok(renewal) => {
                // No access token outlives its session.
                let tokens_expire_at = now.plus(lifetimes.token).min(renewal.expires_at);
                Ok(Renewed::GoesOn(Self { tokens_expire_at, renewal: Some(renewal), ..self.clone() }))
            }
            Err(RenewalRefusal::Superseded) => {
                Ok(Renewed::Ended(self.revoked(now).ok_or(SessionRefusal::Revoked)?))
            }
            Err(refusal @ (RenewalRefusal::Expired | RenewalRefusal::Unknown)) => Err(refusal.into()),
        }
    }

    /// The session, ended; `None` if it has ended already.
    pub fn revoked(&self, now: Timestamp) -> Option<Self> {
        match self.revoked_at {
            Some(_) => None,
            None => Some(Self { revoked_at: Some(now), version: self.version + 1, ..self.clone() }),
        }
    }

    /// From when on it is good for nothing, unless it is ended before.
    pub fn expires_at(&self) -> Timestamp {
        self.renewal.as_ref().map_or(self.tokens_expire_at, |renewal| renewal.expires_at)
    }

    /// When it last got new tokens.
    pub fn last_used_at(&self) -> Timestamp {
        self.renewal.as_ref().map_or(self.created_at, |renewal| renewal.renewed_at)
    }

    /// The session, so that it goes on beyond the next change of its user's password.
    #[must_use]
    pub fn kept_beyond(&self, user: &User) -> Self {
        Self { password_changes: user.password_changes + 1, ..self.clone() }
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
    let user = owner(session, user)?;
    if user.role == role { Ok(user) } else { Err(SessionRefusal::RoleChanged) }
}

/// The user of a session that goes on.
fn owner<'a>(session: &Session, user: &'a User) -> Result<&'a User, SessionRefusal> {
    if session.user_id != user.id {
        return Err(SessionRefusal::Unknown);
    }
    if session.revoked_at.is_some() {
        return Err(SessionRefusal::Revoked);
    }
    match user.status {
        UserStatus::Disabled => Err(SessionRefusal::Disabled),
        // The change ends sessions as well, but one that begins at the same moment may escape it.
        UserStatus::Active if session.password_changes < user.password_changes => {
            Err(SessionRefusal::PasswordChanged)
        }
        UserStatus::Active => Ok(user),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{password::PasswordHash, renewal::tests::token, user::tests::ada};

    const LIFETIMES: Lifetimes = Lifetimes {
        key: Duration::from_hours(24),
        token: Duration::from_mins(10),
        session: Duration::from_mins(25),
    };

    fn session_of(user: &User) -> Session {
        let now = Timestamp::from_millis(5_000).unwrap();
        Session::begin(user, &token(0), None, LIFETIMES, now)
    }

    /// `session` after so many minutes, when one token was answered with another.
    fn renewed(
        session: &Session,
        user: &User,
        tokens: (u8, u8),
        mins: u64,
    ) -> Result<Renewed, SessionRefusal> {
        let now = session.created_at.plus(Duration::from_mins(mins));
        session.renewed(user, &token(tokens.0), &token(tokens.1), LIFETIMES, now)
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
    fn a_renewed_session_has_a_new_access_token_that_does_not_outlive_it() {
        let user = ada();
        let session = session_of(&user);
        let after = |mins| session.created_at.plus(Duration::from_mins(mins));
        let Ok(Renewed::GoesOn(next)) = renewed(&session, &user, (0, 1), 5) else { panic!("not renewed") };
        assert_eq!((next.tokens_expire_at, next.version), (after(15), 0));
        let Ok(Renewed::GoesOn(last)) = renewed(&next, &user, (1, 2), 20) else { panic!("not renewed") };
        assert_eq!(last.tokens_expire_at, after(25));
        let late = renewed(&last, &user, (2, 3), 25);
        assert_eq!(late, Err(SessionRefusal::NotRenewed(RenewalRefusal::Expired)));
    }

    #[test]
    fn a_superseded_token_ends_the_session_and_any_token_leaves_it_ended() {
        let user = ada();
        let session = session_of(&user);
        let Ok(Renewed::GoesOn(next)) = renewed(&session, &user, (0, 1), 1) else { panic!("not renewed") };
        let Ok(Renewed::GoesOn(next)) = renewed(&next, &user, (1, 2), 2) else { panic!("not renewed") };
        let Ok(Renewed::Ended(ended)) = renewed(&next, &user, (0, 3), 3) else { panic!("not ended") };
        assert_eq!(ended.snapshot().unwrap().tokens_expire_at, next.tokens_expire_at);
        for shown in [0, 1, 2] {
            assert_eq!(renewed(&ended, &user, (shown, 4), 3), Err(SessionRefusal::Revoked));
        }
    }

    #[test]
    fn only_its_own_active_user_renews_a_session() {
        let user = ada();
        let session = session_of(&user);
        let disabled = User { status: UserStatus::Disabled, ..user.clone() };
        assert_eq!(renewed(&session, &disabled, (0, 1), 1), Err(SessionRefusal::Disabled));
        assert_eq!(renewed(&session, &ada(), (0, 1), 1), Err(SessionRefusal::Unknown));
        let of_old = Session { renewal: None, ..session };
        let refused = renewed(&of_old, &user, (0, 1), 1);
        assert_eq!(refused, Err(SessionRefusal::NotRenewed(RenewalRefusal::Unknown)));
    }

    #[test]
    fn only_the_active_user_of_a_live_session_is_known() {
        let user = ada();
        let live = session_of(&user);
        let ended = live.revoked(live.created_at).unwrap();
        let disabled = User { status: UserStatus::Disabled, ..user.clone() };
        let other = ada();
        let changed = user.with_password(PasswordHash::from_phc("$argon2id$new".into()));

        assert_eq!(authenticate(Some(&live), Some(&user), Role::User), Ok(&user));
        for (session, user, role, refusal) in [
            (None, Some(&user), Role::User, SessionRefusal::Unknown),
            (Some(&live), None, Role::User, SessionRefusal::Unknown),
            (Some(&live), Some(&other), Role::User, SessionRefusal::Unknown),
            (Some(&ended), Some(&user), Role::User, SessionRefusal::Revoked),
            (Some(&ended), Some(&disabled), Role::User, SessionRefusal::Revoked),
            (Some(&live), Some(&disabled), Role::User, SessionRefusal::Disabled),
            (Some(&live), Some(&changed), Role::User, SessionRefusal::PasswordChanged),
            (Some(&live), Some(&user), Role::Admin, SessionRefusal::RoleChanged),
        ] {
            assert_eq!(authenticate(session, user, role), Err(refusal));
        }
        let kept = live.kept_beyond(&user);
        for user in [&user, &changed] {
            assert_eq!(authenticate(Some(&kept), Some(user), Role::User), Ok(user));
        }
    }
}

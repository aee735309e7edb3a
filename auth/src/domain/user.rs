//! A person with an account.

use common::{
    clock::Timestamp,
    events::user::{Role, UserSnapshot, UserStatus},
    ids::UserId,
};
use serde::{Deserialize, Serialize};

use super::{email::Email, name::DisplayName, password::PasswordHash};

/// The state of a user. All but the password's hash is public to the other services.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The user.
    pub id: UserId,
    /// Counts the published facts.
    pub version: u64,
    /// Unique among all users.
    pub email: Email,
    /// How the user wants to be called.
    pub name: DisplayName,
    /// What the user may do.
    pub role: Role,
    /// Whether the account may be used.
    pub status: UserStatus,
    /// Never leaves auth's database.
    pub password_hash: PasswordHash,
    /// When the account was made.
    pub created_at: Timestamp,
    /// How often the password was changed: sessions from before are not believed any more.
    #[serde(default)]
    pub password_changes: u32,
}

/// What somebody tells of himself to get an account.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Where to reach the user, and the name to sign in with.
    pub email: Email,
    /// How the user wants to be called.
    pub name: DisplayName,
}

impl User {
    /// The account of somebody who signed up. Nobody becomes an admin this way.
    pub fn sign_up(id: UserId, profile: Profile, password_hash: PasswordHash, now: Timestamp) -> Self {
        Self::new(id, profile, Role::User, password_hash, now)
    }

    /// The account that the configuration of the service asks for.
    pub fn first_admin(id: UserId, profile: Profile, password_hash: PasswordHash, now: Timestamp) -> Self {
        Self::new(id, profile, Role::Admin, password_hash, now)
    }

    fn new(id: UserId, profile: Profile, role: Role, password_hash: PasswordHash, now: Timestamp) -> Self {
        let Profile { email, name } = profile;
        let (version, status) = (1, UserStatus::Active);
        Self { id, version, email, name, role, status, password_hash, created_at: now, password_changes: 0 }
    }

    /// This user as an admin; `None` if that changes nothing.
    pub fn promoted(&self) -> Option<Self> {
        match self.role {
            Role::Admin => None,
            Role::User => Some(Self { role: Role::Admin, version: self.version + 1, ..self.clone() }),
        }
    }

    /// This user with another hash of the same password. Nothing public changes.
    #[must_use]
    pub fn rehashed(&self, password_hash: PasswordHash) -> Self {
        Self { password_hash, ..self.clone() }
    }

    /// This user with another password. Nothing public changes.
    #[must_use]
    pub fn with_password(&self, password_hash: PasswordHash) -> Self {
        Self { password_hash, password_changes: self.password_changes + 1, ..self.clone() }
    }

    /// This user under another name; `None` if that changes nothing.
    pub fn renamed(&self, name: DisplayName) -> Option<Self> {
        if self.name == name {
            return None;
        }
        Some(Self { name, version: self.version + 1, ..self.clone() })
    }

    /// This user with another status; `None` if that changes nothing.
    pub fn with_status(&self, status: UserStatus) -> Option<Self> {
        if self.status == status {
            return None;
        }
        Some(Self { status, version: self.version + 1, ..self.clone() })
    }

    /// The public state.
    pub fn snapshot(&self) -> UserSnapshot {
        UserSnapshot {
            id: self.id,
            version: self.version,
            email: self.email.as_str().to_owned(),
            name: self.name.as_str().to_owned(),
            role: self.role,
            status: self.status,
            created_at: self.created_at,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub fn ada() -> User {
        let profile = Profile { email: "ada@example.com".parse().unwrap(), name: "Ada".parse().unwrap() };
        let hash = PasswordHash::from_phc("$argon2id$of-ada".into());
        User::sign_up(UserId::generate(), profile, hash, Timestamp::from_millis(1_000).unwrap())
    }

    #[test]
    fn who_signs_up_is_an_ordinary_active_user() {
        let user = ada();
        assert_eq!((user.role, user.status, user.version), (Role::User, UserStatus::Active, 1));
    }

    #[test]
    fn a_promotion_is_the_next_version_and_happens_once() {
        let admin = ada().promoted().unwrap();
        assert_eq!((admin.role, admin.version), (Role::Admin, 2));
        assert_eq!(admin.promoted(), None);
    }

    #[test]
    fn another_name_or_status_is_the_next_version_and_the_same_one_is_nothing() {
        let user = ada();
        let renamed = user.renamed("Countess".parse().unwrap()).unwrap();
        assert_eq!((renamed.name.as_str(), renamed.version), ("Countess", 2));
        assert_eq!(renamed.renamed("Countess".parse().unwrap()), None);
        let disabled = renamed.with_status(UserStatus::Disabled).unwrap();
        assert_eq!((disabled.status, disabled.version), (UserStatus::Disabled, 3));
        assert_eq!(disabled.with_status(UserStatus::Disabled), None);
        assert_eq!(disabled.with_status(UserStatus::Active).unwrap().version, 4);
    }

    #[test]
    fn another_password_is_counted_and_nobody_elses_business() {
        let user = ada();
        let changed = user.with_password(PasswordHash::from_phc("$argon2id$new".into()));
        assert_eq!(changed.password_changes, 1);
        assert_eq!(changed.snapshot(), user.snapshot());
    }

    #[test]
    fn a_new_hash_of_the_same_password_is_nobody_elses_business() {
        let user = ada();
        let rehashed = user.rehashed(PasswordHash::from_phc("$argon2id$stronger".into()));
        assert_ne!(rehashed, user);
        assert_eq!(rehashed.snapshot(), user.snapshot());
    }

    #[test]
    fn the_public_state_holds_no_hash() {
        let json = serde_json::to_string(&ada().snapshot()).unwrap();
        assert!(!json.contains("argon2"), "{json}");
    }
}

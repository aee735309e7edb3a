//! The first admin, made from the configuration when the service starts. There is no other way to become
//! one from outside.

use common::{
    bus::{Bus, CommitError, Loaded, StoreError, Tx},
    events::user::Role,
    ids::UserId,
};
use secrecy::SecretString;

use crate::{
    domain::{
        email::{Email, InvalidEmail},
        name::DisplayName,
        password::{InvalidPassword, Password},
        sign_in::PasswordCheck,
        user::{Profile, User},
    },
    passwords::{HashingError, Passwords},
    store::{EMAIL_OF_USER, Users},
};

/// Who is to be the first admin.
#[derive(Debug, Clone)]
pub struct FirstAdmin {
    /// The account's e-mail address.
    pub email: Email,
    /// The password that a new account gets.
    pub password: Password,
}

/// Why the configuration names no possible admin.
#[derive(Debug, thiserror::Error)]
pub enum InvalidFirstAdmin {
    /// The address.
    #[error("the address {0}")]
    Email(InvalidEmail),
    /// The password.
    #[error("the password {0}")]
    Password(InvalidPassword),
}

impl FirstAdmin {
    /// An admin with this address and password: the rules are those of everybody.
    pub fn new(email: &str, password: &SecretString) -> Result<Self, InvalidFirstAdmin> {
        let email: Email = email.parse().map_err(InvalidFirstAdmin::Email)?;
        let password = Password::chosen(password, Some(&email)).map_err(InvalidFirstAdmin::Password)?;
        Ok(Self { email, password })
    }
}

/// Why the first admin could not be made.
#[derive(Debug, thiserror::Error)]
pub enum FirstAdminError {
    /// MongoDB did not tell who has an account.
    #[error("look for the account of the first admin")]
    Store(#[from] StoreError),
    /// MongoDB did not take the account.
    #[error("write the account of the first admin")]
    Commit(#[from] CommitError),
    /// The password could not be hashed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
}

/// Sees to it that the account exists and is an admin's.
///
/// Somebody else may have signed up with the address before. So an existing account becomes an admin's only
/// if it has the configured password; its password is never changed.
pub async fn ensure(
    admin: &FirstAdmin,
    bus: &Bus,
    users: &Users,
    passwords: &Passwords,
) -> Result<(), FirstAdminError> {
    if users.with_email(&admin.email).await?.is_none() && create(admin, bus, passwords).await? {
        return Ok(());
    }
    let Some(existing) = users.with_email(&admin.email).await? else { return Ok(()) };
    match existing.state.role {
        Role::Admin => Ok(()),
        Role::User => promote(admin, &existing, bus, users, passwords).await,
    }
}

/// False if somebody (another replica, as a rule) was faster.
async fn create(admin: &FirstAdmin, bus: &Bus, passwords: &Passwords) -> Result<bool, FirstAdminError> {
    let hash = passwords.hash(admin.password.clone()).await?;
    let created = bus.transact(async |tx: &mut Tx| {
        let profile = Profile { email: admin.email.clone(), name: DisplayName::of_first_admin() };
        let user = User::first_admin(UserId::generate(), profile, hash.clone(), tx.now());
        tracing::info!(user.id = %user.id, "creating the first admin");
        Users::create(tx, user);
        Ok(())
    });
    match created.await {
        Err(CommitError::Duplicate { index }) if index == EMAIL_OF_USER => Ok(false),
        created => Ok(created.map(|()| true)?),
    }
}

async fn promote(
    admin: &FirstAdmin,
    existing: &Loaded<User>,
    bus: &Bus,
    users: &Users,
    passwords: &Passwords,
) -> Result<(), FirstAdminError> {
    let checked = passwords.check(admin.password.clone(), Some(&existing.state.password_hash)).await?;
    if checked.check == PasswordCheck::Wrong {
        tracing::error!(
            user.id = %existing.state.id,
            "the account of ADMIN_EMAIL is an ordinary one with another password than ADMIN_PASSWORD: no admin made",
        );
        return Ok(());
    }
    bus.transact(async |tx: &mut Tx| {
        let Some(loaded) = users.get(existing.state.id).await? else { return Ok(()) };
        if let Some(promoted) = loaded.state.promoted() {
            tracing::info!(user.id = %promoted.id, "making an existing account the first admin");
            Users::update(tx, &loaded, promoted);
        }
        Ok(())
    })
    .await
}

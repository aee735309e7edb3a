//! Whether somebody may begin a session.

use common::events::user::UserStatus;

use super::user::User;

/// Whether what was typed is the user's password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordCheck {
    /// It is.
    Right,
    /// It is not, or there is no such user.
    Wrong,
}

/// Unknown user, wrong password or disabled account: the caller is not told which, since each of them
/// would say who has an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the e-mail address or the password is wrong")]
pub struct InvalidCredentials;

/// The user who signs in.
pub fn sign_in(user: Option<&User>, check: PasswordCheck) -> Result<&User, InvalidCredentials> {
    let user = user.ok_or(InvalidCredentials)?;
    match (check, user.status) {
        (PasswordCheck::Right, UserStatus::Active) => Ok(user),
        (PasswordCheck::Right, UserStatus::Disabled) | (PasswordCheck::Wrong, _) => Err(InvalidCredentials),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::user::tests::ada;

    #[test]
    fn only_an_active_user_with_the_right_password_signs_in() {
        let active = ada();
        let disabled = User { status: UserStatus::Disabled, ..ada() };
        assert_eq!(sign_in(Some(&active), PasswordCheck::Right), Ok(&active));
        for (user, check) in [
            (Some(&active), PasswordCheck::Wrong),
            (Some(&disabled), PasswordCheck::Right),
            (Some(&disabled), PasswordCheck::Wrong),
            (None, PasswordCheck::Right),
            (None, PasswordCheck::Wrong),
        ] {
            assert_eq!(sign_in(user, check), Err(InvalidCredentials));
        }
    }
}

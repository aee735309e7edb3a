//! The refusals of auth as problem documents.

use std::time::Duration;

use actix_web::http::{
    StatusCode,
    header::{self, HeaderValue},
};
use common::http::Problem;

use crate::{
    cookies::SessionCookies,
    keys::KeysError,
    passwords::{HashingError, RETRY_AFTER_SECS},
    random::RandomError,
    tokens::SigningError,
};

/// The address has an account.
pub fn email_taken() -> Problem {
    Problem::conflict("email_taken", "There is an account with this e-mail address already.")
        .with_field("/email", "is taken")
}

/// Unknown address, wrong password or disabled account.
pub fn invalid_credentials() -> Problem {
    let detail = "The e-mail address or the password is wrong.";
    Problem::new(StatusCode::UNAUTHORIZED, "invalid_credentials", detail)
        .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}

/// The current password is another one.
pub fn wrong_password() -> Problem {
    let detail = "The current password is another one.";
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "wrong_password", detail)
        .with_field("/currentPassword", "is wrong")
}

/// An admin who disables himself could not undo it.
pub fn own_account() -> Problem {
    Problem::conflict("own_account", "Admins do not disable or enable their own account.")
}

/// Too many wrong passwords; `wait` is the time until the next one is looked at.
pub fn too_many_attempts(wait: Duration) -> Problem {
    let detail = "There were too many wrong passwords. Please wait before you try again.";
    let secs = wait.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX);
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", detail).with_retry_after(secs)
}

/// The session cannot be renewed; the browser forgets it.
pub fn session_ended(cookies: SessionCookies) -> Problem {
    let detail = "The session has ended; sign in again.";
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "session_ended", detail)
        .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    let removals = cookies.removals().into_iter();
    let headers = removals.filter_map(|cookie| HeaderValue::try_from(cookie.to_string()).ok());
    headers.fold(problem, |problem, header| problem.with_header(header::SET_COOKIE, header))
}

/// Every field that is wrong, and why.
pub fn invalid_fields<const N: usize>(fields: [(&str, Option<String>); N]) -> Problem {
    let problem = Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "invalid",
        "Some of what was sent is not acceptable; see errors.",
    );
    let wrong = fields.into_iter().filter_map(|(pointer, refusal)| Some((pointer, refusal?)));
    wrong.fold(problem, |problem, (pointer, refusal)| problem.with_field(pointer, refusal))
}

impl From<HashingError> for Problem {
    fn from(error: HashingError) -> Self {
        match error {
            HashingError::Busy => {
                let detail = "Too many people are signing in at this moment.";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail).with_retry_after(RETRY_AFTER_SECS)
            }
            HashingError::Broken(_) => Self::internal(&error),
        }
    }
}

impl From<SigningError> for Problem {
    fn from(error: SigningError) -> Self {
        Self::internal(&error)
    }
}

impl From<RandomError> for Problem {
    fn from(error: RandomError) -> Self {
        Self::internal(&error)
    }
}

impl From<KeysError> for Problem {
    fn from(error: KeysError) -> Self {
        Self::internal(&error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_is_told_when_to_come_again() {
        let problem = Problem::from(HashingError::Busy);
        assert_eq!((problem.status().as_u16(), problem.code()), (503, "busy"));
        let response = actix_web::ResponseError::error_response(&problem);
        assert_eq!(response.headers().get("retry-after").unwrap(), &RETRY_AFTER_SECS.to_string());
    }

    #[test]
    fn what_is_broken_inside_is_not_told() {
        let problem = Problem::from(HashingError::Broken("$argon2id$v=19$garbage".to_owned()));
        assert_eq!(problem.status().as_u16(), 500);
        assert!(!format!("{problem:?}").contains("argon2"), "{problem:?}");
    }

    #[test]
    fn only_wrong_fields_are_named() {
        let problem = invalid_fields([("/email", None), ("/name", Some("must not be empty".to_owned()))]);
        let pointers: Vec<&str> = problem.errors().iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/name"]);
    }
}

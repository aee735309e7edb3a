//! The refusals of auth as problem documents.

use actix_web::http::{
    StatusCode,
    header::{self, HeaderValue},
};
use common::http::Problem;

use crate::{
    keys::KeysError,
    passwords::{HashingError, RETRY_AFTER_SECS},
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

impl From<KeysError> for Problem {
    fn from(error: KeysError) -> Self {
        Self::internal(&error)
    }
}

//! How auth's aggregates are kept: collections, indexes, queries. Every write takes a `Tx`.

mod failures;
mod sessions;
mod signing_keys;
mod users;

pub use self::{failures::SignInFailures, sessions::Sessions, signing_keys::SigningKeys, users::Users};
pub use self::{signing_keys::GENERATION_OF_KEY, users::EMAIL_OF_USER};

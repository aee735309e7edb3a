//! Accounts, sign-in, sessions and signing keys.

pub mod domain;
pub mod passwords;

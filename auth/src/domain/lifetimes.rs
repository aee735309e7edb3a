//! How long things are good for.

use std::time::Duration;

/// How long keys, tokens and sessions live.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    /// When a signing key is followed by a new one.
    pub key: Duration,
    /// How long an access token is valid.
    pub token: Duration,
    /// How long a session can be renewed.
    pub session: Duration,
}

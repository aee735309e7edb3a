//! Expiration on real servers.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod redis_server;
mod schedule;

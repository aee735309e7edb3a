//! Expiration on real servers.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod app;
mod auditing;
#[cfg(feature = "controls")]
mod controls;
mod deadlines;
mod laws;
mod losses;
mod replicas;
mod schedule;

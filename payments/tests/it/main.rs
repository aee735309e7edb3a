//! Payments on real servers, with the sandbox gateway beside it.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod app;
mod auditing;
mod bad_input;
#[cfg(feature = "controls")]
mod controls;
mod coverage;
mod following;
mod idempotency;
mod laws;
mod paying;
mod payouts;
mod racing;
mod reading;
mod sandbox_api;
mod unknown_outcomes;
mod webhooks;

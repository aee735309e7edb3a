//! auth on real servers.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failed step fails the test")]

mod account;
mod app;
mod bad_input;
#[cfg(feature = "controls")]
mod controls;
mod coverage;
mod disabling;
mod first_admin;
mod guessing;
mod keys;
mod refresh;
mod secrets;
mod sessions;
mod sign_in;
mod sign_out;
mod sign_up;
mod tokens;

//! orders on real servers.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod app;
mod auditing;
mod bad_input;
#[cfg(feature = "controls")]
mod controls;
mod coverage;
mod holding;
mod laws;
mod live;
mod paying;
mod placing;
mod racing;
mod reading;
mod refunding;
mod retrying;

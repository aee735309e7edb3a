//! tickets on real servers.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failed step fails the test")]

mod app;
mod auditing;
mod bad_input;
mod bad_queries;
mod calendar;
mod check_ins;
#[cfg(feature = "controls")]
mod controls;
mod coverage;
mod following;
mod idempotency;
mod laws;
mod listing_lists;
mod listings;
mod live;
mod on_sale;
mod outage;
mod passes;
mod previews;
mod revalidation;
mod searching;
mod seats_left;
mod shows;
mod who_may;

//! The whole marketplace under test: five services, the payment gateway, MongoDB, NATS, Redis and nginx as
//! real processes, asked over HTTP as anybody could ask them, and judged by what is in their databases and
//! in the ledger of the gateway.
//!
//! The tests share a few marketplaces ([`e2e::market`]). Each test brings its own people and listings, so that
//! many can go on at once; what breaks things has a marketplace to itself.
//!
//! And its model ([`e2e::model`]), which has no processes at all.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a failed step fails the test, and a passed one may tell what it did"
)]

mod browser;
mod journeys;
mod races;
mod torture;
mod tour;

mod alarms;
mod crash_points;
mod failures;

mod api;
mod scene;
mod tokens;

mod bad_input;
mod chart;
mod credentials;
mod ingress;
mod manifests;
mod matrix;
mod promises;
mod secrets;

#[cfg(feature = "controls")]
mod controls;
mod model;

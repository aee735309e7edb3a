//! What the bus promises, on real servers: each test is one promise.
//!
//! The promises hold on every NATS that we support: `cargo xtask conformance` runs this suite on each version and
//! shows which promise holds where. `NATS_SERVER` names the nats-server to start, where it is set.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod committing;
#[cfg(feature = "controls")]
mod controls;
mod dead_letters;
mod fixture;
mod fragile;
mod ordering;
mod outages;
mod overload;
mod publishing;
mod redelivery;
mod repairing;
mod replicas;
mod script;

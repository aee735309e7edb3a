//! What every Stagedoor service is built on.
//!
//! A service owns a database and tells the others what happened in it by events. This crate holds the
//! words they share ([`events`], [`ids`], [`money`], [`clock`]), the bus that carries the events without
//! ever losing one ([`bus`]), the audit of what must always be true ([`audit`]), the places at which a process
//! may be told to die ([`failpoint`]), what shows people changes as they happen ([`live`]), and the edges that must be the same everywhere ([`http`], [`config`],
//! [`telemetry`], [`shutdown`], [`mongo`]). With the feature `testing` it also holds the instruments
//! that services test themselves with, on real servers.
//!
//! It never holds a business rule, a document, a route or the configuration of one service.

pub mod audit;
pub mod bus;
pub mod clock;
pub mod config;
pub mod control;
pub mod events;
pub mod failpoint;
pub mod http;
pub mod ids;
pub mod live;
pub mod money;
pub mod mongo;
pub mod service;
pub mod shutdown;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;

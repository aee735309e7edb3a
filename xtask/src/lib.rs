//! The one door to Stagedoor: `cargo xtask up` runs it, `cargo xtask test` checks it.
//!
//! Everything here is blocking and on plain threads, with few and light dependencies, so that it builds
//! in seconds on a machine that has nothing yet. The binary is a thin shell over this library; the
//! end-to-end tests use the library too, to start servers ([`servers`]) and the ingress ([`nginx`])
//! exactly as `up` does.
//!
//! It never holds a rule of the business, and talks to the services only as anybody could: over HTTP.

pub mod cli;
pub mod commands;

pub mod up;

pub mod checks;

pub mod torture;

pub mod seed;

pub mod doctor;

pub mod client;
pub mod manifests;
pub mod nginx;
pub mod paths;
pub mod servers;

pub mod provision;

pub mod cargo;
pub mod children;
pub mod leftovers;

pub mod clock;
pub mod log;
pub mod ports;
pub mod signals;
pub mod workspace;

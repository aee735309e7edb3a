//! The bus on real servers.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod committing;
mod fixture;
mod goldens;
mod listening;
mod publishing;
mod repairing;

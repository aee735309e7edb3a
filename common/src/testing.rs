//! Instruments for the tests of services: real servers, a world of its own for each test, and the laws
//! that every listener has to obey. Nothing here is a stand-in: MongoDB, NATS and Redis are the real ones.

#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a failed step fails the test")]

mod answer;
pub mod anything;
#[cfg(feature = "controls")]
pub mod controls;
pub mod coverage;
mod events;
pub mod laws;
mod profile;
mod servers;
mod world;

pub use answer::Answer;
pub use events::{EventReader, Told};
pub use profile::Profile;
pub use servers::{Child, Servers, free_port, start_mongod, start_nats, start_nats_in, start_redis};
pub use world::{TestUser, TestWorld};

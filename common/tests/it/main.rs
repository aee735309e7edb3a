//! What the crate promises besides the bus, whose promises are in `tests/conformance`.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod auditing;
mod decoding;
mod goldens;

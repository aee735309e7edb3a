//! What is true of the five services together: the catalogue of events, the merged API reference, and the
//! whole marketplace as real processes, for the tests under `tests/` and for the torture.

pub mod catalogue;
pub mod market;
pub mod torture;

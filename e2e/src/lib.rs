//! What is true of the five services together: the catalogue of events, the merged API reference, a model of
//! all decisions, and the whole marketplace as real processes, for the tests under `tests/` and the torture.

pub mod catalogue;
pub mod market;
pub mod model;
pub mod torture;

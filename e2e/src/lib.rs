//! What is true of the five services together: the catalogue of events, the merged API reference, a model of
//! all decisions, and the whole marketplace as real processes, for the tests under `tests/` and for the
//! instruments that try to break it.

pub mod catalogue;
pub mod cluster;
pub mod crash_points;
pub mod manifests;
pub mod market;
pub mod model;
pub mod torture;

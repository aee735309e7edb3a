//! What is true of the five services together: the catalogue of events, the merged API reference, and, under
//! `tests/`, the whole marketplace under test.

pub mod catalogue;

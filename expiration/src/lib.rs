//! Expiration ends holds in time: it keeps the deadline of every order that awaits payment, and tells when
//! one has passed.

pub mod domain;
pub mod schedule;

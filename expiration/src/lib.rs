//! Expiration ends holds in time: it keeps the deadline of every order that awaits payment, and tells when
//! one has passed.
//!
//! It follows the orders by their events. A timer is a document in MongoDB, which is the truth, and an entry
//! in a Redis sorted set, which is the index that wakes the worker ([`schedule`]). The worker fires what is
//! due ([`worker`]); the keeper makes the index follow MongoDB again after Redis has lost something
//! ([`keeper`]). Whether the order then really expires is for orders to decide.
//!
//! It never decides about an order, never fires a timer before its deadline or twice, and forgets none,
//! whatever happens to Redis.

pub mod app;
pub mod audit;
pub mod config;
pub mod domain;
pub mod keeper;
pub mod listeners;
pub mod schedule;
pub mod store;
pub mod worker;

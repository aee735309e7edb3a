//! Shows, listings and passes.
//!
//! Admins enter shows, sellers offer seats of them in listings, and whoever buys a seat receives a pass.
//! tickets decides what is offered and at which price, and tells the others by events; who *has* a seat
//! only orders decides. tickets follows the orders: from them it knows how many seats of a listing are
//! left, and issues one pass per sold seat when an order is completed.
//!
//! What this crate never does: give a seat to anybody, take money, or let a pass's code out of the hands
//! of its holder.

pub mod app;
pub mod audit;
pub mod config;
pub mod domain;
pub mod listeners;
pub mod live;
pub mod recounts;
pub mod routes;
pub mod store;
pub mod sweeper;
pub mod turns;

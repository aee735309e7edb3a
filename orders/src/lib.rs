//! Orders: claims on seats, from hold to completion.
//!
//! An order is a buyer's claim on seats of one listing. It holds them until it is paid, and **live orders
//! are the one authority on who has a seat**: inserting an order is the claim, and a unique index over the
//! seats of live orders lets MongoDB itself refuse a second one. Everything else that orders knows of a
//! listing (its inventory) is a view to choose from, never to decide by.
//!
//! The domain decides and does nothing; routes, listeners and the sweeper load, ask it, save and publish
//! in one unit of work. Nobody else writes an order, and orders never asks another service anything.

pub mod app;
pub mod audit;
pub mod config;
pub mod domain;
pub mod listeners;
pub mod live;
mod problems;
pub mod routes;
pub mod store;
pub mod sweeper;

//! Payments: reserves the money for an order, charges it once the order is confirmed by it, releases it
//! otherwise, and gives it back when the order is refunded. Also keeps what sellers are owed.
//!
//! Buyers call its HTTP API; orders' events move what it has begun; it tells the others how each payment
//! stands. It talks to a payment gateway through [`gateway::PaymentGateway`]; [`sandbox`] is one of its own,
//! a server apart.
//!
//! It never sees a card number, never charges what the newest snapshot of the order does not say is
//! confirmed by that payment, and never takes an unknown outcome for a failed one.

pub mod app;
pub mod audit;
pub mod config;
pub mod domain;
pub mod gateway;
pub mod listeners;
pub mod reconciler;
pub mod routes;
pub mod sandbox;
pub mod settle;
pub mod store;

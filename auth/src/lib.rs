//! auth: who somebody is.
//!
//! It keeps accounts and sessions, and signs the access tokens that every service believes. The others
//! verify tokens with public keys that they learn from events, so none of them ever calls auth.
//!
//! It never publishes a password's hash or the private half of a key, never tells whether an address has
//! an account to somebody who signs in, and never makes an admin of somebody who signs up.

pub mod app;
pub mod config;
pub mod cookies;
pub mod domain;
pub mod first_admin;
pub mod keys;
pub mod passwords;
mod problems;
mod random;
pub mod routes;
pub mod store;
pub mod tokens;

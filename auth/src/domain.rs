//! What auth decides, as pure functions: no I/O, no clock, no randomness.

pub mod device;
pub mod email;
pub mod lifetimes;
pub mod name;
pub mod password;
pub mod refresh_token;
pub mod renewal;
pub mod session;
pub mod sign_in;
pub mod signing_key;
mod text;
pub mod throttle;
pub mod user;

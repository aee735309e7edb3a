//! What auth decides, as pure functions: no I/O, no clock, no randomness.

pub mod email;
pub mod name;
pub mod password;
mod text;

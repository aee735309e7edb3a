//! What tickets decides, as pure functions: no I/O, no clock, no randomness.

pub mod admission;
pub mod calendar;
pub mod check_in;
pub mod fees;
pub mod invariants;
pub mod listing;
pub mod offers;
pub mod pass_code;
pub mod place;
pub mod price_range;
pub mod seats;
pub mod show;
pub mod suggestions;
pub mod words;

use common::ids::UserId;

/// Who asks for a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A person, who may change what is theirs.
    User(UserId),
    /// An admin, who may change everything.
    Admin,
}

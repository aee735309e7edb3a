//! What the service decides, as pure functions: no I/O, no clock, no randomness.

mod invariants;
mod timer;

pub use invariants::s11;
pub use timer::{Followed, Need, News, Skip, Ticked, Timer, TimerStatus};

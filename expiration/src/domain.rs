//! What the service decides, as pure functions: no I/O, no clock, no randomness.

mod timer;

pub use timer::{Followed, Need, News, Skip, Ticked, Timer, TimerStatus};

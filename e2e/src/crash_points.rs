//! Crash points: a service dies at a named instruction in the middle of a purchase, comes back, and
//! everything ends as if nothing had happened.
//!
//! A [`Cell`] is one such death: in a [`Flow`], a service passes a failpoint for the n-th time and aborts. It
//! is started again, the client repeats its request under the same idempotency key, and in the end the order,
//! the money, the passes, the seats and the books must be right. Which points a service passes in which flow
//! is written down in [`passes`], and [`survey`] checks that against what the services count, so that no cell
//! is left out because somebody thinks that it cannot be.

#![expect(clippy::expect_used, reason = "a failed step fails the cell, and the report says which one it was")]

mod cell;
mod crew;
mod flow;
mod judge;
mod repair;
mod survey;
mod table;
mod tally;

pub use cell::{Cell, Outcome, Report};
pub use crew::{Crews, run};
pub use flow::Flow;
pub use repair::{REPAIR_POINTS, die_while_repairing};
pub use survey::{Survey, survey};
pub use table::{Passes, UNREACHED, all_cells, each_pair_once, last_messages, passes};
pub use tally::Tally;

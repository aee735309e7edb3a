//! What orders decides. Everything here is pure and synchronous: time and randomness are parameters, and
//! nothing is read or written. The routes, the listeners and the sweeper load, ask here, and save.

pub mod decide;
pub mod invariants;
pub mod inventory;
pub mod order;
pub mod payments;
pub mod placing;
pub mod seats;
pub mod story;

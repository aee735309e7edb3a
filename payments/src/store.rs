//! What lies in MongoDB: payments, payouts, and what is known of orders. Reads are methods of the three
//! stores; every write takes the [`Tx`](common::bus::Tx) that it is recorded in.

mod orders;
mod payments;
mod payouts;

pub use orders::{OrderView, Orders};
pub use payments::{IDEMPOTENCY_KEY_OF_BUYER, LIVE_PAYMENT_OF_ORDER, Payments};
pub use payouts::{Payouts, Place};

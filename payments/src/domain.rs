//! What payments decides: pure and synchronous, without I/O, clock or chance.
//!
//! A payment is decided by [`decide`] from three things: its own state with the newest snapshot of its
//! order, one [`Input`], and the time. What is to be asked of the gateway next follows from the state
//! alone: [`next_call`].

mod answer;
mod backoff;
mod claim;
mod decide;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod histories;
mod invariants;
mod naming;
mod payment;
mod payment_method;
mod payout;

pub use answer::{Answer, GatewayState, answer};
pub use backoff::retry_at;
pub use claim::{Claim, claim};
pub use decide::{Call, Decision, Input, decide, next_call};
pub use invariants::{
    Charge, Sight, charge_at_gateway, charge_of, s3_violations, s4_violations, s5_violations, s8_violations,
    s10_violations, s13_violations, violations_since,
};
pub use naming::{Naming, naming};
pub use payment::{NewPayment, Payment, PaymentFact, is_live, is_under_way};
pub use payment_method::{InvalidPaymentMethod, PaymentMethod};
pub use payout::{Payout, PayoutDecision, PayoutFact, decide_payout, payout_id};

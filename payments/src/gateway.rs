//! The way to whoever moves the money.

pub mod sandbox;
pub mod signature;

use std::error::Error;

use common::{ids::PaymentId, money::Money};
use futures::future::BoxFuture;

use crate::domain::{GatewayState, PaymentMethod};

/// What is to be reserved.
#[derive(Debug, Clone)]
pub struct Authorization {
    /// Our reference: asked twice under the same one, the gateway reserves once.
    pub reference: PaymentId,
    /// How the buyer pays.
    pub payment_method: PaymentMethod,
    /// How much.
    pub amount: Money,
}

/// Why the gateway did not tell what it knows. That a bank says no is not among it: that is an answer,
/// which a lookup finds just as well.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The gateway does not accept the request as such: a mistake of ours, and a person has to look.
    #[error("the gateway rejected the request: {0}")]
    Rejected(String),
    /// It may or may not have happened. Unknown is not failed.
    #[error("the outcome at the gateway is unknown")]
    Unknown(#[source] Box<dyn Error + Send + Sync>),
}

/// What a gateway answers.
pub type Answering<'a> = BoxFuture<'a, Result<GatewayState, GatewayError>>;

/// A payment gateway. Every request is idempotent by our reference, takes a bounded time, and is answered
/// with what the gateway then knows under it.
pub trait PaymentGateway: Send + Sync + 'static {
    /// Reserves money; charges nothing.
    fn authorize(&self, authorization: Authorization) -> Answering<'_>;

    /// Charges what is reserved.
    fn capture(&self, reference: PaymentId) -> Answering<'_>;

    /// Releases what is reserved. When this has answered, nothing is reserved under the reference and
    /// nothing ever will be, even if it was never seen before and a request to authorise is on its way.
    fn void(&self, reference: PaymentId) -> Answering<'_>;

    /// Gives back what was charged.
    fn refund(&self, reference: PaymentId) -> Answering<'_>;

    /// What is known under the reference.
    fn lookup(&self, reference: PaymentId) -> Answering<'_>;

    /// Where a browser goes for the buyer to confirm the payment, when the bank asks for that (3-D Secure).
    fn challenge_url(&self, reference: PaymentId) -> String;
}

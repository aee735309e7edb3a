//! What an order wants of one of its payments.

use common::{
    events::order::{OrderSnapshot, OrderStatus},
    ids::PaymentId,
};

/// What an order, in its newest known state, wants of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Claim {
    /// Any authorisation may still confirm it.
    Open,
    /// It is confirmed by this payment, which is to be captured.
    Chosen,
    /// The money of this payment is to be given back.
    Refund,
    /// It is over, or another payment's: nothing of this payment may be kept.
    Unwanted,
}

/// Reads the claim from the order's state.
pub fn claim(order: &OrderSnapshot, payment: PaymentId) -> Claim {
    let ours = order.payment_id == Some(payment);
    match (order.status, ours) {
        (OrderStatus::AwaitingPayment, _) => Claim::Open,
        (OrderStatus::Confirmed | OrderStatus::Completed, true) => Claim::Chosen,
        (OrderStatus::Refunding | OrderStatus::Refunded, true) => Claim::Refund,
        (
            OrderStatus::Confirmed | OrderStatus::Completed | OrderStatus::Refunding | OrderStatus::Refunded,
            false,
        )
        | (OrderStatus::Cancelled | OrderStatus::Expired, _) => Claim::Unwanted,
    }
}

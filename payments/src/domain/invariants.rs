//! What is always true of money, as predicates that the model, the tests and the running auditor share.
//!
//! They compare what the gateway says it did ([`Charge`], from its ledger) with what the orders say. An
//! empty answer means that the invariant holds.

use common::{
    events::order::{OrderSnapshot, OrderStatus},
    ids::{OrderId, PaymentId},
    money::Money,
};

/// What the gateway did with the money of one payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// The payment.
    pub payment_id: PaymentId,
    /// The order that it was for.
    pub order_id: OrderId,
    /// How much was charged; zero if it never was.
    pub captured: Money,
    /// How much was given back.
    pub refunded: Money,
}

/// An invariant that does not hold, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{invariant}: {detail}")]
pub struct Violation {
    /// Its id in the design.
    pub invariant: &'static str,
    /// What is wrong.
    pub detail: String,
}

/// **S3** Captured at the gateway ⇒ the order is Confirmed, Completed or Refunding by that payment (or
/// Refunded, once the money is back).
pub fn s3_violations(charges: &[Charge], orders: &[OrderSnapshot]) -> Vec<Violation> {
    let kept = charges.iter().filter(|charge| is_kept(charge));
    let broken = kept.filter(|charge| {
        !orders.iter().any(|order| {
            order.id == charge.order_id
                && order.payment_id == Some(charge.payment_id)
                && match order.status {
                    OrderStatus::Confirmed | OrderStatus::Completed | OrderStatus::Refunding => true,
                    OrderStatus::AwaitingPayment
                    | OrderStatus::Refunded
                    | OrderStatus::Cancelled
                    | OrderStatus::Expired => false,
                }
        })
    });
    broken
        .map(|charge| {
            let (payment, order) = (charge.payment_id, charge.order_id);
            let status = orders.iter().find(|known| known.id == order).map(|known| known.status);
            violation("S3", format!("payment {payment} is captured, and its order {order} is {status:?}"))
        })
        .collect()
}

/// **S4** At most one captured, unrefunded payment per order; amount and currency are the order's; refunds
/// are at most what was captured.
pub fn s4_violations(charges: &[Charge], orders: &[OrderSnapshot]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for order in orders {
        let of_order = charges.iter().filter(|charge| charge.order_id == order.id);
        let captured: Vec<_> = of_order.filter(|charge| charge.captured.amount_cents > 0).collect();
        let kept = captured.iter().filter(|charge| is_kept(charge)).count();
        if kept > 1 {
            violations.push(violation("S4", format!("order {} is paid {kept} times", order.id)));
        }
        for charge in captured.iter().filter(|charge| charge.captured != order.total) {
            let (payment, captured) = (charge.payment_id, charge.captured);
            let detail = format!("payment {payment} captured {captured}, the order is {}", order.total);
            violations.push(violation("S4", detail));
        }
    }
    for charge in charges {
        let same_currency = charge.refunded.currency == charge.captured.currency;
        if !same_currency || charge.refunded.amount_cents > charge.captured.amount_cents {
            let (payment, refunded, captured) = (charge.payment_id, charge.refunded, charge.captured);
            violations.push(violation("S4", format!("payment {payment} refunded {refunded} of {captured}")));
        }
    }
    violations
}

/// **S5** Completed ⇒ captured (or since refunded).
pub fn s5_violations(charges: &[Charge], orders: &[OrderSnapshot]) -> Vec<Violation> {
    let completed = orders.iter().filter(|order| order.status == OrderStatus::Completed);
    let unpaid = completed.filter(|order| {
        !charges
            .iter()
            .any(|charge| order.payment_id == Some(charge.payment_id) && charge.captured.amount_cents > 0)
    });
    unpaid
        .map(|order| violation("S5", format!("order {} is completed and was never charged", order.id)))
        .collect()
}

fn is_kept(charge: &Charge) -> bool {
    charge.captured.amount_cents > charge.refunded.amount_cents
}

fn violation(invariant: &'static str, detail: String) -> Violation {
    Violation { invariant, detail }
}

#[cfg(test)]
mod tests;

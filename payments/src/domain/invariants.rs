//! What is always true of money, as predicates that the model, the tests and the running auditor share.
//!
//! They compare what the gateway says it did ([`Charge`], from its ledger, or from what a payment has heard of
//! it) with what the orders say; S8 looks at the snapshots of one payment as they were published, oldest
//! first, or at two looks at it. An empty answer means that the invariant holds.

use std::collections::BTreeMap;

use common::{
    audit::{Violation, never_back},
    events::{
        order::{OrderSnapshot, OrderStatus},
        payment::{
            PaymentSnapshot,
            PaymentStatus::{
                self, Authorized, Authorizing, Captured, Capturing, Declined, Failed, Refunded, Refunding,
                Voided, Voiding,
            },
        },
    },
    ids::{OrderId, PaymentId, UserId},
    money::Money,
};

use super::{GatewayState, Payment};

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

/// What a payment has heard of its money.
pub fn charge_of(payment: &Payment) -> Charge {
    match payment.status {
        PaymentStatus::Captured | PaymentStatus::Refunding => charged(payment, false),
        PaymentStatus::Refunded => charged(payment, true),
        PaymentStatus::Authorizing
        | PaymentStatus::Authorized
        | PaymentStatus::Declined
        | PaymentStatus::Capturing
        | PaymentStatus::Failed
        | PaymentStatus::Voiding
        | PaymentStatus::Voided => not_charged(payment),
    }
}

/// What the gateway says of a payment's money.
pub fn charge_at_gateway(payment: &Payment, state: &GatewayState) -> Charge {
    match state {
        GatewayState::Captured(_) => charged(payment, false),
        GatewayState::Refunded => charged(payment, true),
        GatewayState::NeverSeen
        | GatewayState::RequiresAction
        | GatewayState::Authorized(_)
        | GatewayState::Declined(..)
        | GatewayState::Voided => not_charged(payment),
    }
}

fn charged(payment: &Payment, is_returned: bool) -> Charge {
    let refunded = if is_returned { payment.amount } else { Money::new(0, payment.amount.currency) };
    Charge { captured: payment.amount, refunded, ..not_charged(payment) }
}

fn not_charged(payment: &Payment) -> Charge {
    let nothing = Money::new(0, payment.amount.currency);
    let (payment_id, order_id) = (payment.id, payment.order_id);
    Charge { payment_id, order_id, captured: nothing, refunded: nothing }
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

/// **S8** End states absorb, and histories follow the table.
pub fn s8_violations(history: &[PaymentSnapshot]) -> Vec<Violation> {
    let mut violations = Vec::new();
    if let Some(first) = history.first().filter(|first| !matches!(first.status, Authorized | Declined)) {
        violations.push(violation("S8", format!("payment {} begins as {:?}", first.id, first.status)));
    }
    for (before, after) in history.iter().zip(history.iter().skip(1)) {
        if !may_follow(before.status, after.status) {
            let (from, to) = (before.status, after.status);
            violations.push(violation("S8", format!("payment {} went from {from:?} to {to:?}", after.id)));
        }
    }
    violations
}

/// **S10** One idempotency key of a buyer, one payment.
pub fn s10_violations(payments: &[Payment]) -> Vec<Violation> {
    let mut requests: BTreeMap<(UserId, &str), PaymentId> = BTreeMap::new();
    let mut violations = Vec::new();
    for payment in payments {
        let request = (payment.buyer_id, payment.idempotency_key.as_str());
        if let Some(other) = requests.insert(request, payment.id).filter(|other| *other != payment.id) {
            let detail = format!("payments {other} and {} answer one request", payment.id);
            violations.push(violation("S10", detail));
        }
    }
    violations
}

/// **S13** The price charged is the price accepted: what the order says, of which the payment has a copy.
pub fn s13_violations(payments: &[Payment]) -> Vec<Violation> {
    let wrong = payments.iter().filter(|payment| payment.amount != payment.order.total);
    wrong
        .map(|payment| {
            let (id, amount, total) = (payment.id, payment.amount, payment.order.total);
            violation("S13", format!("payment {id} is of {amount}, accepted was {total}"))
        })
        .collect()
}

/// What was seen of a payment at one moment.
pub type Sight = (u64, PaymentStatus);

/// **S8**, **S9** Between two looks at a payment: its version does not go back, and its status has gone on
/// along the arrows, or stands.
pub fn violations_since(id: PaymentId, before: Sight, now: Sight) -> Vec<Violation> {
    let mut violations = never_back("payment", id, before.0, now.0);
    if !leads(before.1, now.1) {
        violations.push(violation("S8", format!("payment {id} went from {before:?} to {now:?}")));
    }
    violations
}

/// Whether one status is the other, or leads to it.
fn leads(from: PaymentStatus, to: PaymentStatus) -> bool {
    use PaymentStatus as P;
    let next: &[PaymentStatus] = match from {
        P::Authorizing => &[P::Authorized, P::Declined],
        P::Authorized => &[P::Capturing, P::Voiding],
        P::Capturing => &[P::Captured, P::Failed],
        P::Captured => &[P::Refunding],
        P::Voiding => &[P::Voided],
        P::Refunding => &[P::Refunded],
        P::Declined | P::Failed | P::Voided | P::Refunded => &[],
    };
    from == to || next.iter().any(|next| leads(*next, to))
}

/// Which published state may come after which; those under way are not published.
const fn may_follow(from: PaymentStatus, to: PaymentStatus) -> bool {
    match from {
        Authorized => matches!(to, Captured | Failed | Voided),
        Captured => matches!(to, Refunded),
        Declined | Failed | Voided | Refunded | Authorizing | Capturing | Voiding | Refunding => false,
    }
}

fn is_kept(charge: &Charge) -> bool {
    charge.captured.amount_cents > charge.refunded.amount_cents
}

fn violation(invariant: &'static str, detail: String) -> Violation {
    Violation::of(invariant, detail)
}

#[cfg(test)]
mod tests;

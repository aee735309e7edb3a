//! What an order remembers of its payments: the newest snapshot of each.

use common::events::payment::PaymentSnapshot;

use super::order::Order;

/// How many payments an order remembers. A buyer who tries more cards within one hold is unusual; then the
/// oldest attempts are forgotten, never the payment that confirmed the order.
const MAX_PAYMENTS: usize = 16;

/// How a snapshot relates to what is known of its payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// It is newer: the order with it in place.
    Newer(Box<Order>),
    /// It is known already. To decide from it again is harmless, and repairs.
    Known,
    /// Something newer is known.
    Stale,
}

/// Compares a snapshot with what the order knows of that payment.
pub fn news(order: &Order, payment: &PaymentSnapshot) -> News {
    let known = order.payments.iter().find(|known| known.id == payment.id);
    match known.map(|known| known.version.cmp(&payment.version)) {
        Some(std::cmp::Ordering::Greater) => News::Stale,
        Some(std::cmp::Ordering::Equal) => News::Known,
        Some(std::cmp::Ordering::Less) | None => News::Newer(Box::new(remembering(order, payment))),
    }
}

fn remembering(order: &Order, payment: &PaymentSnapshot) -> Order {
    let others = order.payments.iter().filter(|known| known.id != payment.id).cloned();
    let mut payments: Vec<PaymentSnapshot> = others.chain([payment.clone()]).collect();
    payments.sort_by_key(|payment| (payment.created_at, payment.id));
    while payments.len() > MAX_PAYMENTS {
        let forget = payments.iter().position(|payment| order.payment_id != Some(payment.id));
        payments.remove(forget.unwrap_or_default());
    }
    Order { payments, ..order.clone() }
}

#[cfg(test)]
mod tests {
    use common::events::payment::PaymentStatus;

    use super::*;
    use crate::domain::order::examples::{at, order, payment};

    fn remember(order: &Order, payment: &PaymentSnapshot) -> Order {
        match news(order, payment) {
            News::Newer(order) => *order,
            News::Known | News::Stale => panic!("no news"),
        }
    }

    #[test]
    fn the_newest_snapshot_of_each_payment_is_kept() {
        let order = order();
        let first = payment(&order, PaymentStatus::Declined);
        let second = payment(&order, PaymentStatus::Authorized);
        let captured = PaymentSnapshot { version: 2, status: PaymentStatus::Captured, ..second.clone() };
        let order = remember(&remember(&order, &first), &captured);
        assert_eq!(news(&order, &second), News::Stale);
        assert_eq!(news(&order, &captured), News::Known);
        assert_eq!(order.payments.len(), 2);
    }

    #[test]
    fn the_oldest_attempts_are_forgotten_but_never_the_payment_that_confirmed() {
        let mut order = order();
        let paid = payment(&order, PaymentStatus::Authorized);
        order = remember(&order, &paid);
        order.payment_id = Some(paid.id);
        for attempt in 0..40 {
            let declined = payment(&order, PaymentStatus::Declined);
            order = remember(&order, &PaymentSnapshot { created_at: at(20 + attempt), ..declined });
        }
        assert_eq!(order.payments.len(), MAX_PAYMENTS);
        assert_eq!(order.payments[0], paid);
        assert_eq!(order.payments[15].created_at, at(59));
    }
}

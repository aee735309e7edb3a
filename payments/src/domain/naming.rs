//! Which payment hears of an order.

use common::{
    control::{Control, is_broken},
    events::payment::PaymentStatus,
    ids::PaymentId,
};

use super::Payment;

/// Whether what is known of an order is to name a payment from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// It is.
    Due,
    /// It names it, or another one may be named instead.
    Settled,
    /// The payment was written before and cannot be seen yet: nobody knows, and the gateway must not hear of it.
    Unseen,
}

/// Decides whether to name a payment, given as it is seen, in what is known of its order, which names `named` so far.
///
/// Only while it bars every other payment: beyond that the next one may be named.
pub fn naming(id: PaymentId, payment: Option<&Payment>, named: Option<PaymentId>) -> Naming {
    let Some(payment) = payment else {
        return if is_broken(Control::UnseenIsNothing) { Naming::Settled } else { Naming::Unseen };
    };
    let may_be_named = payment.status == PaymentStatus::Authorizing || is_broken(Control::NameDeclined);
    if may_be_named && named != Some(id) { Naming::Due } else { Naming::Settled }
}

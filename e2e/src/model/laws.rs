//! What must be true in every state, by the predicates of production; and the ends that must be reachable,
//! so that nothing is true only because nothing happens.

use common::{
    events::{
        order::{CancelReason, OrderSnapshot, OrderStatus},
        payment::{DeclineReason, PaymentSnapshot, PaymentStatus},
    },
    money::Money as Price,
};
use orders::domain::{invariants as of_orders, order::Order};
use payments::domain::{
    Charge, Payment, s3_violations, s4_violations, s5_violations, s8_violations as of_payment_history,
};
use tickets::domain::{admission::Admission, invariants::s7};

use super::{
    Marketplace,
    cast::{ORDERS, PAYMENTS, TERMS, price_cents},
    gateway::Money,
    state::State,
    tables::{History, Key, Memo},
};

/// Something that is true of a state or not.
pub(super) type Condition = fn(&Marketplace, &State) -> bool;

/// What must always be true.
pub(super) const LAWS: [(&str, Condition); 13] = [
    ("S1 a seat has one live order", |market, state| market.of_orders(state).s1),
    ("S2 a live order has its seats", |market, state| market.of_orders(state).s2),
    ("S3 what is charged is confirmed", |market, state| market.of_money(state).s3),
    ("S4 an order is paid once", |market, state| market.of_money(state).s4),
    ("S5 what is completed is charged", |market, state| market.of_money(state).s5),
    ("S6 seats are freed by ends only", |market, state| market.of_orders(state).s6),
    ("S7 one valid pass per seat", Marketplace::s7),
    ("S8 ends absorb", |market, state| market.of_histories(state, |verdict| verdict.s8)),
    ("S9 versions have no gaps and nobody goes back", |market, state| {
        !state.went_back && market.of_histories(state, |verdict| verdict.s9)
    }),
    ("S11 the deadline divides", |market, state| market.of_histories(state, |verdict| verdict.s11)),
    ("S12 limits hold", |market, state| market.of_orders(state).s12),
    ("S13 the price charged is the price accepted", Marketplace::s13),
    ("L1-L6 whatever rests is done", Marketplace::rests_well),
];

/// What must be reachable.
pub(super) const ENDS: [(&str, Condition); 10] = [
    ("completed", |market, state| market.some_order(state, |order| order.status == OrderStatus::Completed)),
    ("expired", |market, state| market.some_order(state, |order| order.status == OrderStatus::Expired)),
    ("cancelled", |market, state| {
        market.some_order(state, |order| order.cancel_reason == Some(CancelReason::ByBuyer))
    }),
    ("not charged after all", |market, state| {
        market.some_order(state, |order| order.cancel_reason == Some(CancelReason::PaymentFailed))
    }),
    ("refunded", |market, state| market.some_order(state, |order| order.status == OrderStatus::Refunded)),
    ("reserved too late and released", |market, state| {
        market.some_order(state, |order| order.status == OrderStatus::Expired)
            && market.some_payment(state, |payment| payment.status == PaymentStatus::Voided)
    }),
    ("declined, then paid by another card", |market, state| {
        market.some_order(state, |order| order.status == OrderStatus::Completed)
            && market.some_payment(state, |payment| {
                payment.status == PaymentStatus::Declined
                    && payment.order.status == OrderStatus::AwaitingPayment
            })
    }),
    ("closed before the gateway had seen it", |market, state| {
        market.some_payment(state, |payment| payment.decline_reason == Some(DeclineReason::OrderClosed))
    }),
    ("sold again after an expiry", |market, state| {
        market.some_order(state, |order| order.status == OrderStatus::Expired)
            && market.some_order(state, |order| order.status == OrderStatus::Completed)
    }),
    ("sold again after a refund", |market, state| {
        market.some_order(state, |order| order.status == OrderStatus::Refunded)
            && market.some_order(state, |order| order.status == OrderStatus::Completed)
    }),
];

type OrderKeys = [Option<Key<Order>>; ORDERS];
type PaymentKeys = [Option<(Key<Payment>, Money)>; PAYMENTS];

/// What the predicates have said.
#[derive(Default)]
pub(super) struct Verdicts {
    orders: Memo<OrderKeys, OfOrders>,
    histories: Memo<History<OrderSnapshot>, OfHistory>,
    payment_histories: Memo<History<PaymentSnapshot>, OfHistory>,
    money: Memo<(OrderKeys, PaymentKeys), OfMoney>,
    passes: Memo<[Option<Key<Admission>>; ORDERS], bool>,
}

#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "one verdict for each law")]
struct OfOrders {
    s1: bool,
    s2: bool,
    s6: bool,
    s12: bool,
}

#[derive(Debug, Clone, Copy)]
struct OfHistory {
    s8: bool,
    s9: bool,
    s11: bool,
}

#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "one verdict for each law")]
struct OfMoney {
    s3: bool,
    s4: bool,
    s5: bool,
    /// What is reserved is what the order costs.
    s13: bool,
}

impl Marketplace {
    fn of_orders(&self, state: &State) -> OfOrders {
        let keys = state.orders.map(|docs| docs.map(|docs| docs.state));
        self.memos.laws.orders.recall(keys, || {
            let orders = self.all_orders(&keys);
            OfOrders {
                s1: of_orders::s1(&self.listings[0], &orders).is_empty(),
                s2: of_orders::s2(&orders).is_empty(),
                s6: of_orders::s6(&orders).is_empty(),
                s12: of_orders::s12(&orders, TERMS.max_open_orders).is_empty(),
            }
        })
    }

    fn of_money(&self, state: &State) -> OfMoney {
        let orders = state.orders.map(|docs| docs.map(|docs| docs.state));
        let payments = state.payments.map(|docs| docs.map(|docs| (docs.state, docs.money)));
        self.memos.laws.money.recall((orders, payments), || {
            let snapshots: Vec<_> = self.all_orders(&orders).iter().map(Order::snapshot).collect();
            let charges: Vec<Charge> =
                payments.iter().flatten().map(|(payment, money)| self.charge(*payment, *money)).collect();
            OfMoney {
                s3: s3_violations(&charges, &snapshots).is_empty(),
                s4: s4_violations(&charges, &snapshots).is_empty(),
                s5: s5_violations(&charges, &snapshots).is_empty(),
                s13: payments.iter().flatten().all(|(payment, _)| {
                    let payment = self.payments.get(*payment);
                    let order = snapshots.iter().find(|order| order.id == payment.order_id);
                    order.is_some_and(|order| order.total == payment.amount)
                }),
            }
        })
    }

    fn of_histories(&self, state: &State, holds: fn(&OfHistory) -> bool) -> bool {
        let laws = &self.memos.laws;
        let of_order = |history| {
            laws.histories.recall(history, || {
                let history = self.order_histories.get(history);
                OfHistory {
                    s8: of_orders::s8(&history).is_empty(),
                    s9: history.iter().map(|order| order.version).eq(1..=length(&history)),
                    s11: of_orders::s11(&history).is_empty(),
                }
            })
        };
        let of_payment = |history| {
            laws.payment_histories.recall(history, || {
                let history = self.payment_histories.get(history);
                OfHistory {
                    s8: of_payment_history(&history).is_empty(),
                    s9: history.iter().map(|payment| payment.version).eq(1..=length(&history)),
                    s11: true,
                }
            })
        };
        state.orders.iter().flatten().all(|docs| holds(&of_order(docs.history)))
            && state.payments.iter().flatten().all(|docs| holds(&of_payment(docs.history)))
    }

    fn s7(&self, state: &State) -> bool {
        let keys = state.orders.map(|docs| docs.and_then(|docs| docs.admission));
        self.memos.laws.passes.recall(keys, || {
            let admissions: Vec<_> = keys.iter().flatten().map(|key| self.admissions.get(*key)).collect();
            s7(admissions.iter().map(AsRef::as_ref)).is_empty()
        })
    }

    fn s13(&self, state: &State) -> bool {
        let accepted = state.orders.iter().flatten().all(|docs| {
            let order = self.orders.get(docs.state);
            order.seat_total().amount_cents == price_cents(docs.seen) && order.total == total(&order)
        });
        accepted && self.of_money(state).s13
    }

    fn all_orders(&self, keys: &[Option<Key<Order>>]) -> Vec<Order> {
        keys.iter().flatten().map(|key| self.orders.get(*key).as_ref().clone()).collect()
    }

    /// What the gateway has charged and given back.
    fn charge(&self, payment: Key<Payment>, money: Money) -> Charge {
        let payment = self.payments.get(payment);
        let (nothing, all) = (Price { amount_cents: 0, ..payment.amount }, payment.amount);
        let (captured, refunded) = match money {
            Money::Unseen | Money::ToConfirm | Money::Reserved | Money::Refused | Money::Released => {
                (nothing, nothing)
            }
            Money::Charged => (all, nothing),
            Money::Returned => (all, all),
        };
        Charge { payment_id: payment.id, order_id: payment.order_id, captured, refunded }
    }

    fn some_order(&self, state: &State, is: impl Fn(&Order) -> bool) -> bool {
        state.orders.iter().flatten().any(|docs| is(&self.orders.get(docs.state)))
    }

    fn some_payment(&self, state: &State, is: impl Fn(&Payment) -> bool) -> bool {
        state.payments.iter().flatten().any(|docs| is(&self.payments.get(docs.state)))
    }
}

/// What the seats cost at the total of one.
fn total(order: &Order) -> Price {
    let seats = i64::try_from(order.seats.len()).unwrap_or(i64::MAX);
    let one = order.seat_total();
    Price { amount_cents: one.amount_cents.saturating_mul(seats), ..one }
}

fn length<T>(history: &[T]) -> u64 {
    u64::try_from(history.len()).unwrap_or(u64::MAX)
}

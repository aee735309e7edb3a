//! What orders does: its routes and listeners, over its own decisions.

use std::collections::BTreeSet;

use common::events::{order::OrderSnapshot, payment::PaymentSnapshot};
use orders::domain::{
    decide::{Decision, Input, decide},
    inventory::{self, Inventory},
    order::{Actor, Order, RefundRequest, RequestKey},
    payments::{self, news},
    placing::{Draw, Situation, Wish, place},
};

use super::{
    Marketplace,
    cast::{Moment, SEATS, TERMS, buyer_id, order_id, price_cents, show_starts_at},
    state::{OrderDocs, State},
    tables::{History, Key},
};

/// What an order learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum News {
    /// Somebody believes that it is overdue.
    TimerFired,
    /// The buyer gives it up.
    Cancel,
    /// The buyer wants the money back.
    Refund,
    /// A version of a payment.
    Payment(History<PaymentSnapshot>, u8),
}

impl Marketplace {
    /// The seller's decisions are those of tickets, which made the versions: see [`super::cast::listings`].
    pub(super) fn edit_listing(state: &mut State) -> Option<()> {
        state.listing = Some(state.listing + 1).filter(|version| *version <= 3)?;
        Some(())
    }

    pub(super) fn tell_inventory(&self, state: &mut State, version: u8) -> Option<()> {
        let told = &self.listings[usize::from(version) - 1];
        if state.inventory > 0 {
            let known = Inventory { listing: self.listings[usize::from(state.inventory) - 1].clone() };
            match known.news(told) {
                inventory::News::Newer => {}
                inventory::News::Known | inventory::News::Stale => return None,
            }
        }
        state.went_back |= version < state.inventory;
        state.inventory = version;
        Some(())
    }

    /// The buyer sees nobody else's order: the oldest view there is. That the seats are free and the buyer
    /// has a slot left is then for the unique indexes to say.
    pub(super) fn place(&self, state: &mut State, n: usize, seen: u8) -> Option<()> {
        let listing = self.listings.get(usize::from(state.inventory.checked_sub(1)?))?.clone();
        let request = RequestKey { key: "key".to_owned(), fingerprint: "body".to_owned() };
        let wish = Wish {
            buyer_id: buyer_id(n),
            listing_id: listing.id,
            quantity: u32::from(SEATS),
            expected_price_cents: price_cents(seen),
            request,
        };
        let situation = Situation { listing, taken: BTreeSet::new(), slots: BTreeSet::new() };
        let draw = Draw { id: order_id(n), now: Moment::Before.time(), spread: 0 };
        let order = place(&wish, &situation, TERMS, draw).ok()?;
        if self.indexes_refuse(state, &order) {
            return None;
        }
        state.orders[n] = Some(OrderDocs {
            history: self.order_histories.key(vec![order.snapshot()]),
            state: self.orders.key(order),
            seen,
            clock: Moment::Before,
            timer: None,
            view: None,
            admission: None,
        });
        Some(())
    }

    /// What `seats_of_live_orders` and `slot_of_open_orders` say.
    fn indexes_refuse(&self, state: &State, new: &Order) -> bool {
        let others = state.orders.iter().flatten().map(|docs| self.orders.get(docs.state));
        let mut others = others.filter(|other| other.id != new.id);
        others.any(|other| {
            let seat = other.live && new.live && other.seats.iter().any(|seat| new.seats.contains(seat));
            let slot = other.open && new.open && (other.buyer_id, other.slot) == (new.buyer_id, new.slot);
            seat || slot
        })
    }

    pub(super) fn pass_deadline(state: &mut State, n: usize) -> Option<()> {
        state.orders[n].as_mut()?.clock = Moment::Due;
        Some(())
    }

    pub(super) fn cancel(&self, state: &mut State, n: usize) -> Option<()> {
        self.order_learns(state, n, News::Cancel)
    }

    pub(super) fn request_refund(&self, state: &mut State, n: usize) -> Option<()> {
        self.order_learns(state, n, News::Refund)
    }

    pub(super) fn sweep(&self, state: &mut State, n: usize) -> Option<()> {
        self.order_learns(state, n, News::TimerFired)
    }

    pub(super) fn tell_fired(&self, state: &mut State, n: usize) -> Option<()> {
        let timer = self.timers.get(state.orders[n]?.timer?);
        timer.told.as_ref()?;
        self.order_learns(state, n, News::TimerFired)
    }

    pub(super) fn tell_orders(&self, state: &mut State, n: usize, version: u8) -> Option<()> {
        let history = state.payments[n]?.history;
        self.order_learns(state, self.scope.payments[n], News::Payment(history, version))
    }

    fn order_learns(&self, state: &mut State, n: usize, news: News) -> Option<()> {
        let docs = state.orders[n]?;
        let next = self.memos.order.recall((docs.state, news, docs.clock), || {
            let order = self.orders.get(docs.state);
            self.order_decides(&order, news, docs.clock).map(|next| self.orders.key(next))
        })?;
        let (before, after) = (self.orders.get(docs.state), self.orders.get(next));
        state.went_back |= knows_less(&before, &after);
        if self.indexes_refuse(state, &after) {
            return None;
        }
        let docs = state.orders[n].as_mut()?;
        docs.state = next;
        if after.version != before.version {
            docs.history = self.published(docs.history, next);
        }
        Some(())
    }

    /// Load and decide, as the routes and listeners do.
    fn order_decides(&self, order: &Order, news: News, clock: Moment) -> Option<Order> {
        let now = clock.time();
        match news {
            News::TimerFired => changed(decide(order, Input::TimerFired, now)),
            News::Cancel => changed(decide(order, Input::Cancel(Actor::Buyer), now)),
            News::Refund => {
                let request = RefundRequest { requested_by: order.buyer_id, key: "refund".to_owned() };
                let show_starts_at = show_starts_at();
                changed(decide(
                    order,
                    Input::RefundRequested { by: Actor::Buyer, request, show_starts_at },
                    now,
                ))
            }
            News::Payment(history, version) => {
                let history = self.payment_histories.get(history);
                let payment = history.get(usize::from(version) - 1)?;
                follow_payment(order, payment, clock)
            }
        }
    }

    fn published(&self, history: History<OrderSnapshot>, order: Key<Order>) -> History<OrderSnapshot> {
        self.memos.order_history.recall((history, order), || {
            let mut history = self.order_histories.get(history).to_vec();
            history.push(self.orders.get(order).snapshot());
            self.order_histories.key(history)
        })
    }

    /// How many versions of an order were published.
    pub(super) fn version_of(&self, docs: &OrderDocs) -> u8 {
        u8::try_from(self.order_histories.get(docs.history).len()).unwrap_or(u8::MAX)
    }
}

/// As `orders-follow-payment-on-payment-changed` does.
fn follow_payment(order: &Order, payment: &PaymentSnapshot, clock: Moment) -> Option<Order> {
    let order = match news(order, payment) {
        payments::News::Newer(order) => *order,
        payments::News::Known => order.clone(),
        payments::News::Stale => return None,
    };
    let Some(input) = Input::of(payment) else { return Some(order) };
    match decide(&order, input, clock.time()) {
        Decision::Changed(next) => Some(*next),
        Decision::Unchanged(_) => Some(order),
        Decision::Refused(_) => None,
    }
}

fn changed(decision: Decision) -> Option<Order> {
    match decision {
        Decision::Changed(next) => Some(*next),
        Decision::Unchanged(_) | Decision::Refused(_) => None,
    }
}

/// S9: whether an order knows less of a payment than it did.
fn knows_less(before: &Order, after: &Order) -> bool {
    let version = |order: &Order, payment: &PaymentSnapshot| {
        order.payments.iter().find(|known| known.id == payment.id).map_or(0, |known| known.version)
    };
    before.payments.iter().any(|payment| version(after, payment) < payment.version)
}

//! What is always true of orders. Each predicate has the id that the design gives it and tells every
//! violation it finds, so that the model, the tests and a running auditor share one definition.
//!
//! S1, S2, S6, S10, S12 and S13 look at a moment: the orders as they are. S8, S9 and S11 look at a history: the
//! snapshots of one order as they were published, oldest first, or what was seen of it at two moments.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use common::{
    audit::{Violation, never_back},
    events::{
        listing::{ListingSnapshot, Seat},
        order::{
            OrderSnapshot,
            OrderStatus::{
                self, AwaitingPayment, Cancelled, Completed, Confirmed, Expired, Refunded, Refunding,
            },
        },
    },
    ids::{OrderId, UserId},
};

use super::order::{Order, is_open};

/// All that must be true of the orders of one listing at any moment.
pub fn audit_listing(listing: &ListingSnapshot, orders: &[Order]) -> Vec<Violation> {
    [s1(listing, orders), s2(orders), s6(orders)].concat()
}

/// All that must be true of the history of one order.
pub fn audit_history(history: &[OrderSnapshot]) -> Vec<Violation> {
    [s8(history), s11(history)].concat()
}

/// S1: every seat of a listing belongs to at most one live order, and free + taken = total.
pub fn s1(listing: &ListingSnapshot, orders: &[Order]) -> Vec<Violation> {
    let mut owners: HashMap<&Seat, OrderId> = HashMap::new();
    let mut violations = Vec::new();
    for order in orders.iter().filter(|order| order.live && order.listing_id == listing.id) {
        for seat in &order.seats {
            if let Some(other) = owners.insert(seat, order.id) {
                violations
                    .push(violation("S1", format!("seat {seat} belongs to {other:?} and {:?}", order.id)));
            }
        }
    }
    let seats: HashSet<&Seat> = listing.seats.iter().collect();
    let free = seats.iter().filter(|seat| !owners.contains_key(**seat)).count();
    if free + owners.len() != listing.seats.len() {
        let (taken, total) = (owners.len(), listing.seats.len());
        violations
            .push(violation("S1", format!("{free} free + {taken} taken is not {total} in {:?}", listing.id)));
    }
    violations
}

/// S2: an order that awaits payment, is confirmed, completed or being refunded owns exactly the seats that
/// the buyer pays for.
pub fn s2(orders: &[Order]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for order in orders {
        let distinct: HashSet<&Seat> = order.seats.iter().collect();
        let paid_for = u32::try_from(distinct.len()).ok().and_then(|seats| order.seat_total().times(seats));
        let complete = distinct.len() == order.seats.len() && !distinct.is_empty();
        if !complete || paid_for != Some(order.total) {
            violations.push(violation("S2", format!("{:?} has other seats than it pays for", order.id)));
        }
        if order.status.is_live() && !order.live {
            violations
                .push(violation("S2", format!("{:?} is {:?} without its seats", order.id, order.status)));
        }
    }
    violations
}

/// S6: seats are freed only by Cancelled, Expired and Refunded.
pub fn s6(orders: &[Order]) -> Vec<Violation> {
    let keeps_rule = |order: &&Order| match order.status {
        Cancelled | Expired | Refunded => order.live,
        AwaitingPayment | Confirmed | Completed | Refunding => !order.live,
    };
    let broken = orders.iter().filter(keeps_rule);
    let detail = |order: &Order| format!("{:?} is {:?} with live = {}", order.id, order.status, order.live);
    broken.map(|order| violation("S6", detail(order))).collect()
}

/// S8: end states absorb, and histories follow the table.
pub fn s8(history: &[OrderSnapshot]) -> Vec<Violation> {
    let mut violations = Vec::new();
    if let Some(first) = history.first().filter(|first| first.status != AwaitingPayment || first.version != 1)
    {
        violations.push(violation("S8", format!("{:?} begins as {:?}", first.id, first.status)));
    }
    for (before, after) in history.iter().zip(history.iter().skip(1)) {
        if !may_follow(before.status, after.status) || after.version != before.version + 1 {
            let (from, to) = (before.status, after.status);
            let versions = (before.version, after.version);
            violations
                .push(violation("S8", format!("{:?} went from {from:?} to {to:?} {versions:?}", after.id)));
        }
        let money = |order: &OrderSnapshot| (order.price, order.fees, order.total);
        if after.seats != before.seats || money(after) != money(before) {
            violations.push(violation("S8", format!("{:?} changed its seats or its total", after.id)));
        }
    }
    violations
}

/// S11: no expiry before the deadline, and no confirmation after it.
pub fn s11(history: &[OrderSnapshot]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for step in history {
        let wrong = match step.status {
            Expired => step.changed_at < step.expires_at,
            Confirmed => step.changed_at >= step.expires_at,
            AwaitingPayment | Completed | Refunding | Refunded | Cancelled => false,
        };
        if wrong {
            let (at, deadline) = (step.changed_at, step.expires_at);
            violations
                .push(violation("S11", format!("{:?} {:?} at {at}, due {deadline}", step.id, step.status)));
        }
    }
    violations
}

/// S12: no buyer has more open orders than permitted, nor two in one slot.
pub fn s12(orders: &[Order], limit: u32) -> Vec<Violation> {
    let mut slots: BTreeMap<UserId, BTreeSet<u32>> = BTreeMap::new();
    let mut violations = Vec::new();
    for order in orders.iter().filter(|order| is_open(order.status) || order.open) {
        let taken = slots.entry(order.buyer_id).or_default();
        if !order.open || !taken.insert(order.slot) || order.slot >= limit {
            let (buyer, slot) = (order.buyer_id, order.slot);
            violations.push(violation("S12", format!("{buyer:?} has no slot {slot} for {:?}", order.id)));
        }
    }
    violations
}

/// S13: the price charged is the price accepted, and the fees add up.
pub fn s13(orders: &[Order]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for order in orders {
        if order.fees.is_some_and(|fees| !fees.add_up(order.price)) {
            violations.push(violation("S13", format!("the fees of order {} do not add up", order.id)));
        }
        let paid_by = order.payments.iter().filter(|payment| order.payment_id == Some(payment.id));
        for payment in paid_by.filter(|payment| payment.amount != order.total) {
            let (id, amount, total) = (payment.id, payment.amount, order.total);
            let detail = format!("payment {id} of order {} is {amount}, accepted was {total}", order.id);
            violations.push(violation("S13", detail));
        }
    }
    violations
}

/// S10: one idempotency key of a buyer, one order; one of whoever asks for refunds, one refund.
pub fn s10(orders: &[Order]) -> Vec<Violation> {
    let mut requests: BTreeMap<(&str, UserId, &str), OrderId> = BTreeMap::new();
    let mut violations = Vec::new();
    for order in orders {
        let placed = ("order", order.buyer_id, order.request.key.as_str());
        let refunded =
            order.refund.as_ref().map(|refund| ("refund", refund.requested_by, refund.key.as_str()));
        for request in [Some(placed), refunded].into_iter().flatten() {
            if let Some(other) = requests.insert(request, order.id).filter(|other| *other != order.id) {
                let detail = format!("{} {other} and {} answer one request", request.0, order.id);
                violations.push(violation("S10", detail));
            }
        }
    }
    violations
}

/// What was seen of an order at one moment.
pub type Sight = (u64, OrderStatus);

/// S8 and S9 between two looks at an order: its version does not go back, and its status has gone as
/// many steps along the arrows as its version.
pub fn since(id: OrderId, before: Sight, now: Sight) -> Vec<Violation> {
    let Some(steps) = now.0.checked_sub(before.0) else {
        return never_back("order", id, before.0, now.0);
    };
    if leads(before.1, now.1, steps) {
        return Vec::new();
    }
    vec![violation("S8", format!("order {id} went from {before:?} to {now:?}"))]
}

/// Whether so many arrows lead from one status to the other.
fn leads(from: OrderStatus, to: OrderStatus, steps: u64) -> bool {
    match steps {
        0 => from == to,
        _ => ALL.into_iter().any(|next| may_follow(from, next) && leads(next, to, steps - 1)),
    }
}

const ALL: [OrderStatus; 7] =
    [AwaitingPayment, Confirmed, Completed, Refunding, Refunded, Cancelled, Expired];

/// The arrows of the state diagram.
const fn may_follow(from: OrderStatus, to: OrderStatus) -> bool {
    match from {
        AwaitingPayment => matches!(to, Confirmed | Cancelled | Expired),
        Confirmed => matches!(to, Completed | Cancelled),
        Completed => matches!(to, Refunding),
        Refunding => matches!(to, Refunded),
        Refunded | Cancelled | Expired => false,
    }
}

fn violation(invariant: &'static str, detail: String) -> Violation {
    Violation::of(invariant, detail)
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod histories;

//! S10, S13 and D1: what the clients were told is in the books, and what they were refused is not.

use std::collections::{HashMap, HashSet};

use common::{
    events::{listing::ListingStatus, order::OrderStatus, payment::PaymentStatus},
    ids::{OrderId, PaymentId, UserId},
};
use payments::domain::Payment;

use super::books::Everything;
use crate::torture::history::{Promise, Refusal, Wish};

/// Promises that were not kept.
pub fn broken(books: &Everything, promises: &[Promise]) -> Vec<String> {
    let payments: HashMap<PaymentId, &Payment> =
        books.payments.iter().map(|payment| (payment.id, payment)).collect();
    let broken = promises.iter().filter_map(|promise| broken_one(books, &payments, promise));
    broken.chain(one_resource_for_one_key(promises)).collect()
}

fn broken_one(
    books: &Everything,
    payments: &HashMap<PaymentId, &Payment>,
    promise: &Promise,
) -> Option<String> {
    let lost = |what: &str| Some(format!("D1: {what}, as promised: {promise:?}"));
    let status_is = |order: OrderId, wanted: OrderStatus| {
        books.orders.get(&order).is_some_and(|order| order.status == wanted)
    };
    match promise {
        Promise::Listed(listing) => match books.listings.get(&listing.id) {
            Some(known) if known.snapshot.seats == listing.seats => None,
            _ => lost("there is no such listing"),
        },
        Promise::Repriced { listing, version, price_cents } => match books.listings.get(listing) {
            Some(known) if known.snapshot.version > *version => None,
            Some(known)
                if known.snapshot.version == *version
                    && known.snapshot.price.amount_cents == *price_cents =>
            {
                None
            }
            _ => lost("the price is not"),
        },
        Promise::Withdrawn(listing) => match books.listings.get(listing) {
            Some(known) if known.snapshot.status == ListingStatus::Withdrawn => None,
            _ => lost("the listing is not withdrawn"),
        },
        Promise::Placed { order, key, buyer, listing, quantity, price_cents } => {
            let Some(known) = books.orders.get(order) else { return lost("there is no such order") };
            let as_promised = known.request.key == *key
                && known.buyer_id == *buyer
                && known.listing_id == *listing
                && known.seats.len() == *quantity;
            if !as_promised {
                return lost("the order is not");
            }
            let total = known.seat_total();
            let accepted = total.amount_cents == *price_cents;
            (!accepted).then(|| format!("S13: {order:?} is at {total}, accepted was {price_cents}"))
        }
        Promise::PaymentTaken { payment, key, order, .. } => match payments.get(payment) {
            Some(known) if known.idempotency_key == *key && known.order_id == *order => None,
            _ => lost("there is no such payment"),
        },
        Promise::Cancelled(order) if status_is(*order, OrderStatus::Cancelled) => None,
        Promise::Cancelled(_) => lost("the order is not cancelled"),
        Promise::RefundTaken(order) if status_is(*order, OrderStatus::Refunded) => None,
        Promise::RefundTaken(_) => lost("the money is not back"),
    }
}

/// S10, as the clients saw it: the same key was never answered by two different things.
fn one_resource_for_one_key(promises: &[Promise]) -> Vec<String> {
    let mut seen: HashMap<(UserId, &str), String> = HashMap::new();
    let mut violations = Vec::new();
    for promise in promises {
        let (who, key, what) = match promise {
            Promise::Placed { buyer, key, order, .. } => (*buyer, key, order.to_string()),
            Promise::PaymentTaken { buyer, key, payment, .. } => (*buyer, key, payment.to_string()),
            Promise::Listed(_)
            | Promise::Repriced { .. }
            | Promise::Withdrawn(_)
            | Promise::Cancelled(_)
            | Promise::RefundTaken(_) => continue,
        };
        if let Some(other) = seen.insert((who, key), what.clone()).filter(|other| *other != what) {
            violations.push(format!("S10: the key {key} made {other} and {what}"));
        }
    }
    violations
}

/// S10: nothing came of what was refused, and one key has made one thing in the books as well.
pub fn granted_after_all(books: &Everything, refusals: &[Refusal]) -> Vec<String> {
    let mut made: HashSet<(UserId, &str)> = HashSet::new();
    let mut violations = Vec::new();
    let listings = books.listings.values().filter_map(|listing| {
        let request = listing.request.as_ref()?;
        Some((listing.snapshot.seller_id, request.key.as_str(), true))
    });
    let orders = books.orders.values().map(|order| (order.buyer_id, order.request.key.as_str(), true));
    // A payment that was declined because its order had ended is a refusal that was written down.
    let payments = books
        .payments
        .iter()
        .map(|of| (of.buyer_id, of.idempotency_key.as_str(), of.status != PaymentStatus::Declined));
    let mut keys: HashSet<(UserId, &str)> = HashSet::new();
    for (who, key, granted) in listings.chain(orders).chain(payments) {
        if !keys.insert((who, key)) {
            violations.push(format!("S10: {who:?} has two things under the key {key}"));
        }
        if granted {
            made.insert((who, key));
        }
    }
    for Refusal { wish, who, key } in refusals {
        if matches!(wish, Wish::List | Wish::Order | Wish::Pay) && made.contains(&(*who, key.as_str())) {
            violations.push(format!("S10: {wish:?} of {who:?} under {key} was refused and done"));
        }
    }
    violations
}

//! All books at once, and what must be true of them: by the predicates that the services define.

use std::collections::{BTreeMap, HashMap};

use bson::doc;
use common::{
    events::{
        order::{OrderSnapshot, OrderStatus},
        payment::PaymentStatus,
        payout::PayoutStatus,
    },
    ids::{ListingId, OrderId},
};
use orders::domain::{invariants as of_orders, order::Order};
use payments::domain::{Charge, Payment, Payout, s3_violations, s4_violations, s5_violations};
use tickets::domain::{
    admission::Admission,
    invariants::s7,
    listing::{Listing, Taken},
};

use crate::market::{Books, Reservation, Service};

/// `MAX_OPEN_ORDERS_PER_BUYER`, which nobody sets here.
const OPEN_ORDERS_OF_A_BUYER: u32 = 4;

/// Everything that the services and the gateway have written down.
pub struct Everything {
    pub listings: HashMap<ListingId, Listing>,
    pub orders: HashMap<OrderId, Order>,
    pub payments: Vec<Payment>,
    payouts: HashMap<OrderId, Payout>,
    admissions: HashMap<OrderId, Admission>,
    reservations: BTreeMap<String, Reservation>,
}

impl Everything {
    /// Reads all of it.
    pub async fn load(books: &Books) -> Self {
        let listings: Vec<Listing> = books.find(Service::Tickets, "listings", doc! {}).await;
        let orders: Vec<Order> = books.find(Service::Orders, "orders", doc! {}).await;
        let payouts: Vec<Payout> = books.find(Service::Payments, "payouts", doc! {}).await;
        let admissions: Vec<Admission> = books.find(Service::Tickets, "admissions", doc! {}).await;
        Self {
            listings: listings.into_iter().map(|listing| (listing.snapshot.id, listing)).collect(),
            orders: orders.into_iter().map(|order| (order.id, order)).collect(),
            payments: books.find(Service::Payments, "payments", doc! {}).await,
            payouts: payouts.into_iter().map(|payout| (payout.order_id, payout)).collect(),
            admissions: admissions.into_iter().map(|known| (known.order.id, known)).collect(),
            reservations: books.reservations().await,
        }
    }

    /// How much there is of what.
    pub fn extent(&self) -> Vec<(&'static str, usize)> {
        let with = |status| self.orders.values().filter(|order| order.status == status).count();
        let captures = self.reservations.values().filter(|of| of.captures > 0).count();
        let refunds = self.reservations.values().filter(|of| of.refunded_cents > 0).count();
        let released = self.reservations.values().filter(|of| of.released).count();
        vec![
            ("listings", self.listings.len()),
            ("orders", self.orders.len()),
            ("orders completed", with(OrderStatus::Completed)),
            ("orders expired", with(OrderStatus::Expired)),
            ("orders cancelled", with(OrderStatus::Cancelled)),
            ("orders refunded", with(OrderStatus::Refunded)),
            ("payments", self.payments.len()),
            ("captures at the gateway", captures),
            ("refunds at the gateway", refunds),
            ("authorisations released", released),
        ]
    }

    /// Everything that must not be.
    pub fn violations(&self) -> Vec<String> {
        let mut violations = self.of_listings();
        let orders: Vec<Order> = self.orders.values().cloned().collect();
        violations.extend(of_orders::s12(&orders, OPEN_ORDERS_OF_A_BUYER).iter().map(ToString::to_string));
        violations.extend(self.of_money());
        violations.extend(s7(self.admissions.values()).iter().map(ToString::to_string));
        violations.extend(self.of_admissions());
        violations.extend(self.of_payouts());
        violations
    }

    /// S1, S2 and S6, and L8 of what is left.
    fn of_listings(&self) -> Vec<String> {
        let mut by_listing: HashMap<ListingId, Vec<Order>> = HashMap::new();
        for order in self.orders.values() {
            by_listing.entry(order.listing_id).or_default().push(order.clone());
        }
        let mut violations = Vec::new();
        for (id, orders) in &by_listing {
            match self.listings.get(id) {
                Some(listing) => {
                    let found = of_orders::audit_listing(&listing.snapshot, orders);
                    violations.extend(found.iter().map(ToString::to_string));
                }
                None => violations.push(format!("D1: {id:?} has orders and is not there")),
            }
        }
        for (id, listing) in &self.listings {
            let orders = by_listing.get(id).map(Vec::as_slice).unwrap_or_default();
            violations.extend(wrong_seats_left(listing, orders));
        }
        violations
    }

    /// S3, S4, S5, S13, L5 and L6, order by order.
    fn of_money(&self) -> Vec<String> {
        let mut by_order: HashMap<OrderId, Vec<&Payment>> = HashMap::new();
        for payment in &self.payments {
            by_order.entry(payment.order_id).or_default().push(payment);
        }
        let mut violations = Vec::new();
        for (id, payments) in &by_order {
            if !self.orders.contains_key(id) {
                violations.push(format!("D1: {id:?} has payments and is not there"));
                let charges: Vec<Charge> = payments.iter().map(|payment| self.charge(payment)).collect();
                violations.extend(s3_violations(&charges, &[]).iter().map(ToString::to_string));
            }
            violations.extend(payments.iter().filter_map(|payment| self.wrong_money(payment)));
        }
        for order in self.orders.values() {
            let payments = by_order.get(&order.id).map(Vec::as_slice).unwrap_or_default();
            let charges: Vec<Charge> = payments.iter().map(|payment| self.charge(payment)).collect();
            let snapshot: [OrderSnapshot; 1] = [order.snapshot()];
            let found = [
                s3_violations(&charges, &snapshot),
                s4_violations(&charges, &snapshot),
                s5_violations(&charges, &snapshot),
            ];
            violations.extend(found.concat().iter().map(ToString::to_string));
        }
        let known: std::collections::HashSet<String> =
            self.payments.iter().map(|payment| payment.id.to_string()).collect();
        let strange = self.reservations.keys().filter(|reference| !known.contains(*reference));
        violations
            .extend(strange.map(|reference| format!("D1: the gateway knows {reference}, payments does not")));
        violations
    }

    fn wrong_money(&self, payment: &Payment) -> Option<String> {
        let reservation = self.reservation(payment);
        let order = self.orders.get(&payment.order_id)?;
        let (id, status) = (payment.id, payment.status);
        if reservation.is_open() {
            return Some(format!("L5: {id:?} ({status:?}) still reserves money"));
        }
        if reservation.authorized_cents.is_some_and(|cents| cents != order.total.amount_cents) {
            return Some(format!(
                "S13: {id:?} reserved {:?} for {}",
                reservation.authorized_cents, order.total
            ));
        }
        let charged = reservation.captured_cents - reservation.refunded_cents > 0;
        if charged != (status == PaymentStatus::Captured) {
            return Some(format!("L4: {id:?} is {status:?}, and the gateway says {reservation:?}"));
        }
        (reservation.captures > 1).then(|| format!("S4: {id:?} was captured {} times", reservation.captures))
    }

    fn reservation(&self, payment: &Payment) -> Reservation {
        self.reservations.get(&payment.id.to_string()).copied().unwrap_or_default()
    }

    fn charge(&self, payment: &Payment) -> Charge {
        self.reservation(payment).charge(payment)
    }

    /// L3: completed ⇔ one valid pass for each seat.
    fn of_admissions(&self) -> Vec<String> {
        let mut violations = Vec::new();
        for order in self.orders.values() {
            let admission = self.admissions.get(&order.id).filter(|admission| admission.admits);
            let admitted = admission.map_or(0, |known| known.passes.len());
            let owed = if order.status == OrderStatus::Completed { order.seats.len() } else { 0 };
            if admitted != owed {
                violations.push(format!("L3: {:?} ({:?}) has {admitted} passes", order.id, order.status));
            }
        }
        violations
    }

    /// Every completed order is owed to its seller, and no other.
    fn of_payouts(&self) -> Vec<String> {
        let mut violations = Vec::new();
        for order in self.orders.values() {
            let payout =
                self.payouts.get(&order.id).filter(|payout| payout.status != PayoutStatus::Cancelled);
            let owed = payout.map(|payout| payout.amount);
            let due = (order.status == OrderStatus::Completed).then_some(order.snapshot().proceeds());
            if owed != due {
                violations.push(format!("L8: {:?} ({:?}) is owed {owed:?}", order.id, order.status));
            }
        }
        violations
    }
}

fn wrong_seats_left(listing: &Listing, orders: &[Order]) -> Option<String> {
    let live = orders.iter().map(Order::snapshot).filter(|order| order.status.is_live());
    let taken = live.map(|order| Taken::from(&order)).collect();
    let (shown, left) = (listing.seats_left, listing.clone().left_by(taken).seats_left);
    (shown != left).then(|| format!("L8: {:?} shows {shown} seats left, and {left} are", listing.snapshot.id))
}

//! The audit: what must be true of listings once nothing about them is under way any more, by the
//! predicates that the services themselves define. It reads the databases of all services and the ledger.

use std::collections::BTreeMap;

use common::{
    events::{
        listing::ListingSnapshot,
        order::{OrderSnapshot, OrderStatus},
        payment::PaymentStatus,
    },
    ids::{ListingId, OrderId},
};
use orders::domain::{invariants as of_orders, order::Order};
use payments::domain::{Charge, Payment, is_under_way, s3_violations, s4_violations, s5_violations};
use tickets::domain::{admission::Admission, invariants::s7};

use super::{Market, books::Reservation, wait::until};

/// `MAX_OPEN_ORDERS_PER_BUYER`, which nobody sets here.
const OPEN_ORDERS_OF_A_BUYER: u32 = 4;

impl Market {
    /// Waits until nothing about these listings is under way, and checks everything that must be true of
    /// them: S1 to S7, S12, S13, that no reservation of money is left open, that no service has given
    /// a message up, and that none has found anything wrong itself. The listings are as their buyers saw them.
    pub async fn audit(&self, listings: &[ListingSnapshot]) -> Findings {
        let findings = self.audit_books(listings).await;
        assert_eq!(self.alarms().await, Vec::<String>::new());
        findings
    }

    /// The same, whatever the services say of themselves.
    pub async fn audit_books(&self, listings: &[ListingSnapshot]) -> Findings {
        let findings = until("everything to come to rest", async || {
            let findings = Findings::gather(self, listings).await;
            match findings.under_way().first() {
                None => Ok(findings),
                Some(busy) => Err(busy.clone()),
            }
        })
        .await;
        assert_eq!(findings.violations(listings), Vec::<String>::new());
        assert_eq!(self.books.dead_letters().await, Vec::<String>::new());
        findings
    }
}

/// All that the books say about some listings.
#[derive(Debug)]
pub struct Findings {
    /// Their orders.
    pub orders: Vec<Order>,
    payments: Vec<Payment>,
    admissions: BTreeMap<OrderId, Admission>,
    reservations: BTreeMap<String, Reservation>,
}

impl Findings {
    async fn gather(market: &Market, listings: &[ListingSnapshot]) -> Self {
        let listings: Vec<ListingId> = listings.iter().map(|listing| listing.id).collect();
        let orders = market.books.orders_of(&listings).await;
        let ids: Vec<OrderId> = orders.iter().map(|order| order.id).collect();
        let payments = market.books.payments_of(&ids).await;
        let admissions = market.books.admissions_of(&ids).await;
        let admissions = admissions.into_iter().map(|admission| (admission.order.id, admission)).collect();
        let reservations = market.books.reservations().await;
        Self { orders, payments, admissions, reservations }
    }

    /// How many of the orders are in this state.
    pub fn count(&self, status: OrderStatus) -> usize {
        self.orders.iter().filter(|order| order.status == status).count()
    }

    /// The money of an order, for each of its payments.
    pub fn money_of(&self, order: OrderId) -> Vec<Reservation> {
        let payments = self.payments.iter().filter(|payment| payment.order_id == order);
        payments.map(|payment| self.reservation(payment)).collect()
    }

    fn reservation(&self, payment: &Payment) -> Reservation {
        self.reservations.get(&payment.id.to_string()).copied().unwrap_or_default()
    }

    /// What somebody has yet to do something about.
    fn under_way(&self) -> Vec<String> {
        let mut busy = Vec::new();
        for order in &self.orders {
            if matches!(order.status, OrderStatus::Confirmed | OrderStatus::Refunding) {
                busy.push(format!("order {} is {:?}", order.id, order.status));
            }
            let known = self.admissions.get(&order.id).map_or(0, |admission| admission.order.version);
            if known < order.version {
                let now = order.version;
                busy.push(format!("tickets knows order {} in version {known} of {now}", order.id));
            }
        }
        for payment in &self.payments {
            if is_under_way(payment.status) || payment.status == PaymentStatus::Authorized {
                let (known, now) = (&payment.order, self.status_of(payment.order_id));
                let order = format!("its order is {now:?}, known to it is {:?}", known.status);
                busy.push(format!("payment {} is {:?}, {order}", payment.id, payment.status));
            }
        }
        busy
    }

    fn status_of(&self, order: OrderId) -> Option<OrderStatus> {
        self.orders.iter().find(|known| known.id == order).map(|known| known.status)
    }

    fn violations(&self, listings: &[ListingSnapshot]) -> Vec<String> {
        let snapshots: Vec<OrderSnapshot> = self.orders.iter().map(Order::snapshot).collect();
        let charges: Vec<Charge> = self.payments.iter().map(|payment| self.charge(payment)).collect();
        let mut violations = Vec::new();
        for listing in listings {
            let orders: Vec<Order> = self.orders_of(listing).cloned().collect();
            violations.extend(of_orders::audit_listing(listing, &orders).iter().map(ToString::to_string));
            violations.extend(self.price_violations(listing));
        }
        let slots = of_orders::s12(&self.orders, OPEN_ORDERS_OF_A_BUYER);
        violations.extend(slots.iter().map(ToString::to_string));
        let money = [
            s3_violations(&charges, &snapshots),
            s4_violations(&charges, &snapshots),
            s5_violations(&charges, &snapshots),
        ];
        violations.extend(money.concat().iter().map(ToString::to_string));
        violations.extend(s7(self.admissions.values()).iter().map(ToString::to_string));
        violations.extend(self.open_reservations());
        violations.extend(self.missing_passes());
        violations
    }

    fn orders_of<'a>(&'a self, listing: &'a ListingSnapshot) -> impl Iterator<Item = &'a Order> {
        self.orders.iter().filter(|order| order.listing_id == listing.id)
    }

    fn charge(&self, payment: &Payment) -> Charge {
        self.reservation(payment).charge(payment)
    }

    /// S13: the price charged is the price accepted.
    fn price_violations(&self, listing: &ListingSnapshot) -> Vec<String> {
        let mut violations = Vec::new();
        for order in self.orders_of(listing) {
            if (order.price, order.fees) != (listing.price, listing.fees) {
                violations.push(format!(
                    "S13: order {} is at {}, accepted was {}",
                    order.id, order.price, listing.price
                ));
            }
            for payment in self.payments.iter().filter(|payment| payment.order_id == order.id) {
                let reserved = self.reservation(payment).authorized_cents;
                if reserved.is_some_and(|cents| cents != order.total.amount_cents) {
                    let total = order.total;
                    violations.push(format!("S13: payment {} reserved {reserved:?} for {total}", payment.id));
                }
            }
        }
        violations
    }

    fn open_reservations(&self) -> Vec<String> {
        let open = self.payments.iter().filter(|payment| self.reservation(payment).is_open());
        open.map(|payment| format!("payment {} ({:?}) still reserves money", payment.id, payment.status))
            .collect()
    }

    /// Completed ⇔ one valid pass for each seat.
    fn missing_passes(&self) -> Vec<String> {
        let mut violations = Vec::new();
        for order in &self.orders {
            let admission = self.admissions.get(&order.id);
            let admitted =
                admission.filter(|admission| admission.admits).map_or(0, |known| known.passes.len());
            let owed = if order.status == OrderStatus::Completed { order.seats.len() } else { 0 };
            if admitted != owed {
                violations
                    .push(format!("order {} ({:?}) has {admitted} valid passes", order.id, order.status));
            }
        }
        violations
    }
}

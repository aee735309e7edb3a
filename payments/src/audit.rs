//! What payments audits while it runs: what it knows of the money against what it knows of the orders, by the
//! predicates of the domain, and for a few payments at a time what the gateway itself says.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use common::{
    audit::{Audited, Audits, Found, OVERDUE, Violation, never_back},
    bus::StoreError,
    clock::Timestamp,
    events::{order::OrderSnapshot, payment::PaymentStatus},
    ids::{OrderId, PaymentId},
};

use crate::{
    app,
    domain::{
        Charge, Payment, Payout, Sight, charge_at_gateway, charge_of, is_under_way, s3_violations,
        s4_violations, s5_violations, s10_violations, s13_violations, violations_since,
    },
    gateway::PaymentGateway,
    store::{OrderView, Orders, Payments},
};

/// Of so many orders at a time all payments are read.
const CHUNK: usize = 20;
/// How many overdue payments one look tells of.
const OVERDUE_AT_A_LOOK: i64 = 100;
/// About how many payments one look asks the gateway.
const ASKED_AT_A_LOOK: i64 = 5;

/// What is looked at.
#[derive(Clone)]
pub struct Context {
    payments: Payments,
    orders: Orders,
    gateway: Arc<dyn PaymentGateway>,
    /// The payment that the gateway was asked about last.
    asked_to: Arc<Mutex<Option<PaymentId>>>,
}

impl Context {
    /// These payments, orders, and this gateway.
    pub fn new(payments: Payments, orders: Orders, gateway: Arc<dyn PaymentGateway>) -> Self {
        Self { payments, orders, gateway, asked_to: Arc::default() }
    }
}

impl From<&app::Context> for Context {
    fn from(context: &app::Context) -> Self {
        Self::new(context.payments.clone(), context.orders.clone(), context.gateway.clone())
    }
}

/// The table.
pub fn table() -> Audits<Context> {
    let table = Audits::new().of::<Payment>().of::<OrderView>().of::<Payout>();
    table.overdue(&["L4", "L5", "L6"], overdue).overdue(&["S3", "S4", "S5"], ask_the_gateway)
}

impl Audited for Payment {
    type Context = Context;
    type Trace = Sight;

    const INVARIANTS: &'static [&'static str] = &["S3", "S4", "S5", "S8", "S9", "S10", "S13"];

    async fn look(page: &[Self], context: &Context) -> Found {
        let mut found = s13_violations(page);
        for chunk in page.chunks(CHUNK) {
            found.extend(s10_violations(&context.payments.with_keys_of(chunk).await?));
        }
        let orders: BTreeSet<OrderId> = page.iter().map(|payment| payment.order_id).collect();
        let orders: Vec<OrderId> = orders.into_iter().collect();
        for chunk in orders.chunks(CHUNK) {
            let payments = context.payments.of_orders(chunk).await?;
            let charges: Vec<Charge> = payments.iter().map(charge_of).collect();
            found.extend(of_money(&charges, &context.orders.with_ids(chunk).await?));
        }
        Ok(found)
    }

    fn trace(&self) -> Sight {
        (self.version, self.status)
    }

    fn compare(&self, before: &Sight) -> Vec<Violation> {
        violations_since(self.id, *before, self.trace())
    }
}

impl Audited for OrderView {
    type Context = Context;
    type Trace = u64;

    const INVARIANTS: &'static [&'static str] = &["S5", "S9"];

    /// A completed order that was never paid has no payment to be found by.
    async fn look(page: &[Self], context: &Context) -> Found {
        let mut found = Vec::new();
        for chunk in page.chunks(CHUNK) {
            let orders: Vec<OrderSnapshot> = chunk.iter().map(|view| view.order.clone()).collect();
            let ids: Vec<OrderId> = orders.iter().map(|order| order.id).collect();
            let payments = context.payments.of_orders(&ids).await?;
            found.extend(s5_violations(&payments.iter().map(charge_of).collect::<Vec<_>>(), &orders));
        }
        Ok(found)
    }

    fn trace(&self) -> u64 {
        self.order.version
    }

    fn compare(&self, before: &u64) -> Vec<Violation> {
        never_back("the view of order", self.order.id, *before, self.order.version)
    }
}

impl Audited for Payout {
    type Context = Context;
    type Trace = u64;

    const INVARIANTS: &'static [&'static str] = &["S9"];

    async fn look(_: &[Self], _: &Context) -> Found {
        Ok(Vec::new())
    }

    fn trace(&self) -> u64 {
        self.version
    }

    fn compare(&self, before: &u64) -> Vec<Violation> {
        never_back("payout", self.id, *before, self.version)
    }
}

fn of_money(charges: &[Charge], orders: &[OrderSnapshot]) -> Vec<Violation> {
    let found = [s3_violations, s4_violations, s5_violations].map(|predicate| predicate(charges, orders));
    found.concat()
}

/// L4, L5, L6: payments come to rest, no reservation stays open, and what is captured completes its order.
async fn overdue(now: Timestamp, context: Context) -> Found {
    let by = now.minus(OVERDUE);
    let under_way = context.payments.under_way_since(by, OVERDUE_AT_A_LOOK).await?;
    let waiting = context.payments.waiting_since(by, OVERDUE_AT_A_LOOK).await?;
    let late = |payment: &Payment| {
        let id = match payment.status {
            PaymentStatus::Authorized => "L5",
            PaymentStatus::Captured | PaymentStatus::Failed | PaymentStatus::Refunded => "L6",
            PaymentStatus::Authorizing
            | PaymentStatus::Declined
            | PaymentStatus::Capturing
            | PaymentStatus::Voiding
            | PaymentStatus::Voided
            | PaymentStatus::Refunding => "L4",
        };
        Violation::of(id, format!("payment {} is {:?} for too long", payment.id, payment.status))
    };
    Ok(under_way.iter().chain(&waiting).map(late).collect())
}

/// S3, S4 and S5 by the gateway's own word, of a few payments after the other, if they are at rest. What the
/// gateway does not tell now it is asked another time.
async fn ask_the_gateway(now: Timestamp, context: Context) -> Found {
    let mut found = Vec::new();
    for payment in next_to_ask(&context).await? {
        let is_at_rest = !is_under_way(payment.status) && payment.changed_at < now.minus(OVERDUE);
        if !is_at_rest {
            continue;
        }
        let Ok(state) = context.gateway.lookup(payment.id).await else { continue };
        let charge = charge_at_gateway(&payment, &state);
        let orders = context.orders.with_ids(&[payment.order_id]).await?;
        let paid_by_this = orders.iter().filter(|order| order.payment_id == Some(payment.id));
        let paid_by_this: Vec<OrderSnapshot> = paid_by_this.cloned().collect();
        found.extend(s3_violations(&[charge], &orders));
        found.extend(s4_violations(&[charge], &paid_by_this));
        found.extend(s5_violations(&[charge], &paid_by_this));
    }
    Ok(found)
}

async fn next_to_ask(context: &Context) -> Result<Vec<Payment>, StoreError> {
    let asked_to = *context.asked_to.lock().unwrap_or_else(PoisonError::into_inner);
    let next = context.payments.following(asked_to, ASKED_AT_A_LOOK).await?;
    // After the last one it begins again.
    *context.asked_to.lock().unwrap_or_else(PoisonError::into_inner) = next.last().map(|payment| payment.id);
    Ok(next)
}

//! The audit finds what is wrong with the money, in the database or at the gateway, and nothing where
//! nothing is.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use bson::{Bson, Document, doc};
use common::{
    audit::{Auditor, Violation},
    events::{order::OrderStatus, payment::PaymentStatus},
    ids::PaymentId,
};
use payments::{
    audit::{self, Context},
    gateway::sandbox::SandboxGateway,
    routes::PaymentView,
    store::{Orders, Payments},
};

use crate::app::*;

fn auditor(app: &TestApp) -> Auditor<Context> {
    let bus = app.running.bus().clone();
    let gateway = SandboxGateway::new(&app.sandbox.url(), "/sandbox", GATEWAY_TIMEOUT).unwrap();
    let context = Context::new(Payments::of(&bus), Orders::of(&bus), Arc::new(gateway));
    Auditor::new(bus, audit::table(), context)
}

fn ids(found: &[Violation]) -> BTreeSet<&'static str> {
    found.iter().map(|violation| violation.invariant).collect()
}

async fn audited(app: &TestApp) -> BTreeSet<&'static str> {
    ids(&auditor(app).look_at_all().await.unwrap())
}

/// Writes into the database past all rules.
async fn plant(app: &TestApp, collection: &str, id: impl Into<Bson>, set: Document) {
    let database = app.running.bus().database();
    let update = doc! { "q": { "_id": id.into() }, "u": { "$set": set } };
    let reply = database.run_command(doc! { "update": collection, "updates": [update] }).await.unwrap();
    assert_eq!(reply.get_i32("nModified").unwrap(), 1, "{reply}");
}

/// A captured payment, whose order is completed.
async fn sold(app: &TestApp) -> PaymentView {
    let order = app.place().await;
    let payment: PaymentView = app.pay(&order, VISA).await.expect(201).body();
    let order = confirmed_by(&order, payment.id);
    app.tell(&order).await;
    app.until(payment.id, PaymentStatus::Captured).await;
    app.tell(&then(&order, OrderStatus::Completed)).await;
    app.world.settle().await;
    app.payment(payment.id).await
}

#[tokio::test]
async fn money_that_is_where_it_belongs_is_no_violation() {
    let app = TestApp::start().await;
    sold(&app).await;
    let mut auditor = auditor(&app);
    assert_eq!(auditor.look_at_all().await.unwrap(), []);
    // The gateway is asked about what has been at rest for a while.
    app.world.clock.advance(Duration::from_mins(3));
    assert_eq!(auditor.look().await.unwrap(), []);
    assert_eq!(auditor.look_at_all().await.unwrap(), []);
}

#[tokio::test]
async fn captured_money_of_an_order_that_ended_is_found() {
    let app = TestApp::start().await;
    let payment = sold(&app).await;
    plant(&app, "orders", payment.order_id, doc! { "state.order.status": "expired" }).await;
    assert_eq!(audited(&app).await, BTreeSet::from(["S3"]));
}

#[tokio::test]
async fn another_amount_and_a_completed_order_that_was_not_paid_are_found() {
    let app = TestApp::start().await;
    let payment = sold(&app).await;
    plant(&app, "orders", payment.order_id, doc! { "state.order.total.amountCents": 1_i64 }).await;
    assert_eq!(audited(&app).await, BTreeSet::from(["S4"]));
    let total = payment.amount.amount_cents;
    plant(&app, "orders", payment.order_id, doc! { "state.order.total.amountCents": total }).await;
    plant(&app, "orders", payment.order_id, doc! { "state.order.paymentId": PaymentId::generate() }).await;
    assert_eq!(audited(&app).await, BTreeSet::from(["S3", "S5"]));
    plant(&app, "orders", payment.order_id, doc! { "state.order.paymentId": payment.id }).await;
    plant(&app, "payments", payment.id, doc! { "state.amount.amountCents": 1_i64 }).await;
    assert_eq!(audited(&app).await, BTreeSet::from(["S4", "S13"]));
}

#[tokio::test]
async fn what_goes_back_is_found() {
    let app = TestApp::start().await;
    let payment = sold(&app).await;
    let mut auditor = auditor(&app);
    assert_eq!(auditor.look_at_all().await.unwrap(), []);
    plant(&app, "payments", payment.id, doc! { "state.status": "voided", "state.version": 1_i64 }).await;
    plant(&app, "orders", payment.order_id, doc! { "state.order.version": 1_i64 }).await;
    let found = auditor.look_at_all().await.unwrap();
    assert_eq!(ids(&found), BTreeSet::from(["S5", "S8", "S9"]));
    assert_eq!(found.iter().filter(|violation| violation.invariant == "S9").count(), 2, "{found:?}");
}

#[tokio::test]
async fn one_request_with_two_payments_is_found() {
    let app = TestApp::start().await;
    let (first, second) = (sold(&app).await, sold(&app).await);
    let payments = app.running.bus().database().collection::<Document>("payments");
    payments.drop_index("idempotency_key_of_buyer").await.unwrap();
    let stored = app.stored(first.id).await;
    plant(&app, "payments", second.id, doc! { "state.idempotencyKey": stored.idempotency_key }).await;
    assert_eq!(audited(&app).await, BTreeSet::from(["S10"]));
}

/// The database believes what is not so: only the gateway knows.
#[tokio::test]
async fn money_that_the_gateway_has_and_nobody_wanted_is_found() {
    let app = TestApp::start().await;
    let payment = sold(&app).await;
    plant(&app, "payments", payment.id, doc! { "state.status": "voided", "state.live": false }).await;
    let unsold = doc! { "state.order.status": "cancelled", "state.order.paymentId": null };
    plant(&app, "orders", payment.order_id, unsold).await;
    assert_eq!(audited(&app).await, BTreeSet::new(), "what is known here fits together");
    app.world.clock.advance(Duration::from_mins(3));
    assert_eq!(audited(&app).await, BTreeSet::from(["S3"]));
}

#[tokio::test]
async fn payments_that_do_not_come_to_rest_are_found() {
    let app = TestApp::start().await;
    let order = app.place().await;
    let reserved: PaymentView = app.pay(&order, VISA).await.expect(201).body();
    assert_eq!(reserved.status, PaymentStatus::Authorized);
    let charged = sold(&app).await;
    plant(&app, "payments", charged.id, doc! { "awaitsPeer": true }).await;
    // Under way for as long as the sandbox does not answer: it is asked again in a year.
    let stuck = sold(&app).await;
    let far = app.world.now().plus(Duration::from_hours(24 * 365));
    let capturing = doc! { "state.status": "capturing", "state.nextAttemptAt": far };
    plant(&app, "payments", stuck.id, capturing).await;
    app.world.clock.advance(Duration::from_mins(3));
    let found = audited(&app).await;
    assert!(["L4", "L5", "L6"].iter().all(|id| found.contains(id)), "{found:?}");
}

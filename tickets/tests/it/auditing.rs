//! The audit finds what is wrong in the database, however it came there, and nothing where nothing is.

use std::{collections::BTreeSet, time::Duration};

use bson::{Bson, Document, doc};
use common::{
    audit::{Auditor, OVERDUE, Violation},
    events::order::{OrderCompleted, OrderSnapshot, OrderStatus},
};
use tickets::{
    audit::{self, Context},
    store::{Admissions, Listings},
};

use crate::app::{TestApp, later};

fn auditor(app: &TestApp) -> Auditor<Context> {
    let bus = app.running.bus().clone();
    let admissions = Admissions::new(bus.repository());
    let listings = Listings::new(bus.repository());
    let context = Context { clock: bus.clock().clone(), admissions, listings };
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

/// Two completed orders of one listing, of a seat each.
async fn sold(app: &TestApp) -> [OrderSnapshot; 2] {
    let show = app.show().await;
    let listing = app.listing(show, 4, 5_000).await;
    let orders = [1, 2].map(|seat| later(&app.order(show, listing, &[seat]), 3, OrderStatus::Completed));
    for order in &orders {
        app.world.publish(OrderCompleted(order.clone())).await;
    }
    app.world.settle().await;
    orders
}

#[tokio::test]
async fn passes_that_are_in_order_are_no_violation() {
    let app = TestApp::start().await;
    sold(&app).await;
    let mut auditor = auditor(&app);
    assert_eq!(auditor.look_at_all().await.unwrap(), []);
    assert_eq!(auditor.look().await.unwrap(), []);
}

#[tokio::test]
async fn two_valid_passes_for_one_seat_are_found() {
    let app = TestApp::start().await;
    let [one, other] = sold(&app).await;
    let admissions = app.running.bus().database().collection::<Document>("admissions");
    admissions.drop_index("valid_passes").await.unwrap();
    let seat = one.seats[0].as_str();
    plant(&app, "admissions", other.id, doc! { "state.passes.0.seat": seat }).await;
    assert_eq!(audited(&app).await, BTreeSet::from(["S7"]));
}

#[tokio::test]
async fn a_valid_pass_of_an_ended_order_is_found_and_so_are_its_seats() {
    let app = TestApp::start().await;
    let [one, _] = sold(&app).await;
    plant(&app, "admissions", one.id, doc! { "state.order.status": "refunded" }).await;
    assert_eq!(audited(&app).await, BTreeSet::from(["S7", "L2"]));
}

#[tokio::test]
async fn a_completed_order_without_passes_and_a_seat_of_no_listing_are_found() {
    let app = TestApp::start().await;
    let [one, other] = sold(&app).await;
    plant(&app, "admissions", one.id, doc! { "state.admits": false, "state.passes": [] }).await;
    assert_eq!(audited(&app).await, BTreeSet::from(["L3"]));
    plant(&app, "admissions", other.id, doc! { "state.order.seats": ["99"] }).await;
    assert_eq!(audited(&app).await, BTreeSet::from(["L3", "S1"]));
}

#[tokio::test]
async fn a_listing_that_does_not_know_its_orders_is_found_after_minutes() {
    let app = TestApp::start().await;
    let [one, _] = sold(&app).await;
    plant(&app, "listings", one.listing_id, doc! { "state.taken": [], "state.seatsLeft": 4_i64 }).await;
    assert_eq!(audited(&app).await, BTreeSet::new(), "it may be about to follow them");
    app.world.clock.advance(OVERDUE + Duration::from_secs(1));
    assert_eq!(audited(&app).await, BTreeSet::from(["L8"]));
}

#[tokio::test]
async fn views_and_listings_that_go_back_are_found() {
    let app = TestApp::start().await;
    let [one, _] = sold(&app).await;
    let mut auditor = auditor(&app);
    assert_eq!(auditor.look_at_all().await.unwrap(), []);
    plant(&app, "admissions", one.id, doc! { "state.order.version": 2_i64 }).await;
    plant(&app, "listings", one.listing_id, doc! { "state.snapshot.version": 0_i64 }).await;
    plant(&app, "shows", one.show_id, doc! { "state.snapshot.version": 0_i64 }).await;
    let found = auditor.look_at_all().await.unwrap();
    assert_eq!((ids(&found), found.len()), (BTreeSet::from(["S9"]), 3), "{found:?}");
}

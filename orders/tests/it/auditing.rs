//! The audit finds what is wrong in the database, however it came there, and nothing where nothing is.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use bson::{Document, doc};
use common::{
    audit::{Auditor, Violation},
    events::{listing::Seat, order::OrderSnapshot},
    testing::Profile,
};
use futures::future::join_all;
use orders::{app::Context, audit};

use crate::app::TestApp;

fn auditor(app: &TestApp) -> Auditor<Context> {
    let context = app.context();
    Auditor::new(context.bus.clone(), audit::table(), context)
}

fn ids(found: &[Violation]) -> BTreeSet<&'static str> {
    found.iter().map(|violation| violation.invariant).collect()
}

/// What a fresh auditor says about everything.
async fn audited(app: &TestApp) -> BTreeSet<&'static str> {
    ids(&auditor(app).look_at_all().await.unwrap())
}

/// Writes into the database past all rules.
async fn plant(app: &TestApp, order: &OrderSnapshot, set: Document) {
    let database = app.running.bus().database();
    let update = doc! { "q": { "_id": order.id }, "u": { "$set": set } };
    let reply = database.run_command(doc! { "update": "orders", "updates": [update] }).await.unwrap();
    assert_eq!(reply.get_i32("nModified").unwrap(), 1, "{reply}");
}

async fn drop_index(app: &TestApp, name: &str) {
    let orders = app.running.bus().database().collection::<Document>("orders");
    orders.drop_index(name).await.unwrap();
}

/// Two orders of two buyers, on two seats each.
async fn two_orders(app: &TestApp) -> (OrderSnapshot, OrderSnapshot) {
    let listing = app.listing(4).await;
    let first = app.place(&app.world.user(), &listing, 2).await;
    let second = app.place(&app.world.user(), &listing, 2).await;
    app.world.settle().await;
    (first, second)
}

#[tokio::test]
async fn whether_a_request_was_answered_twice_is_found_by_the_indexes_of_requests() {
    let app = TestApp::start().await;
    let (listing, buyer) = (app.listing(4).await, app.world.user());
    let order = app.place(&buyer, &listing, 2).await;
    app.pay(&order).await;
    app.try_refund(&buyer, order.id, "refund").await.expect(202);
    app.world.settle().await;
    let profile = Profile::begin(app.running.bus().database().clone()).await;
    assert_eq!(audited(&app).await, BTreeSet::new());
    for plan in profile.plans("orders", "state.request.key").await {
        assert!(plan.contains("state.request.key") && plan.contains("state.refund.key"), "{plan}");
    }
}

#[tokio::test]
async fn a_healthy_service_has_no_violations() {
    let app = TestApp::start().await;
    let (first, _) = two_orders(&app).await;
    let mut auditor = auditor(&app);
    assert_eq!(auditor.look_at_all().await.unwrap(), []);
    app.pay(&first).await;
    app.world.clock.advance(Duration::from_secs(10));
    assert_eq!(auditor.look().await.unwrap(), []);
    assert_eq!(auditor.look_at_all().await.unwrap(), []);
    app.end().await;
}

/// Seats change hands all the time while the audit reads first one document and then another.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_busy_has_no_violations_either() {
    let app = Arc::new(TestApp::start().await);
    let listing = app.listing(4).await;
    let changing_hands = (0..4).map(|_| {
        let (app, listing, buyer) = (app.clone(), listing.clone(), app.world.user());
        tokio::spawn(async move {
            for _ in 0..60 {
                let placed = app.try_place(&buyer, &listing, 1).await;
                if placed.status == 201 {
                    app.try_cancel(&buyer, placed.body::<OrderSnapshot>().id).await.expect(200);
                }
            }
        })
    });
    let changing_hands = join_all(changing_hands.collect::<Vec<_>>());
    let mut auditor = auditor(&app);
    let auditing = async {
        let mut looks = 0;
        let mut changing_hands = std::pin::pin!(changing_hands);
        while futures::poll!(&mut changing_hands).is_pending() {
            assert_eq!(auditor.look_at_all().await.unwrap(), []);
            looks += 1;
        }
        looks
    };
    assert!(auditing.await > 3);
    Arc::into_inner(app).unwrap().end().await;
}

#[tokio::test]
async fn one_seat_in_two_live_orders_is_found() {
    let app = TestApp::start().await;
    let (first, second) = two_orders(&app).await;
    drop_index(&app, "seats_of_live_orders").await;
    plant(&app, &second, doc! { "state.seats": first.seats.iter().map(Seat::as_str).collect::<Vec<_>>() })
        .await;
    assert_eq!(audited(&app).await, BTreeSet::from(["S1"]));
    app.running.stop().await.unwrap();
}

#[tokio::test]
async fn seats_that_are_not_paid_for_and_seats_of_ended_orders_are_found() {
    let app = TestApp::start().await;
    let (first, second) = two_orders(&app).await;
    plant(&app, &first, doc! { "state.total.amountCents": 1_i64 }).await;
    assert_eq!(audited(&app).await, BTreeSet::from(["S2"]));
    plant(&app, &first, doc! { "state.total.amountCents": first.total.amount_cents }).await;
    plant(&app, &second, doc! { "state.status": "cancelled", "state.open": false }).await;
    assert_eq!(audited(&app).await, BTreeSet::from(["S6"]));
    app.running.stop().await.unwrap();
}

#[tokio::test]
async fn an_end_that_is_left_and_a_version_that_goes_back_are_found() {
    let app = TestApp::start().await;
    let (first, second) = two_orders(&app).await;
    let mut auditor = auditor(&app);
    plant(&app, &first, doc! { "state.version": 2_i64, "state.status": "cancelled", "state.live": false, "state.open": false }).await;
    assert_eq!(auditor.look_at_all().await.unwrap(), []);
    plant(
        &app,
        &first,
        doc! { "state.version": 3_i64, "state.status": "confirmed", "state.live": true, "state.open": true },
    )
    .await;
    plant(&app, &second, doc! { "state.version": 0_i64 }).await;
    assert_eq!(ids(&auditor.look_at_all().await.unwrap()), BTreeSet::from(["S8", "S9"]));
    app.running.stop().await.unwrap();
}

#[tokio::test]
async fn one_request_with_two_orders_is_found() {
    let app = TestApp::start().await;
    let (first, second) = two_orders(&app).await;
    drop_index(&app, "request_of_buyer").await;
    drop_index(&app, "slot_of_open_orders").await;
    let orders = app.running.bus().database().collection::<Document>("orders");
    let stored = orders.find_one(doc! { "_id": first.id }).await.unwrap().unwrap();
    let key = stored.get_document("state").unwrap().get_document("request").unwrap().get_str("key").unwrap();
    plant(&app, &second, doc! { "state.buyerId": first.buyer_id, "state.request.key": key, "state.slot": 1 })
        .await;
    assert_eq!(audited(&app).await, BTreeSet::from(["S10"]));
    app.running.stop().await.unwrap();
}

#[tokio::test]
async fn an_early_end_a_slot_too_many_and_a_wrong_price_are_found() {
    let app = TestApp::start().await;
    let (first, second) = two_orders(&app).await;
    let early = doc! { "state.status": "expired", "state.live": false, "state.open": false };
    plant(&app, &first, early).await;
    assert_eq!(audited(&app).await, BTreeSet::from(["S11"]));
    plant(&app, &first, doc! { "state.status": "awaiting_payment", "state.live": true, "state.open": true })
        .await;
    plant(&app, &second, doc! { "state.slot": 99 }).await;
    assert_eq!(audited(&app).await, BTreeSet::from(["S12"]));
    plant(&app, &second, doc! { "state.slot": 0 }).await;
    app.pay(&first).await;
    plant(&app, &first, doc! { "state.payments.0.amount.amountCents": 1_i64 }).await;
    assert_eq!(audited(&app).await, BTreeSet::from(["S13"]));
    app.running.stop().await.unwrap();
}

#[tokio::test]
async fn an_order_that_nobody_ends_and_one_that_stays_confirmed_are_found() {
    let app = TestApp::start().await;
    let (first, second) = two_orders(&app).await;
    app.authorize(&first).await;
    app.world.settle().await;
    assert_eq!(audited(&app).await, BTreeSet::new());
    // The sweeper looks every quarter of a minute; it does not get there in between.
    plant(&app, &second, doc! { "state.expiresAt": app.world.now().minus(Duration::from_mins(3)) }).await;
    let unpaid = auditor(&app).look_at_all().await.unwrap();
    assert!(unpaid.iter().any(|late| late.detail.contains(&second.id.to_string())), "{unpaid:?}");
    app.world.clock.advance(Duration::from_mins(3));
    let halfway = auditor(&app).look_at_all().await.unwrap();
    assert!(halfway.iter().any(|late| late.detail.contains(&first.id.to_string())), "{halfway:?}");
    app.running.stop().await.unwrap();
}

#[tokio::test]
async fn an_inventory_that_goes_back_is_found() {
    let app = TestApp::start().await;
    let listing = app.listing(2).await;
    let mut auditor = auditor(&app);
    assert_eq!(auditor.look_at_all().await.unwrap(), []);
    let update = doc! { "q": { "_id": listing.id }, "u": { "$set": { "state.listing.version": 0_i64 } } };
    let database = app.running.bus().database();
    database.run_command(doc! { "update": "inventories", "updates": [update] }).await.unwrap();
    assert_eq!(ids(&auditor.look_at_all().await.unwrap()), BTreeSet::from(["S9"]));
    app.running.stop().await.unwrap();
}

#[tokio::test]
async fn an_event_that_waits_and_a_dead_letter_are_found() {
    let app = TestApp::start().await;
    let (first, _) = two_orders(&app).await;
    // No stream takes it, so that it stays where it is.
    let entry = doc! {
        "id": first.id, "ceType": "nowhere.order.created.v1", "aggregateId": first.id, "version": 1_i64,
        "time": app.world.now().minus(Duration::from_mins(3)), "body": "{}",
    };
    plant(&app, &first, doc! { "outbox": [entry] }).await;
    let waiting = auditor(&app).look_at_all().await.unwrap();
    assert!(waiting[0].detail.contains(&first.id.to_string()), "{waiting:?}");
    let letter = doc! {
        "_id": "a:b:1", "listener": "a", "subject": "b", "reason": "it is planted", "status": "open",
        "time": app.world.now(), "stream": "b", "streamSequence": 1_i64, "body": "{}",
    };
    let database = app.running.bus().database();
    database.run_command(doc! { "insert": "dead_letters", "documents": [letter] }).await.unwrap();
    let found = auditor(&app).look_at_all().await.unwrap();
    assert_eq!((ids(&found), found.len()), (BTreeSet::from(["L7"]), 2));
    app.running.stop().await.unwrap();
}

#[tokio::test]
async fn the_counter_of_each_invariant_is_there_from_the_start() {
    let app = TestApp::start().await;
    let lines = counters(&app).await;
    for id in ["S1", "S2", "S6", "S8", "S9", "S10", "S11", "S12", "S13", "L1", "L7"] {
        assert!(lines.iter().any(|line| line.contains(&format!("id=\"{id}\""))), "{id} in {lines:?}");
    }
    app.running.stop().await.unwrap();
}

async fn counters(app: &TestApp) -> Vec<String> {
    let metrics = app.world.get(app.running.internal_port(), "/metrics", None).await.text;
    metrics.lines().filter(|line| line.starts_with("invariant_violations_total")).map(str::to_owned).collect()
}

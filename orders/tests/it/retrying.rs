//! One key, one order.

use std::collections::BTreeSet;

use common::{events::order::OrderSnapshot, ids::OrderId};
use futures::future::join_all;

use crate::app::{TestApp, wish};

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_has_the_same_answer() {
    let app = TestApp::start().await;
    let listing = app.listing(4).await;
    let buyer = app.world.user();
    let body = wish(&listing, 2);
    let first = app.post("/api/orders", &buyer, "one", &body).await.expect(201);
    let second = app.post("/api/orders", &buyer, "one", &body).await.expect(201);
    assert_eq!(first.text, second.text);
    assert_eq!(first.headers["location"], second.headers["location"]);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_that_comes_late_sees_how_the_order_stands() {
    let app = TestApp::start().await;
    let listing = app.listing(2).await;
    let buyer = app.world.user();
    let body = wish(&listing, 2);
    let order: OrderSnapshot = app.post("/api/orders", &buyer, "one", &body).await.expect(201).body();
    app.try_cancel(&buyer, order.id).await.expect(200);
    let retried = app.post("/api/orders", &buyer, "one", &body).await.expect(201).json();
    assert_eq!(retried["status"], "cancelled");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_parallel_requests_with_one_key_are_one_order() {
    let app = TestApp::start().await;
    // The last seat: seven of the eight find it taken, by themselves.
    for seats in [1, 2, 20] {
        let listing = app.listing(seats).await;
        let buyer = app.world.user();
        let body = wish(&listing, if seats == 1 { 1 } else { 2 });
        let key = OrderId::generate().to_string();
        let answers = join_all((0..8).map(|_| app.post("/api/orders", &buyer, &key, &body))).await;
        let ids: BTreeSet<OrderId> =
            answers.into_iter().map(|answer| answer.expect(201).body::<OrderSnapshot>().id).collect();
        assert_eq!(ids.len(), 1);
        let orders = app.get("/api/orders", &buyer).await.expect(200).json();
        assert_eq!(orders["items"].as_array().unwrap().len(), 1);
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_used_for_something_else_is_refused() {
    let app = TestApp::start().await;
    let listing = app.listing(8).await;
    let buyer = app.world.user();
    app.post("/api/orders", &buyer, "one", &wish(&listing, 2)).await.expect(201);
    let refused = app.post("/api/orders", &buyer, "one", &wish(&listing, 3)).await.expect(422);
    assert_eq!(refused.code(), "idempotency_key_reused");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_belongs_to_its_buyer() {
    let app = TestApp::start().await;
    let listing = app.listing(4).await;
    let body = wish(&listing, 2);
    let mine: OrderSnapshot =
        app.post("/api/orders", &app.world.user(), "one", &body).await.expect(201).body();
    let yours: OrderSnapshot =
        app.post("/api/orders", &app.world.user(), "one", &body).await.expect(201).body();
    assert_ne!(mine.id, yours.id);
    app.end().await;
}

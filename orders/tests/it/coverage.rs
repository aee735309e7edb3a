//! Every route is in one of two lists: who may call it without being signed in is a decision.

use common::testing::coverage::{Route, assert_guarded, assert_listed, assert_served};

use crate::app::TestApp;

const PUBLIC: [Route; 0] = [];
const SIGNED_IN: [Route; 6] = [
    ("POST", "/api/orders"),
    ("GET", "/api/orders"),
    ("GET", "/api/orders/{id}"),
    ("GET", "/api/orders/mine/events"),
    ("POST", "/api/orders/{id}/cancel"),
    ("POST", "/api/orders/{id}/refund"),
];

#[test]
fn every_route_is_public_or_needs_a_user() {
    assert_listed(&orders::routes::openapi(), &PUBLIC, &SIGNED_IN);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_signed_in_is_told_so() {
    let app = TestApp::start().await;
    assert_guarded(&app.world, app.running.port(), &SIGNED_IN).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_openapi_document_that_is_served_is_the_one_of_the_code() {
    let app = TestApp::start().await;
    assert_served(&app.world, app.running.port(), "orders", &orders::routes::openapi()).await;
    app.end().await;
}

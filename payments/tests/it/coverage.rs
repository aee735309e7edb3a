//! Every route is in one of two lists: who may call it without being signed in is a decision.

use common::testing::coverage::{Route, assert_guarded, assert_listed, assert_served};

use crate::app::TestApp;

const PUBLIC: [Route; 1] = [("POST", "/api/payments/webhooks/sandbox")];
const SIGNED_IN: [Route; 4] = [
    ("GET", "/api/payments"),
    ("GET", "/api/payments/{id}"),
    ("GET", "/api/payouts"),
    ("POST", "/api/payments"),
];

#[test]
fn every_route_is_public_or_needs_a_user() {
    assert_listed(&payments::routes::openapi(), &PUBLIC, &SIGNED_IN);
}

#[tokio::test]
async fn who_is_not_signed_in_is_told_so() {
    let app = TestApp::start().await;
    assert_guarded(&app.world, app.port(), &SIGNED_IN).await;
}

#[tokio::test]
async fn the_openapi_document_that_is_served_is_the_one_of_the_code() {
    let app = TestApp::start().await;
    assert_served(&app.world, app.port(), "payments", &payments::routes::openapi()).await;
}

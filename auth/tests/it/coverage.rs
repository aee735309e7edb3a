//! Every route is in one of two lists: who may call it without being signed in is a decision.

use common::testing::{
    Answer,
    coverage::{Route, assert_guarded, assert_listed, assert_served},
};

use crate::app::TestApp;

const PUBLIC: [Route; 4] = [
    ("GET", "/api/users/jwks.json"),
    ("POST", "/api/users"),
    ("POST", "/api/users/sessions"),
    ("POST", "/api/users/sessions/refresh"),
];
const SIGNED_IN: [Route; 8] = [
    ("DELETE", "/api/users/sessions"),
    ("DELETE", "/api/users/sessions/current"),
    ("DELETE", "/api/users/sessions/{id}"),
    ("GET", "/api/users/me"),
    ("GET", "/api/users/sessions"),
    ("PATCH", "/api/users/me"),
    ("PATCH", "/api/users/{id}"),
    ("PUT", "/api/users/me/password"),
];

#[test]
fn every_route_is_public_or_needs_a_user() {
    assert_listed(&auth::routes::openapi(), &PUBLIC, &SIGNED_IN);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_signed_in_is_told_so() {
    let app = TestApp::start().await;
    assert_guarded(&app.world, app.running.port(), &SIGNED_IN).await;
    for (method, path) in PUBLIC {
        let request = app.world.request(method, app.running.port(), path, None);
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert_ne!(answer.code(), "unauthorized", "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_openapi_document_that_is_served_is_the_one_of_the_code() {
    let app = TestApp::start().await;
    assert_served(&app.world, app.running.port(), "users", &auth::routes::openapi()).await;
}

//! Every route is in one of two lists: who may call it without being signed in is a decision.

use common::testing::{
    Answer,
    coverage::{Route, assert_guarded, assert_listed, assert_served},
};

use crate::app::TestApp;

const PUBLIC: [Route; 8] = [
    ("GET", "/api/listings"),
    ("GET", "/api/listings/{id}"),
    ("GET", "/api/shows"),
    ("GET", "/api/shows/facets"),
    ("GET", "/api/shows/suggestions"),
    ("GET", "/api/shows/{id}"),
    ("GET", "/api/shows/{id}/calendar.ics"),
    ("GET", "/api/shows/{id}/events"),
];
const SIGNED_IN: [Route; 9] = [
    ("POST", "/api/shows"),
    ("PATCH", "/api/shows/{id}"),
    ("POST", "/api/listings"),
    ("POST", "/api/listings/preview"),
    ("PATCH", "/api/listings/{id}"),
    ("POST", "/api/listings/{id}/withdraw"),
    ("GET", "/api/passes"),
    ("GET", "/api/passes/{id}"),
    ("POST", "/api/passes/check-ins"),
];

#[test]
fn every_route_is_public_or_needs_a_user() {
    assert_listed(&tickets::routes::openapi(), &PUBLIC, &SIGNED_IN);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_signed_in_is_told_so_whatever_the_request_says() {
    let app = TestApp::start().await;
    assert_guarded(&app.world, app.running.port(), &SIGNED_IN).await;
    for (method, path) in PUBLIC {
        let path = path.replace("{id}", "01932f5c-7f1e-7cc3-98c4-dc0c0c07398f");
        let request = app.world.request(method, app.running.port(), &path, None);
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert!([200, 404].contains(&answer.status), "{method} {path}: {answer:?}");
    }
    assert_eq!(app.documents().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_openapi_document_that_is_served_is_the_one_of_the_code() {
    let app = TestApp::start().await;
    assert_served(&app.world, app.running.port(), "shows", &tickets::routes::openapi()).await;
}

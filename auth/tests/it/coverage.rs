//! Every route is in one of two lists: who may call it without being signed in is a decision.

use common::{
    http::{Access, RouteInfo, routes_of},
    testing::Answer,
};

use crate::app::TestApp;

const PUBLIC: [(&str, &str); 3] =
    [("GET", "/api/users/jwks.json"), ("POST", "/api/users"), ("POST", "/api/users/sessions")];
const SIGNED_IN: [(&str, &str); 2] = [("DELETE", "/api/users/sessions/current"), ("GET", "/api/users/me")];

#[test]
fn every_route_is_public_or_needs_a_user() {
    let route = |access| {
        move |(method, path): (&'static str, &str)| RouteInfo { method, path: path.to_owned(), access }
    };
    let public = PUBLIC.into_iter().map(route(Access::Public));
    let mut listed: Vec<RouteInfo> =
        public.chain(SIGNED_IN.into_iter().map(route(Access::SignedIn))).collect();
    let mut routes = routes_of(&auth::routes::openapi());
    listed.sort();
    routes.sort();
    assert_eq!(routes, listed);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_signed_in_is_told_so() {
    let app = TestApp::start().await;
    for (method, path) in SIGNED_IN {
        let answer = call(&app, method, path).await.expect(401);
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert!(answer.headers.contains_key("www-authenticate"), "{answer:?}");
    }
    for (method, path) in PUBLIC {
        let answer = call(&app, method, path).await;
        assert_ne!(answer.status, 401, "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_openapi_document_that_is_served_is_the_one_of_the_code() {
    let app = TestApp::start().await;
    let served = app.get("/api/users/openapi.json", None).await.expect(200).json();
    assert_eq!(served, serde_json::to_value(auth::routes::openapi()).unwrap());
}

async fn call(app: &TestApp, method: &str, path: &str) -> Answer {
    let request = app.world.request(method, app.running.port(), path, None);
    Answer::read(request.send().await.unwrap()).await
}

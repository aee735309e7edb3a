//! Every route is in one of two lists: who may call it without being signed in is a decision.

use std::collections::BTreeSet;

use common::{
    http::{Access, routes_of},
    testing::Answer,
};

use crate::app::TestApp;

const PUBLIC: [(&str, &str); 0] = [];
const SIGNED_IN: [(&str, &str); 5] = [
    ("POST", "/api/orders"),
    ("GET", "/api/orders"),
    ("GET", "/api/orders/{id}"),
    ("POST", "/api/orders/{id}/cancel"),
    ("POST", "/api/orders/{id}/refund"),
];

#[test]
fn every_route_is_public_or_needs_a_user() {
    let routes = routes_of(&orders::routes::openapi());
    let with = |access| {
        let routes = routes.iter().filter(move |route| route.access == access);
        routes.map(|route| (route.method, route.path.clone())).collect::<BTreeSet<_>>()
    };
    let listed = |list: &[(&'static str, &str)]| {
        list.iter().map(|(method, path)| (*method, (*path).to_owned())).collect()
    };
    assert_eq!(with(Access::Public), listed(&PUBLIC));
    assert_eq!(with(Access::SignedIn), listed(&SIGNED_IN));
    assert_eq!(with(Access::Undeclared), BTreeSet::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_signed_in_is_told_so() {
    let app = TestApp::start().await;
    let id = common::ids::OrderId::generate().to_string();
    for (method, path) in SIGNED_IN {
        let path = path.replace("{id}", &id);
        for token in [None, Some("nonsense"), Some("")] {
            let request = app.world.request(method, app.running.port(), &path, None);
            let request = match token {
                Some(token) => request.bearer_auth(token),
                None => request,
            };
            let answer = Answer::read(request.send().await.unwrap()).await.expect(401);
            assert_eq!(answer.code(), "unauthorized", "{method} {path}");
        }
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_openapi_document_that_is_served_is_the_one_of_the_code() {
    let app = TestApp::start().await;
    let served = app.world.get(app.running.port(), "/api/orders/openapi.json", None).await.expect(200).json();
    let of_code = serde_json::to_value(orders::routes::openapi()).unwrap();
    assert_eq!(served["paths"], of_code["paths"]);
    app.end().await;
}

//! Route coverage: every route of a service stands in one of two lists of its test, so that who may call it
//! without being signed in is a decision, and somebody took it.

use std::collections::BTreeSet;

use serde_json::json;
use utoipa::openapi::OpenApi;

use super::{Answer, TestWorld};
use crate::http::{Access, routes_of};

/// A method and a path with its parameters in braces.
pub type Route = (&'static str, &'static str);

/// The routes are exactly those of the two lists, each with the access that its list says.
///
/// # Panics
/// When a route is missing in the lists, or in the service.
pub fn assert_listed(document: &OpenApi, public: &[Route], signed_in: &[Route]) {
    let routes = routes_of(document);
    let with = |access| {
        let routes = routes.iter().filter(move |route| route.access == access);
        routes.map(|route| (route.method, route.path.as_str())).collect::<BTreeSet<_>>()
    };
    assert_eq!(with(Access::Public), public.iter().copied().collect(), "public routes");
    assert_eq!(with(Access::SignedIn), signed_in.iter().copied().collect(), "routes of who is signed in");
    assert_eq!(with(Access::Undeclared), BTreeSet::new(), "routes that do not say who may use them");
}

/// Who is not signed in hears 401 from each of these routes, whatever else the request says.
///
/// # Panics
/// When a route answers something else.
pub async fn assert_guarded(world: &TestWorld, port: u16, signed_in: &[Route]) {
    for (method, path) in signed_in {
        for token in [None, Some(""), Some("garbage"), Some("eyJhbGciOiJub25lIn0.e30.")] {
            let answer = call(world, port, method, path, token).await;
            assert_eq!(answer.status, 401, "{method} {path} with {token:?}: {answer:?}");
            assert_eq!(answer.code(), "unauthorized", "{method} {path} with {token:?}");
            assert_eq!(answer.headers["content-type"], "application/problem+json");
            assert!(answer.headers.contains_key("www-authenticate"), "{answer:?}");
        }
    }
}

/// The document that is served is the one of the code.
///
/// # Panics
/// When it is another one.
pub async fn assert_served(world: &TestWorld, port: u16, area: &str, document: &OpenApi) {
    let served = world.get(port, &format!("/api/{area}/openapi.json"), None).await.expect(200).json();
    assert_eq!(served, serde_json::to_value(document).expect("encode the document"));
}

/// The answer to a request with an id that is nobody's and a body that means nothing.
async fn call(world: &TestWorld, port: u16, method: &str, path: &str, token: Option<&str>) -> Answer {
    let path = path.replace("{id}", "01932f5c-7f1e-7cc3-98c4-dc0c0c07398f");
    let request = world.request(method, port, &path, None);
    let request = match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    let request = if method == "GET" { request } else { request.json(&json!({ "nonsense": true })) };
    Answer::read(request.send().await.expect("an answer")).await
}

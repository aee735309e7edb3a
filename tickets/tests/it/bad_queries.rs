//! Whatever a path or a query says: a problem document that names the parameter.

use common::testing::Answer;

use crate::app::{TestApp, assert_names, assert_problem};

const ABSURD: [&str; 12] = [
    "",
    "-1",
    "1.5",
    "99999999999999999999",
    "true",
    "%00",
    "%0A",
    "%E2%80%AEx",
    "%7B%22%24gt%22%3A%22%22%7D",
    "%5Bobject%20Object%5D",
    "null",
    "'%20or%201=1",
];

/// Text that people may look for, if hardly in vain.
const SEARCHABLE: &[&str] = &[
    "",
    "-1",
    "1.5",
    "99999999999999999999",
    "true",
    "%7B%22%24gt%22%3A%22%22%7D",
    "%5Bobject%20Object%5D",
    "null",
    "'%20or%201=1",
];

/// Parameters by route, and which of the absurd values make sense for them.
const PARAMETERS: [(&str, &str, &[&str]); 22] = [
    ("/api/shows", "q", SEARCHABLE),
    ("/api/shows", "to", &[]),
    ("/api/shows", "maxCents", &[]),
    ("/api/shows", "onSale", &["true"]),
    ("/api/shows", "sort", &[]),
    ("/api/shows/suggestions", "q", SEARCHABLE),
    ("/api/shows", "category", &[]),
    (
        "/api/shows",
        "city",
        &[
            "-1",
            "1.5",
            "99999999999999999999",
            "true",
            "%7B%22%24gt%22%3A%22%22%7D",
            "%5Bobject%20Object%5D",
            "null",
            "'%20or%201=1",
        ],
    ),
    ("/api/shows", "from", &[]),
    ("/api/shows", "until", &[]),
    ("/api/shows", "limit", &[]),
    ("/api/shows", "cursor", &[]),
    ("/api/listings", "showId", &[]),
    ("/api/listings", "sellerId", &[]),
    ("/api/listings", "mine", &["true"]),
    ("/api/listings", "minSeats", &[]),
    ("/api/listings", "maxPriceCents", &[]),
    ("/api/listings", "status", &[]),
    ("/api/listings", "sort", &[]),
    ("/api/listings", "limit", &[]),
    ("/api/listings", "cursor", &[]),
    ("/api/passes", "orderId", &[]),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_is_absurd_is_named() {
    let app = TestApp::start().await;
    app.listing(app.show().await, 4, 5_000).await;
    for (path, name, sensible) in PARAMETERS {
        for value in ABSURD {
            let answer = app.get_as(&app.buyer, &format!("{path}?{name}={value}")).await;
            if sensible.contains(&value) {
                answer.expect(200);
            } else {
                assert_names(&answer, &format!("/query/{name}"));
            }
        }
        let long = app.get_as(&app.buyer, &format!("{path}?{name}={}", "9".repeat(5_000))).await;
        assert_names(&long, &format!("/query/{name}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_another_list_is_no_cursor() {
    let app = TestApp::start().await;
    for _ in 0..2 {
        app.listing(app.show().await, 4, 5_000).await;
    }
    let shows = app.get("/api/shows?limit=1").await.json()["nextCursor"].as_str().unwrap().to_owned();
    let listings = app.get("/api/listings?limit=1").await.json()["nextCursor"].as_str().unwrap().to_owned();
    assert_names(&app.get(&format!("/api/listings?cursor={shows}")).await, "/query/cursor");
    assert_names(&app.get(&format!("/api/shows?cursor={listings}")).await, "/query/cursor");
    assert_names(&app.get_as(&app.buyer, &format!("/api/passes?cursor={shows}")).await, "/query/cursor");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_have_limits() {
    let app = TestApp::start().await;
    for path in ["/api/shows", "/api/listings", "/api/passes"] {
        for limit in ["0", "101", "-1", "many"] {
            let answer = app.get_as(&app.buyer, &format!("{path}?limit={limit}")).await;
            assert_names(&answer, "/query/limit");
        }
        app.get_as(&app.buyer, &format!("{path}?limit=100")).await.expect(200);
    }
    for seats in [0, 51] {
        assert_names(&app.get(&format!("/api/listings?minSeats={seats}")).await, "/query/minSeats");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_or_method_that_is_none_is_a_problem_too() {
    let app = TestApp::start().await;
    for (method, path, status) in [
        ("DELETE", "/api/shows", 405),
        ("PUT", "/api/listings/01932f5c-7f1e-7cc3-98c4-dc0c0c07398f", 405),
        ("POST", "/api/passes", 405),
        ("GET", "/api/listings/01932f5c-7f1e-7cc3-98c4-dc0c0c07398f/withdraw", 405),
        ("GET", "/api/shows/none", 404),
        ("GET", "/api/shows/%F0%9F%92%A9", 404),
        ("GET", "/api/listings/%00", 404),
        ("GET", "/api/passes/..%2F..%2Fetc%2Fpasswd", 404),
        ("GET", "/api/shows/01932f5c7f1e7cc398c4dc0c0c07398f", 404),
    ] {
        let request = app.world.request(method, app.running.port(), path, Some(&app.admin));
        let answer = Answer::read(request.send().await.unwrap()).await;
        assert_problem(&answer);
        assert_eq!(answer.status, status, "{method} {path}");
    }
}

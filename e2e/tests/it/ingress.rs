//! What can be reached from outside, and what cannot.

use serde_json::json;

use e2e::market::on_a_busy_market;

#[test]
fn what_is_internal_cannot_be_reached_through_the_ingress() {
    on_a_busy_market(async |market| {
        for path in ["/livez", "/readyz", "/metrics", "/v1/ledger", "/v1/faults", "/v1/authorizations/x"] {
            for prefix in
                ["", "/api", "/api/orders", "/api/payments", "/api/users", "/api/expiration", "/sandbox"]
            {
                let path = format!("{prefix}{path}");
                let answer = market.site.get(&path).await;
                // An id of an order that nobody asked for by that name needs a token first.
                assert!([401, 404].contains(&answer.status), "{path}: {answer:?}");
                assert!(!answer.text.contains("entries") && !answer.text.contains("# TYPE"), "{path}");
            }
        }
        for path in
            ["/sandbox/v1/authorizations", "/sandbox/v1/faults", "/sandbox/v1/tokens/", "/internal/cancel"]
        {
            let answer = market.site.post(path, &json!({})).await;
            assert!([404, 405].contains(&answer.status), "{path}: {answer:?}");
        }
    });
}

#[test]
fn no_spelling_of_a_path_leads_to_what_is_internal() {
    on_a_busy_market(async |market| {
        for path in [
            "/api/orders/../../metrics",
            "/api/orders/%2e%2e/%2e%2e/metrics",
            "/api/orders/..%2f..%2fmetrics",
            "/api/payments/..;/metrics",
            "//metrics",
            "/api//metrics",
            "/./metrics",
            "/sandbox/v1/tokens/../ledger",
            "/sandbox/v1/tokens/%2e%2e/ledger",
            "/sandbox/v1/tokens%2f..%2fledger",
            "http://127.0.0.1/metrics",
        ] {
            let line = format!("GET {path}");
            let site = market.site.clone();
            let answer = tokio::task::spawn_blocking(move || site.send_raw(&line)).await.unwrap();
            let status = answer.split(' ').nth(1).unwrap_or_default();
            assert!(["400", "401", "404"].contains(&status), "{path}: {answer}");
            assert!(!answer.contains("\"entries\"") && !answer.contains("# TYPE"), "{path}: {answer}");
        }
    });
}

#[test]
fn whatever_the_ingress_refuses_is_a_problem_document() {
    on_a_busy_market(async |market| {
        for (method, path) in
            [("GET", "/api/nothing"), ("POST", "/sandbox/v1/ledger"), ("DELETE", "/api/orders")]
        {
            let answer = e2e::market::send(market.site.request(method, path)).await.unwrap();
            assert_eq!(answer.headers["content-type"], "application/problem+json", "{method} {path}");
            let problem: common::http::ProblemBody = answer.body();
            assert_eq!(problem.status, answer.status);
        }
    });
}

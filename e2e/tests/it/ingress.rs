//! What can be reached from outside, and what cannot.

use common::testing::EventReader;
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
                // An id of an order that nobody asked for by that name needs a token first, and that of a user
                // can only be changed; what is no path of a service is the client's, which is not there.
                let expected: &[u16] = if prefix.is_empty() { &[404, 503] } else { &[401, 404, 405] };
                assert!(expected.contains(&answer.status), "{path}: {answer:?}");
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

#[test]
fn what_changes_is_told_through_the_ingress_as_it_happens() {
    on_a_busy_market(async |market| {
        let (seller, buyer) = market.two_people().await;
        let listing = market.list_seats(&seller, 4, 5_000).await;
        let path = format!("/api/shows/{}/events", market.show.id);
        let request = || market.site.request("GET", &path).header("Accept-Encoding", "gzip");
        let mut on_sale = EventReader::open(request()).await;
        let mut own = EventReader::open(buyer.request("GET", "/api/orders/mine/events")).await;
        on_sale.until_ready().await;
        own.until_ready().await;
        let heard = on_sale.last_id.clone().unwrap();

        let order = buyer.place_order(&listing, 2).await;
        assert_eq!(own.next_of("order").await.data["id"], json!(order.id));
        let until_two_are_left = async |reader: &mut EventReader| {
            loop {
                let told = reader.next_of("listing").await.data;
                if (&told["id"], &told["seatsLeft"]) == (&json!(listing.id), &json!(2)) {
                    return;
                }
            }
        };
        until_two_are_left(&mut on_sale).await;
        until_two_are_left(&mut EventReader::resume(request(), &heard).await).await;
    });
}

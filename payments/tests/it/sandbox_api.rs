//! The sandbox gateway's own API.

use serde_json::json;

use crate::app::*;

#[tokio::test]
async fn a_card_becomes_a_token_and_is_forgotten() {
    let app = TestApp::start().await;
    let card = json!({ "number": "3782 822463 10005", "expMonth": 1, "expYear": 2099, "cvc": "1234" });
    let answer = app.gateway("POST", "/v1/tokens", Some(&card)).await.expect(201).json();
    assert_eq!((answer["brand"].as_str(), answer["last4"].as_str()), (Some("amex"), Some("0005")));
    assert!(answer["token"].as_str().unwrap().starts_with("tok_"));
}

#[tokio::test]
async fn a_card_that_is_none_is_refused_without_being_repeated() {
    let app = TestApp::start().await;
    let card = |number: &str, month: i64, year: i64, cvc: &str| json!({ "number": number, "expMonth": month, "expYear": year, "cvc": cvc });
    for (body, code) in [
        (card("4242424242424241", 1, 2099, "123"), "invalid_number"),
        (card("4242", 1, 2099, "123"), "invalid_number"),
        (card(VISA, 13, 2099, "123"), "invalid_expiry"),
        (card(VISA, 1, 99, "123"), "invalid_expiry"),
        (card(VISA, 1, 2099, "12"), "invalid_cvc"),
        (card(VISA, 1, 2099, "abc"), "invalid_cvc"),
        (json!({ "number": 4_242_424_242_424_242_u64 }), "malformed_body"),
        (json!({ "number": VISA, "4242424242424242": 1 }), "malformed_body"),
    ] {
        let answer = app.gateway("POST", "/v1/tokens", Some(&body)).await.expect(422);
        assert_eq!(answer.code(), code, "{body}");
        assert!(!answer.text.contains("4242424242424"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_card_past_its_date_is_declined_when_it_is_used() {
    let app = TestApp::start().await;
    let card = json!({ "number": VISA, "expMonth": 1, "expYear": 2020, "cvc": "123" });
    let token = app.gateway("POST", "/v1/tokens", Some(&card)).await.expect(201).json()["token"].clone();
    let request = json!({ "reference": "p", "token": token, "amountCents": 1, "currency": "EUR" });
    let answer = app.gateway("POST", "/v1/authorizations", Some(&request)).await.expect(402).json();
    assert_eq!(answer["declineReason"], "expired_card");
}

#[tokio::test]
async fn each_step_is_taken_once_and_only_from_where_it_is_possible() {
    let app = TestApp::start().await;
    let token = app.token(VISA).await;
    let request = json!({ "reference": "p", "token": token, "amountCents": 500, "currency": "USD" });
    let step = async |step: &str| app.gateway("POST", &format!("/v1/authorizations/p/{step}"), None).await;
    app.gateway("GET", "/v1/authorizations/p", None).await.expect(404);
    step("capture").await.expect(404);
    app.gateway("POST", "/v1/authorizations", Some(&request)).await.expect(201);
    app.gateway("POST", "/v1/authorizations", Some(&request)).await.expect(200);
    step("refund").await.expect(409);
    step("capture").await.expect(200);
    step("capture").await.expect(200);
    let refused = step("void").await.expect(409).json();
    assert_eq!(
        (&refused["code"], &refused["authorization"]["status"]),
        (&json!("invalid_state"), &json!("captured"))
    );
    step("refund").await.expect(200);
    step("refund").await.expect(200);
    step("capture").await.expect(409);
    let dearer = json!({ "reference": "p", "token": token, "amountCents": 501, "currency": "USD" });
    let reused = app.gateway("POST", "/v1/authorizations", Some(&dearer)).await.expect(409);
    assert_eq!(reused.code(), "reference_reused");
    let kinds: Vec<_> = app.ledger().await.iter().map(|entry| entry["kind"].clone()).collect();
    assert_eq!(kinds, ["token_created", "authorized", "captured", "refunded"]);
    let seqs: Vec<_> = app.ledger().await.iter().map(|entry| entry["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, [1, 2, 3, 4]);
    let rest = app.gateway("GET", "/v1/ledger?after=3", None).await.expect(200).json();
    assert_eq!(rest["entries"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_gateway_says_that_it_lives() {
    let app = TestApp::start().await;
    app.gateway("GET", "/livez", None).await.expect(200);
    app.gateway("GET", "/readyz", None).await.expect(200);
    app.gateway("DELETE", "/v1/faults", None).await.expect(204);
}

#[tokio::test]
async fn the_pages_of_the_gateway_load_nothing_from_elsewhere_and_are_framed_by_the_shop_alone() {
    let app = TestApp::start().await;
    for path in ["/v1/card-form", "/v1/challenges/p"] {
        let answer = app.gateway("GET", path, None).await.expect(200);
        let policy = &answer.headers["content-security-policy"];
        assert!(policy.contains("default-src 'none'"), "{policy}");
        assert!(policy.contains("frame-ancestors 'self'"), "{policy}");
        assert!(!answer.text.contains("http"), "{path} leads elsewhere");
        assert!(
            !answer.text.contains("<style") && !answer.text.contains(" on"),
            "{path} has something inline"
        );
    }
    for path in ["/v1/card-form.js", "/v1/challenge.js", "/v1/pages.js", "/v1/pages.css"] {
        app.gateway("GET", path, None).await.expect(200);
    }
}

#[tokio::test]
async fn a_challenge_is_decided_once_and_tells_no_more_than_where_that_led() {
    let app = TestApp::start().await;
    let token = app.token(NEEDS_AUTHENTICATION).await;
    let request = json!({ "reference": "p", "token": token, "amountCents": 500, "currency": "USD" });
    let decide = async |outcome: &str| {
        app.gateway("POST", "/v1/challenges/p", Some(&json!({ "outcome": outcome }))).await
    };
    decide("succeeded").await.expect(404);
    app.gateway("POST", "/v1/authorizations", Some(&request)).await.expect(201);
    decide("perhaps").await.expect(422);
    assert_eq!(decide("succeeded").await.expect(200).json(), json!({ "status": "authorized" }));
    decide("failed").await.expect(409);
}

//! What nobody should send: on every route that the services' own OpenAPI documents list, every field
//! wrong in every way that its schema knows of. Each is refused by a problem document that names the field,
//! and leaves nothing behind in any database, nor in the ledger.

mod wrong;

use common::{http::ProblemBody, testing::Answer};
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};

use crate::{
    api::{self, Operation},
    scene::Scene,
    tokens,
};
use e2e::market::{Person, a_show, alone_on_a_market, new_key, on_a_busy_market, send};
use wrong::Wrong;

/// How many bad requests are on their way at once.
const AT_ONCE: usize = 16;
/// Words that only the inside of a service knows.
const INTERNALS: [&str; 6] = ["mongodb", "E11000", "bson", "panicked", ".rs:", "nats"];

#[test]
fn every_field_of_every_body_is_checked_and_named() {
    alone_on_a_market(async |market| {
        let scene = Scene::set(market).await;
        let before = market.settled_books().await;
        let mut requests = Vec::new();
        for operation in api::operations(market).await.iter().filter(|operation| operation.has_body()) {
            for (sender, body) in scene.good_bodies(operation) {
                for wrong in wrong::bodies(operation, &body) {
                    requests.push((operation.clone(), sender.clone(), wrong));
                }
            }
        }
        assert!(requests.len() > 1_000, "only {} bad bodies were made up", requests.len());
        stream::iter(requests)
            .for_each_concurrent(AT_ONCE, |(operation, sender, wrong)| {
                let scene = &scene;
                async move { expect_blame(scene, &operation, &sender, wrong).await }
            })
            .await;
        assert_eq!(market.books.everything().await, before, "a refused request left something behind");
    });
}

#[test]
fn what_is_no_json_is_refused_on_every_route() {
    alone_on_a_market(async |market| {
        let scene = Scene::set(market).await;
        let before = market.settled_books().await;
        for operation in api::operations(market).await.iter().filter(|operation| operation.has_body()) {
            let (sender, body) = scene.good_bodies(operation).remove(0);
            for nonsense in wrong::nonsense() {
                let request = scene.request(operation, &sender).header("content-type", "application/json");
                let answer = send(request.body(nonsense.clone())).await.unwrap();
                expect_problem(&answer, &[400, 422], &format!("{operation} {nonsense:?}"));
            }
            for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/xml"] {
                let request = scene.request(operation, &sender).header("content-type", media_type);
                let answer = send(request.body(body.to_string())).await.unwrap();
                expect_problem(&answer, &[415], &format!("{operation} as {media_type}"));
            }
        }
        assert_eq!(market.books.everything().await, before, "a refused request left something behind");
    });
}

#[test]
fn a_body_of_a_megabyte_is_refused_on_every_route() {
    on_a_busy_market(async |market| {
        let scene = Scene::set(market).await;
        let large = json!({ "padding": "x".repeat(1 << 20) });
        for operation in api::operations(market).await.iter().filter(|operation| operation.method != "GET") {
            let answer = send(scene.request(operation, &scene.buyer).json(&large)).await.unwrap();
            expect_problem(&answer, &[413], &operation.to_string());
        }
    });
}

#[test]
fn every_query_parameter_is_checked_and_named() {
    on_a_busy_market(async |market| {
        let scene = Scene::set(market).await;
        let mut tried = 0;
        for operation in api::operations(market).await {
            for (name, schema) in operation.parameters("query") {
                for value in wrong::query_values(&name, &operation.resolve(&schema)) {
                    tried += 1;
                    let request = scene.request(&operation, &scene.buyer).query(&[(&name, &value)]);
                    let answer = send(request).await.unwrap();
                    let what = format!("{operation}?{name}={}", value.chars().take(60).collect::<String>());
                    expect_problem(&answer, &[422], &what);
                    assert_eq!(answer.pointers(), [format!("/query/{name}")], "{what}: {answer:?}");
                }
            }
        }
        assert!(tried > 100, "only {tried} bad parameters were made up");
    });
}

#[test]
fn an_operator_in_a_query_is_a_word_like_any_other() {
    on_a_busy_market(async |market| {
        let (scene, stranger) = (Scene::set(market).await, market.sign_up().await);
        let mut tried = 0;
        for operation in api::operations(market).await {
            for (name, schema) in operation.parameters("query") {
                let free_text = wrong::is_free_text(&name, &operation.resolve(&schema));
                for operator in wrong::operators().iter().filter(|_| free_text) {
                    let pair = [(&name, operator.to_string())];
                    let answer = send(scene.request(&operation, &scene.buyer).query(&pair)).await.unwrap();
                    assert_eq!(
                        answer.json()["items"],
                        json!([]),
                        "{operation}?{name}={operator}: {answer:?}"
                    );
                    tried += 1;
                }
                // What another language would make an object of opens nothing to who has nothing.
                for spelling in [format!("{name}[$ne]"), format!("{name}.$gt"), format!("{name}[]")] {
                    let pair = [(&spelling, "")];
                    let answer = send(scene.request(&operation, &stranger).query(&pair)).await.unwrap();
                    // But everybody who asks has a session.
                    let is_public = !operation.needs_sign_in() || operation.path == "/api/users/sessions";
                    let nothing = is_public || answer.json()["items"] == json!([]);
                    let ignored = answer.status == 200 && nothing;
                    assert!(ignored || answer.status == 422, "{operation}?{spelling}: {answer:?}");
                    tried += 1;
                }
            }
        }
        assert!(tried > 40, "only {tried} operators were tried");
    });
}

#[test]
fn an_operator_as_a_key_matches_no_other_key() {
    on_a_busy_market(async |market| {
        let (seller, buyer) = market.two_people().await;
        let listing = market.list_seats(&seller, 8, 5_000).await;
        let first = buyer.place_order(&listing, 1).await;
        let body = json!({ "listingId": listing.id, "quantity": 1, "expectedPriceCents": listing.total().amount_cents });
        for key in ["{\"$gt\":\"\"}", "{\"$ne\":null}"] {
            let answer = buyer.post_once("/api/orders", key, &body).await.expect(201);
            assert_ne!(answer.json()["id"], json!(first.id), "{key} found the order of another key");
            let again = buyer.post_once("/api/orders", key, &body).await.expect(201);
            assert_eq!(answer.json()["id"], again.json()["id"], "{key} is not a key");
        }
    });
}

#[test]
fn what_is_no_id_names_nothing() {
    on_a_busy_market(async |market| {
        let scene = Scene::set(market).await;
        let mut no_ids: Vec<String> = wrong::operators().iter().map(Value::to_string).collect();
        let others = ["x", "0", "-1", "$ne", "%00", "..", "null", "[]", "01932f5c7f1e7cc398c4dc0c0c07398f"];
        no_ids.extend(others.map(str::to_owned));
        let unknown = "01932f5c-7f1e-7cc3-98c4-dc0c0c07398f";
        for operation in api::operations(market).await.iter().filter(|known| known.path.contains("{id}")) {
            for id in no_ids.iter().map(String::as_str).chain([unknown]) {
                let path = operation.path.replace("{id}", &escaped(id));
                let mut request = scene.admin.request(&operation.method, &path);
                if operation.needs_key() {
                    request = request.header("Idempotency-Key", new_key());
                }
                if let Some((_, body)) = scene.good_bodies(operation).into_iter().next() {
                    request = request.json(&body);
                }
                let answer = send(request).await.unwrap();
                // `..` and an empty segment are other paths.
                expect_problem(&answer, &[400, 404, 405], &format!("{operation} of {id}"));
            }
        }
    });
}

#[test]
fn what_is_somebody_elses_is_not_there() {
    on_a_busy_market(async |market| {
        let scene = Scene::set(market).await;
        let stranger = market.sign_up().await;
        let Scene { order, bought, payment, pass, listing, token, .. } = &scene;
        let order_before = scene.buyer.get(&format!("/api/orders/{}", order.id)).await.json();

        for path in [
            format!("/api/orders/{}", order.id),
            format!("/api/orders/{}", bought.id),
            format!("/api/payments/{payment}"),
            format!("/api/passes/{pass}"),
        ] {
            expect_problem(&stranger.get(&path).await, &[404], &path);
        }
        expect_problem(&stranger.try_to_cancel(order).await, &[404], "cancel");
        expect_problem(&stranger.ask_for_a_refund(bought).await, &[404], "refund");
        expect_problem(&stranger.try_to_pay(order.id, token).await, &[404], "pay");
        for path in ["/api/payments?orderId=", "/api/passes?orderId="] {
            let page = stranger.get(&format!("{path}{}", bought.id)).await.expect(200).json();
            assert_eq!(page["items"], json!([]), "{path}");
        }
        for path in ["/api/orders", "/api/payments", "/api/payouts", "/api/passes"] {
            assert_eq!(stranger.get(path).await.expect(200).json()["items"], json!([]), "{path}");
        }
        let price = json!({ "price": { "amountCents": 1, "currency": "EUR" } });
        let path = format!("/api/listings/{}", listing.id);
        expect_problem(&stranger.patch(&path, &price).await, &[403], "another's price");
        expect_problem(&stranger.withdraw(listing).await, &[403], "another's listing");
        let show = format!("/api/shows/{}", market.show.id);
        expect_problem(&stranger.post("/api/shows", &a_show()).await, &[403], "a show");
        expect_problem(&stranger.patch(&show, &json!({ "status": "cancelled" })).await, &[403], "a show");

        let order_after = scene.buyer.get(&format!("/api/orders/{}", order.id)).await.json();
        assert_eq!(order_before, order_after);
        market.until_seats_left(listing, 2).await;
    });
}

#[test]
fn a_request_that_must_carry_a_key_is_refused_without_a_good_one() {
    on_a_busy_market(async |market| {
        let scene = Scene::set(market).await;
        let operations = api::operations(market).await;
        let keyed: Vec<_> = operations.iter().filter(|operation| operation.needs_key()).collect();
        assert!(keyed.len() >= 3, "orders, payments and refunds need a key: {keyed:?}");
        for operation in keyed {
            let body = scene.good_bodies(operation).into_iter().next().map(|(_, body)| body);
            let with = |key: Option<&[u8]>| {
                let mut request = scene.buyer.request(&operation.method, &scene.path(operation));
                if let Some(key) = key {
                    request = request.header("Idempotency-Key", key);
                }
                match &body {
                    Some(body) => request.json(body),
                    None => request,
                }
            };
            let missing = send(with(None)).await.unwrap();
            expect_problem(&missing, &[400], &operation.to_string());
            assert_eq!(missing.code(), "idempotency_key_required", "{operation}");
            for key in [&b"two words"[..], &[b'x'; 129], "schlüssel".as_bytes()] {
                let answer = send(with(Some(key))).await.unwrap();
                expect_problem(&answer, &[400], &format!("{operation} under {key:?}"));
            }
        }
    });
}

#[test]
fn a_token_that_is_not_ours_or_not_valid_opens_no_route() {
    on_a_busy_market(async |market| {
        let scene = Scene::set(market).await;
        let forge = tokens::Forge::of(market).await;
        let genuine = market.site.request("GET", "/api/orders").bearer_auth(forge.genuine(&scene.buyer));
        assert_eq!(send(genuine).await.unwrap().status, 200, "the forge can make good tokens");
        let mut closed = 0;
        for operation in api::operations(market).await.iter().filter(|operation| operation.needs_sign_in()) {
            closed += 1;
            let path = scene.path(operation);
            let body = scene.good_bodies(operation).into_iter().next().map(|(_, body)| body);
            let request = || {
                let request = market.site.request(&operation.method, &path);
                let request = request.header("Idempotency-Key", new_key());
                match &body {
                    Some(body) => request.json(body),
                    None => request,
                }
            };
            for (flaw, token) in forge.flawed(&scene.buyer) {
                let answer = send(request().bearer_auth(token)).await.unwrap();
                expect_problem(&answer, &[401], &format!("{operation} with a token that {flaw}"));
                assert!(answer.headers.contains_key("www-authenticate"), "{operation}: {answer:?}");
            }
            let answer = send(request()).await.unwrap();
            expect_problem(&answer, &[401], &format!("{operation} without a token"));
        }
        assert!(closed >= 15, "only {closed} routes need a token");
    });
}

#[test]
fn a_webhook_that_the_gateway_did_not_sign_is_refused() {
    on_a_busy_market(async |market| {
        let scene = Scene::set(market).await;
        let body = json!({ "reference": scene.payment, "status": "captured" });
        let path = "/api/payments/webhooks/sandbox";
        expect_problem(&market.site.post(path, &body).await, &[400], "unsigned");
        for signature in ["t=1,v1=00", "t=99999999999,v1=", "v1=00", "nonsense", ""] {
            let request = market.site.request("POST", path).header("Sandbox-Signature", signature);
            expect_problem(&send(request.json(&body)).await.unwrap(), &[400], signature);
        }
    });
}

#[test]
fn a_card_number_is_refused_wherever_a_token_belongs_and_never_repeated() {
    on_a_busy_market(async |market| {
        let scene = Scene::set(market).await;
        for number in ["4242424242424242", "4242 4242 4242 4242", "378282246310005"] {
            let answer = scene.buyer.try_to_pay(scene.order.id, number).await;
            expect_problem(&answer, &[422], "a card number");
            assert_eq!(answer.pointers(), ["/paymentMethod"]);
            assert!(!answer.text.contains(&number[..6]), "{answer:?}");
        }
        for card in [
            json!({ "number": "4242424242424241", "expMonth": 12, "expYear": 2099, "cvc": "123" }),
            json!({ "number": { "$gt": "" }, "expMonth": 12, "expYear": 2099, "cvc": "123" }),
            json!({ "number": "4242424242424242", "expMonth": 13, "expYear": 2099, "cvc": "123" }),
            json!({ "number": "4242424242424242", "expMonth": 12, "expYear": 2099, "cvc": "x" }),
        ] {
            let answer = market.site.post("/sandbox/v1/tokens", &card).await;
            assert_eq!(answer.status, 422, "{answer:?}");
            assert!(!answer.text.contains("424242"), "{answer:?}");
        }
    });
}

/// A refusal that names the field that is wrong.
async fn expect_blame(scene: &Scene, operation: &Operation, sender: &Person, wrong: Wrong) {
    let Wrong { pointer, what, body } = wrong;
    let answer = send(scene.request(operation, sender).json(&body)).await.unwrap();
    let context = format!("{operation} with {pointer} {what}");
    expect_problem(&answer, &[422], &context);
    let inside = format!("{pointer}/");
    let blamed = answer.pointers();
    let names_it = |blamed: &String| *blamed == pointer || blamed.starts_with(&inside);
    assert!(blamed.iter().any(names_it), "{context}: {blamed:?} is blamed: {answer:?}");
}

/// A refusal with one of these statuses, as a problem document that tells nothing of the inside.
fn expect_problem(answer: &Answer, statuses: &[u16], context: &str) {
    assert!(statuses.contains(&answer.status), "{context}: {answer:?}");
    let media_type = answer.headers.get("content-type").map(String::as_str);
    assert_eq!(media_type, Some("application/problem+json"), "{context}: {answer:?}");
    let problem: ProblemBody = answer.body();
    assert_eq!(problem.status, answer.status, "{context}");
    assert_eq!(problem.kind, format!("urn:stagedoor:problem:{}", problem.code), "{context}");
    for word in INTERNALS {
        assert!(!answer.text.contains(word), "{context} tells of {word}: {answer:?}");
    }
}

/// A segment of a path; what is escaped already stays.
fn escaped(segment: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~%".contains(c);
    let escape = |c: char| if plain(c) { c.to_string() } else { format!("%{:02X}", u32::from(c)) };
    segment.chars().map(escape).collect()
}

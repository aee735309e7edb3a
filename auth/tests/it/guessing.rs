//! Guessing passwords: slowed down for an account and for an address, on all replicas, and never for good.

use std::time::Duration;

use common::testing::{Answer, TestUser};
use futures::future::join_all;
use serde_json::json;

use crate::app::{PASSWORD, TestApp};

const WRONG: &str = "not the password";
const SIGN_IN: &str = "/api/users/sessions";

async fn try_from(app: &TestApp, port: u16, address: &str, email: &str, password: &str) -> Answer {
    let request = app.world.request("POST", port, SIGN_IN, None).header("X-Real-Ip", address);
    let body = json!({ "email": email, "password": password });
    Answer::read(request.json(&body).send().await.unwrap()).await
}

async fn change(app: &TestApp, user: &TestUser, current: &str) -> Answer {
    let request = app.world.request("PUT", app.running.port(), "/api/users/me/password", Some(user));
    let body = json!({ "currentPassword": current, "newPassword": "two seats in the circle" });
    Answer::read(request.json(&body).send().await.unwrap()).await
}

async fn start(per_account: u32, per_address: u32) -> TestApp {
    TestApp::start_with(|config| {
        config.tolerance.per_account = per_account;
        config.tolerance.per_address = per_address;
    })
    .await
}

fn wait(answer: &Answer) -> u64 {
    assert_eq!((answer.status, answer.code().as_str()), (429, "too_many_attempts"), "{answer:?}");
    answer.headers["retry-after"].parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_some_wrong_passwords_the_right_one_has_to_wait_as_well_but_never_for_long() {
    let app = start(3, 1_000).await;
    app.sign_up("ada@example.com").await;
    for _ in 0..3 {
        app.try_sign_in("ada@example.com", WRONG).await.expect(401);
    }
    let mut waits = Vec::new();
    for _ in 0..8 {
        let refused = app.try_sign_in("ada@example.com", PASSWORD).await;
        waits.push(wait(&refused));
        app.world.clock.advance(Duration::from_secs(*waits.last().unwrap()));
        app.try_sign_in("ada@example.com", WRONG).await.expect(401);
    }
    // The machine may take its time between two requests.
    let expected = [5, 10, 20, 40, 80, 160, 300, 300];
    assert!(waits.iter().zip(expected).all(|(wait, most)| (most - 2..=most).contains(wait)), "{waits:?}");
    app.world.clock.advance(Duration::from_mins(5));
    app.sign_in("ada@example.com").await;
    app.try_sign_in("ada@example.com", WRONG).await.expect(401);
    app.sign_in("ada@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_does_not_exist_is_answered_like_one_that_does() {
    let app = start(2, 1_000).await;
    app.sign_up("ada@example.com").await;
    for email in ["ada@example.com", "nobody@example.com"] {
        let mut answers = Vec::new();
        for _ in 0..4 {
            let answer = app.try_sign_in(email, WRONG).await;
            answers.push((answer.status, answer.code()));
        }
        let statuses: Vec<u16> = answers.iter().map(|(status, _)| *status).collect();
        assert_eq!(statuses, [401, 401, 429, 429], "{email}");
    }
    app.try_sign_in("bob@example.com", WRONG).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_tries_many_accounts_has_to_wait_and_no_other_one() {
    let app = start(100, 3).await;
    app.sign_up("ada@example.com").await;
    let port = app.running.port();
    for n in 0..3 {
        try_from(&app, port, "203.0.113.1", &format!("user{n}@example.com"), WRONG).await.expect(401);
    }
    wait(&try_from(&app, port, "203.0.113.1", "ada@example.com", PASSWORD).await);
    try_from(&app, port, "203.0.113.2", "ada@example.com", PASSWORD).await.expect(201);
    app.world.clock.advance(Duration::from_secs(5));
    try_from(&app, port, "203.0.113.1", "ada@example.com", PASSWORD).await.expect(201);
    // An account of one's own does not make an address innocent.
    try_from(&app, port, "203.0.113.1", "user3@example.com", WRONG).await.expect(401);
    assert!(wait(&try_from(&app, port, "203.0.113.1", "ada@example.com", PASSWORD).await) > 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_count_together_and_many_tries_at_once_tell_no_more_than_one_by_one() {
    let app = TestApp::start().await;
    let other = app.start_replica().await;
    app.sign_up("ada@example.com").await;
    // The longest wait, so that it is not over before the last of them.
    for _ in 0..11 {
        app.try_sign_in("ada@example.com", WRONG).await.expect(401);
        app.world.clock.advance(Duration::from_mins(5));
    }
    let ports = [app.running.port(), other.port()];
    let tries = (0..24).map(|n| {
        let (app, port) = (&app, ports[n % 2]);
        async move { try_from(app, port, "203.0.113.1", "ada@example.com", WRONG).await.status }
    });
    let statuses = join_all(tries).await;
    assert!(statuses.iter().all(|status| [401, 429].contains(status)), "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 1, "{statuses:?}");
    for port in ports {
        wait(&try_from(&app, port, "203.0.113.9", "ada@example.com", PASSWORD).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn right_passwords_at_once_make_nobody_wait() {
    let app = start(2, 2).await;
    app.sign_up("ada@example.com").await;
    let answers = join_all((0..8).map(|_| app.try_sign_in("ada@example.com", PASSWORD))).await;
    assert!(answers.iter().all(|answer| answer.status == 201), "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_current_password_counts_as_well() {
    let app = start(2, 1_000).await;
    let member = app.sign_up("ada@example.com").await;
    for _ in 0..2 {
        change(&app, &member.user, WRONG).await.expect(422);
    }
    wait(&change(&app, &member.user, PASSWORD).await);
    wait(&app.try_sign_in("ada@example.com", PASSWORD).await);
    app.me(&member.user.token).await.expect(200);
    app.world.clock.advance(Duration::from_secs(5));
    change(&app, &member.user, PASSWORD).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_is_not_kept_and_what_is_kept_is_forgotten() {
    let app = TestApp::start().await;
    app.try_sign_in("nobody@example.com", WRONG).await.expect(401);
    let stored = app.documents("sign_in_failures").await;
    assert_eq!(stored.len(), 2, "one for the account, one for the address");
    let text = format!("{stored:?}");
    assert!(!text.contains("nobody") && !text.contains("127.0.0.1") && !text.contains(WRONG), "{text}");

    let client = mongodb::Client::with_uri_str(&app.world.servers.mongodb_uri).await.unwrap();
    let database = client.database(&app.world.database("auth"));
    let failures = database.collection::<bson::Document>("sign_in_failures");
    let mut indexes = failures.list_indexes().await.unwrap();
    let mut expiring = 0;
    while indexes.advance().await.unwrap() {
        let model = indexes.deserialize_current().unwrap();
        expiring += usize::from(model.options.and_then(|options| options.expire_after).is_some());
    }
    assert_eq!(expiring, 1, "MongoDB forgets by itself");
}

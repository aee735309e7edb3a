//! Whatever is sent: a problem document that names the field, no effect, no echo of a password.

use common::testing::Answer;
use serde_json::{Value, json};

use crate::app::{PASSWORD, TestApp};

const SECRET: &str = "hunter2-hunter2-hunter2";
const ROUTES: [&str; 2] = ["/api/users", "/api/users/sessions"];

fn good(path: &str) -> Value {
    match path {
        "/api/users" => json!({ "email": "eve@example.com", "password": SECRET, "name": "Eve" }),
        _ => json!({ "email": "eve@example.com", "password": SECRET }),
    }
}

/// Values that no field accepts.
fn never_acceptable() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(12_345_678_901_234_i64),
        json!(-1.5),
        json!([SECRET]),
        json!({ "$gt": "" }),
        json!({ "$gt": SECRET }),
        json!(""),
        json!("a\u{0}b@example.com"),
        json!("a\u{7f}bcdefgh@example.com"),
        json!("x".repeat(10_000)),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_is_missing_mistyped_or_absurd_is_named() {
    let app = TestApp::start().await;
    for path in ROUTES {
        for field in good(path).as_object().unwrap().keys() {
            let pointer = format!("/{field}");
            let mut missing = good(path);
            missing.as_object_mut().unwrap().remove(field);
            named(&app.post(path, &missing).await, &pointer);
            for value in never_acceptable() {
                let mut body = good(path);
                body[field] = value;
                named(&app.post(path, &body).await, &pointer);
            }
        }
    }
    assert_no_effect(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_does_not_exist_is_named() {
    let app = TestApp::start().await;
    for path in ROUTES {
        for field in ["role", "isAdmin", "$where", "passwordHash"] {
            let mut body = good(path);
            body[field] = json!(SECRET);
            named(&app.post(path, &body).await, &format!("/{field}"));
        }
    }
    assert_no_effect(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_of_the_database_are_ordinary_text() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    for text in ["{\"$gt\": \"\"}", "{\"$ne\": null}", "' || '1'=='1", "$where"] {
        named(&app.try_sign_in(text, PASSWORD).await, "/email");
        app.try_sign_in("ada@example.com", text).await.expect(401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_object_is_refused() {
    let app = TestApp::start().await;
    let quoted = format!("\"{SECRET}\"");
    let half = format!("{{\"password\": \"{SECRET}\", ");
    for path in ROUTES {
        for body in ["", "{", "[]", "null", "7", "{}x", "\u{feff}{}", quoted.as_str(), half.as_str()] {
            let request = app.world.request("POST", app.running.port(), path, None);
            let request = request.header("Content-Type", "application/json").body(body.to_owned());
            problem(&Answer::read(request.send().await.unwrap()).await);
        }
        let deep = "[".repeat(20_000);
        let request = app.world.request("POST", app.running.port(), path, None);
        let request = request.header("Content-Type", "application/json").body(deep);
        problem(&Answer::read(request.send().await.unwrap()).await);
    }
    assert_no_effect(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_another_kind_or_of_a_megabyte_is_refused() {
    let app = TestApp::start().await;
    for path in ROUTES {
        let request = app.world.request("POST", app.running.port(), path, None);
        let form = request.header("Content-Type", "text/plain").body(good(path).to_string());
        assert_eq!(Answer::read(form.send().await.unwrap()).await.status, 415);

        let mut body = good(path);
        body["password"] = json!("x".repeat(1_000_000));
        let answer = app.post(path, &body).await;
        problem(&answer);
        assert_eq!(answer.status, 413);
    }
    assert_no_effect(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_methods_and_unknown_paths_are_problems_too() {
    let app = TestApp::start().await;
    for (method, path, status) in [
        ("PATCH", "/api/users", 405),
        ("PUT", "/api/users/me", 405),
        ("PUT", "/api/users/sessions", 405),
        ("POST", "/api/users/jwks.json", 405),
        ("GET", "/api/users/nobody", 405),
        ("GET", "/api/users/sessions/current", 405),
        ("GET", "/api/users/nobody/else", 404),
        ("GET", "/api/users/%F0%9F%92%A9", 405),
        ("GET", "/api/users/%F0%9F%92%A9/else", 404),
    ] {
        let request = app.world.request(method, app.running.port(), path, None);
        let answer = Answer::read(request.send().await.unwrap()).await;
        problem(&answer);
        assert_eq!(answer.status, status, "{method} {path}");
    }
}

fn named(answer: &Answer, pointer: &str) {
    problem(answer);
    assert_eq!(answer.status, 422, "{answer:?}");
    assert!(answer.pointers().iter().any(|named| named == pointer), "{pointer} is not named: {answer:?}");
}

fn problem(answer: &Answer) {
    assert!((400..500).contains(&answer.status), "{answer:?}");
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{answer:?}");
    assert_eq!(answer.json()["status"], answer.status);
    assert!(!answer.code().is_empty(), "{answer:?}");
    assert!(!answer.text.contains("hunter2"), "a password is echoed: {answer:?}");
}

async fn assert_no_effect(app: &TestApp) {
    assert!(app.documents("users").await.is_empty());
    assert!(app.documents("sessions").await.is_empty());
}

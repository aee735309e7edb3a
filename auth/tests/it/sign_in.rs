use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, Version};
use auth::cookies::SessionCookies;
use bson::{Document, doc};
use common::events::user::UserUpdated;

use crate::app::{PASSWORD, TestApp, claims, header};

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_begins_another_session_of_the_same_user() {
    let app = TestApp::start().await;
    let first = app.sign_up("ada@example.com").await;
    let second = app.sign_in("Ada@Example.com").await;
    assert_eq!(first.user.id, second.user.id);
    assert_ne!(first.session, second.session);
    app.me(&first.user.token).await.expect(200);
    app.me(&second.user.token).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_says_who_and_until_when() {
    let app = TestApp::start().await;
    let answer = app.sign_up("ada@example.com").await;
    let claims = claims(&answer.user.token);
    assert_eq!(claims["iss"], "stagedoor");
    assert_eq!(claims["aud"], "stagedoor");
    assert_eq!(claims["sub"], answer.user.id.to_string());
    assert_eq!(claims["role"], "user");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
    let header = header(&answer.user.token);
    assert_eq!(header["alg"], "EdDSA");
    let stored = &app.documents("signing_keys").await[0];
    assert_eq!(header["kid"], stored.get_str("_id").unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_address_wrong_password_and_disabled_account_have_one_answer() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let disabled = app.sign_up("dan@example.com").await;
    disable(&app, &disabled.user.id.to_string()).await;

    let unknown = app.try_sign_in("nobody@example.com", PASSWORD).await.expect(401);
    let wrong = app.try_sign_in("ada@example.com", "not the password").await.expect(401);
    let disabled = app.try_sign_in("dan@example.com", PASSWORD).await.expect(401);
    assert_eq!(unknown.code(), "invalid_credentials");
    for answer in [&wrong, &disabled] {
        assert_eq!(without_request_id(answer), without_request_id(&unknown));
    }
    for answer in [unknown, wrong, disabled] {
        assert!(!answer.headers.contains_key("set-cookie"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_user_is_not_known_any_more() {
    let app = TestApp::start().await;
    let member = app.sign_up("dan@example.com").await;
    disable(&app, &member.user.id.to_string()).await;
    app.me(&member.user.token).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let answer = app.try_sign_in("ada@example.com", PASSWORD).await.expect(201);
    let token = answer.json()["accessToken"].as_str().unwrap().to_owned();
    let cookie = &answer.cookies[0];
    assert_eq!(cookie, &format!("stagedoor={token}; HttpOnly; SameSite=Lax; Path=/; Max-Age=600"));

    let request = app.world.request("GET", app.running.port(), "/api/users/me", None);
    let answer = request.header("Cookie", format!("stagedoor={token}")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_production_the_cookie_is_bound_to_the_host_and_to_tls() {
    let app = TestApp::start_with(|config| config.cookies = SessionCookies::Secure).await;
    app.sign_up("ada@example.com").await;
    let answer = app.try_sign_in("ada@example.com", PASSWORD).await.expect(201);
    let token = answer.json()["accessToken"].as_str().unwrap().to_owned();
    let cookie = &answer.cookies[0];
    assert_eq!(
        cookie,
        &format!("__Host-stagedoor={token}; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=600")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_of_weaker_parameters_is_replaced_at_the_next_sign_in_and_nobody_is_told() {
    let app = TestApp::start().await;
    let member = app.sign_up("ada@example.com").await;
    let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, None).unwrap());
    let weak: PasswordHash = weak.hash_password(PASSWORD.as_bytes()).unwrap();
    set(&app, &member.user.id.to_string(), doc! { "state.passwordHash": weak.to_string() }).await;

    app.try_sign_in("ada@example.com", "not the password").await.expect(401);
    assert_eq!(stored_hash(&app).await, weak.to_string());
    app.sign_in("ada@example.com").await;
    assert!(stored_hash(&app).await.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    app.sign_in("ada@example.com").await;
    assert!(app.published::<UserUpdated>().await.is_empty());
}

fn without_request_id(answer: &common::testing::Answer) -> serde_json::Value {
    let mut body = answer.json();
    body.as_object_mut().unwrap().retain(|key, _| key != "requestId" && key != "instance");
    body
}

async fn stored_hash(app: &TestApp) -> String {
    let state = app.documents("users").await[0].get_document("state").unwrap().clone();
    state.get_str("passwordHash").unwrap().to_owned()
}

/// There is no route for it yet.
async fn disable(app: &TestApp, id: &str) {
    set(app, id, doc! { "state.status": "disabled" }).await;
}

#[expect(clippy::disallowed_methods, reason = "plays the part of an operator at the database")]
async fn set(app: &TestApp, id: &str, fields: Document) {
    let client = mongodb::Client::with_uri_str(&app.world.servers.mongodb_uri).await.unwrap();
    let users = client.database(&app.world.database("auth")).collection::<Document>("users");
    users.update_one(doc! { "_id": id }, doc! { "$set": fields, "$inc": { "rev": 1 } }).await.unwrap();
}

//! Who is believed: only the bearer of a token that one of auth's keys signed, while it lives.

use std::time::Duration;

use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use common::{
    events::signing_key::{SigningKeyChanged, SigningKeyStatus},
    http::{KeyRing, verify},
    ids::{KeyId, SessionId, UserId},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::app::{Member, TestApp, claims, header};

#[tokio::test(flavor = "multi_thread")]
async fn another_service_believes_the_token_from_events_alone() {
    let app = TestApp::start().await;
    let member = app.sign_up("ada@example.com").await;
    let (ring, now) = (KeyRing::new(), app.world.now());
    assert!(verify(&member.user.token, &ring, now).await.is_err(), "believed without a key");
    for changed in app.published::<SigningKeyChanged>().await {
        ring.insert(&changed.0).unwrap();
    }
    let user = verify(&member.user.token, &ring, now).await.unwrap();
    assert_eq!((user.id, user.session_id, user.role), (member.user.id, member.session, member.role));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_refused_when_its_time_is_over() {
    let app = TestApp::start().await;
    let member = app.sign_up("ada@example.com").await;
    app.world.clock.advance(Duration::from_secs(590));
    app.me(&member.user.token).await.expect(200);
    app.world.clock.advance(Duration::from_secs(100));
    app.me(&member.user.token).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tampered_token_is_refused() {
    let app = TestApp::start().await;
    let member = app.sign_up("ada@example.com").await;
    let parts: Vec<&str> = member.user.token.split('.').collect();
    let mut admin = claims(&member.user.token);
    admin["role"] = json!("admin");
    let mut signature = BASE64_URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
    signature[7] ^= 1;
    let broken = BASE64_URL_SAFE_NO_PAD.encode(signature);
    for token in [
        format!("{}.{}.{}", parts[0], encoded(&admin), parts[2]),
        format!("{}.{}.{broken}", parts[0], parts[1]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        "garbage".to_owned(),
        "a.b.c".to_owned(),
        "x".repeat(6_000),
    ] {
        refused(&app, &token).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_a_signature_is_refused() {
    let app = TestApp::start().await;
    let member = app.sign_up("ada@example.com").await;
    for alg in ["none", "None", "NONE"] {
        let mut unsigned = header(&member.user.token);
        unsigned["alg"] = json!(alg);
        refused(&app, &format!("{}.{}.", encoded(&unsigned), encoded(&claims(&member.user.token)))).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_signed_with_the_public_key_as_a_shared_secret_is_refused() {
    let app = TestApp::start().await;
    let member = app.sign_up("ada@example.com").await;
    let key_set = app.get("/api/users/jwks.json", None).await.json();
    let x = key_set["keys"][0]["x"].as_str().unwrap();
    let raw = BASE64_URL_SAFE_NO_PAD.decode(x).unwrap();
    for secret in [raw.as_slice(), x.as_bytes()] {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(key_set["keys"][0]["kid"].as_str().unwrap().to_owned());
        let claims = claims(&member.user.token);
        let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret)).unwrap();
        refused(&app, &token).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_a_key_that_is_not_auths_is_refused() {
    let app = TestApp::start().await;
    let member = app.sign_up("ada@example.com").await;
    let stolen_name = header(&member.user.token)["kid"].as_str().unwrap().to_owned();
    for kid in [Some(stolen_name), Some(KeyId::generate().to_string()), Some("../../key".to_owned()), None] {
        refused(&app, &forged(kid, &claims(&member.user.token))).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_token_of_a_session_that_never_was_is_refused() {
    let app = TestApp::start().await;
    let known = app.sign_up("ada@example.com").await;
    let other = app.sign_up("bob@example.com").await;
    let strangers = [
        (known.user.id, SessionId::generate()),
        (UserId::generate(), known.session),
        (known.user.id, other.session),
    ];
    for (sub, sid) in strangers {
        let now = app.world.now().secs();
        let claims = json!({
            "iss": "stagedoor", "aud": "stagedoor", "role": "user", "iat": now, "exp": now + 600,
            "sub": sub, "sid": sid,
        });
        refused(&app, &signed_by_auth(&app, &claims).await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_token_for_somebody_else_or_from_somebody_else_is_refused() {
    let app = TestApp::start().await;
    let member = app.sign_up("ada@example.com").await;
    for (claim, value) in
        [("aud", "another"), ("iss", "another"), ("role", "root"), ("sub", "1"), ("sid", "")]
    {
        let mut claims = claims(&member.user.token);
        claims[claim] = json!(value);
        refused(&app, &signed_by_auth(&app, &claims).await).await;
    }
    let same = signed_by_auth(&app, &claims(&member.user.token)).await;
    app.me(&same).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_set_is_public_cached_and_holds_public_halves_only() {
    let app = TestApp::start().await;
    let answer = app.get("/api/users/jwks.json", None).await.expect(200);
    assert_eq!(answer.headers["cache-control"], "public, max-age=300");
    let keys = answer.json()["keys"].as_array().unwrap().clone();
    assert_eq!(keys.len(), 1);
    let members: Vec<&String> = keys[0].as_object().unwrap().keys().collect();
    assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x"]);
    assert_eq!((&keys[0]["kty"], &keys[0]["crv"]), (&json!("OKP"), &json!("Ed25519")));

    let set: jsonwebtoken::jwk::JwkSet = answer.body();
    let key = jsonwebtoken::DecodingKey::from_jwk(&set.keys[0]).unwrap();
    let Member { user, .. } = app.sign_up("ada@example.com").await;
    let mut validation = jsonwebtoken::Validation::new(Algorithm::EdDSA);
    validation.set_audience(&["stagedoor"]);
    jsonwebtoken::decode::<Value>(&user.token, &key, &validation).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_key_set_is_not_sent_again() {
    let app = TestApp::start().await;
    let etag = app.get("/api/users/jwks.json", None).await.expect(200).headers["etag"].clone();
    for (condition, status) in [(etag.as_str(), 304), ("\"another\"", 200), ("*", 304)] {
        let request = app.world.request("GET", app.running.port(), "/api/users/jwks.json", None);
        let answer = request.header("If-None-Match", condition).send().await.unwrap();
        assert_eq!(answer.status(), status, "{condition}");
        assert_eq!(answer.headers()["etag"].to_str().unwrap(), etag);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_of_a_key_is_its_public_half() {
    let app = TestApp::start().await;
    let stored = app.documents("signing_keys").await;
    let told = app.published::<SigningKeyChanged>().await;
    let id = stored[0].get_str("_id").unwrap();
    let told = told.iter().find(|changed| changed.0.id.to_string() == id).unwrap();
    assert_eq!((told.0.version, told.0.status), (1, SigningKeyStatus::Active));
    assert_eq!(told.0.public_key, stored[0].get_document("state").unwrap().get_str("publicKey").unwrap());
}

async fn refused(app: &TestApp, token: &str) {
    for answer in [app.me(token).await, sign_out(app, token).await] {
        assert_eq!(answer.status, 401, "{token} was answered with {answer:?}");
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert!(token.len() < 8 || !answer.text.contains(token), "the token is echoed: {answer:?}");
    }
}

async fn sign_out(app: &TestApp, token: &str) -> common::testing::Answer {
    let user = common::testing::TestUser { id: UserId::generate(), token: token.to_owned() };
    app.delete("/api/users/sessions/current", Some(&user)).await
}

fn encoded(part: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(part.to_string())
}

/// A token with these claims, signed with auth's own key.
async fn signed_by_auth(app: &TestApp, claims: &Value) -> String {
    let stored = &app.documents("signing_keys").await[0];
    let private_key = stored.get_document("state").unwrap().get_str("privateKey").unwrap();
    let der = BASE64_STANDARD.decode(private_key).unwrap();
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some(stored.get_str("_id").unwrap().to_owned());
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_ed_der(&der)).unwrap()
}

/// A token with these claims, signed by a key that nobody has heard of.
fn forged(kid: Option<String>, claims: &Value) -> String {
    use ed25519_dalek::pkcs8::EncodePrivateKey as _;
    let der = ed25519_dalek::SigningKey::from_bytes(&[42; 32]).to_pkcs8_der().unwrap();
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = kid;
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_ed_der(der.as_bytes())).unwrap()
}

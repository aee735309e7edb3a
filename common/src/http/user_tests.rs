//! Which tokens are believed.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey as _};
use jsonwebtoken::{EncodingKey, Header};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    clock::Clock,
    events::signing_key::{SigningKeySnapshot, SigningKeyStatus},
    testing::anything::any_json,
};

struct Issuer {
    id: KeyId,
    secret: SigningKey,
    clock: Clock,
    ring: KeyRing,
}

impl Issuer {
    fn new() -> Self {
        let (ring, clock) = (KeyRing::new(), Clock::system());
        let issuer = Self { id: KeyId::generate(), secret: SigningKey::from_bytes(&[7; 32]), clock, ring };
        issuer.ring.insert(&issuer.snapshot(1, SigningKeyStatus::Active)).unwrap();
        issuer
    }

    fn snapshot(&self, version: u64, status: SigningKeyStatus) -> SigningKeySnapshot {
        let public_key = BASE64_URL_SAFE_NO_PAD.encode(self.public_key());
        SigningKeySnapshot { id: self.id, version, public_key, status, created_at: self.clock.now() }
    }

    fn public_key(&self) -> [u8; 32] {
        self.secret.verifying_key().to_bytes()
    }

    fn claims(&self) -> Value {
        let now = self.clock.now().secs();
        json!({
            "iss": "stagedoor", "aud": "stagedoor", "role": "user", "iat": now, "exp": now + 600,
            "sub": UserId::generate(), "sid": SessionId::generate(),
        })
    }

    fn with(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims();
        claims[name] = value;
        self.sign(&claims)
    }

    fn without(&self, name: &str) -> String {
        let mut claims = self.claims();
        claims.as_object_mut().unwrap().remove(name);
        self.sign(&claims)
    }

    fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.id.to_string()), ..Header::new(Algorithm::EdDSA) };
        self.sign_as(&header, claims)
    }

    fn sign_as(&self, header: &Header, claims: &Value) -> String {
        let der = self.secret.to_pkcs8_der().unwrap();
        jsonwebtoken::encode(header, claims, &EncodingKey::from_ed_der(der.as_bytes())).unwrap()
    }

    async fn verify(&self, token: &str) -> Result<CurrentUser, TokenError> {
        verify(token, &self.ring, self.clock.now()).await
    }
}

#[tokio::test]
async fn our_own_token_is_believed() {
    let issuer = Issuer::new();
    let claims = issuer.claims();
    let user = issuer.verify(&issuer.sign(&claims)).await.unwrap();
    assert_eq!(json!(user.id), claims["sub"]);
    assert_eq!(json!(user.session_id), claims["sid"]);
    assert_eq!(user.role, Role::User);
    assert_eq!(user.require_admin().unwrap_err().code(), "admin_only");
    let admin = issuer.verify(&issuer.with("role", json!("admin"))).await.unwrap();
    assert!(admin.require_admin().is_ok());
}

#[tokio::test]
async fn a_token_expires_by_our_clock() {
    let issuer = Issuer::new();
    let token = issuer.sign(&issuer.claims());
    issuer.clock.advance(Duration::from_secs(604));
    assert!(issuer.verify(&token).await.is_ok(), "clocks may be a little apart");
    issuer.clock.advance(Duration::from_secs(2));
    assert_eq!(issuer.verify(&token).await, Err(TokenError::Expired));
}

#[tokio::test]
async fn a_token_from_the_future_is_refused() {
    let issuer = Issuer::new();
    let later = json!(issuer.clock.now().secs() + 60);
    assert_eq!(issuer.verify(&issuer.with("nbf", later.clone())).await, Err(TokenError::Invalid));
    assert_eq!(issuer.verify(&issuer.with("iat", later)).await, Err(TokenError::Invalid));
}

#[tokio::test]
async fn a_token_for_others_or_of_others_is_refused() {
    let issuer = Issuer::new();
    for (name, value) in [
        ("aud", json!("elsewhere")),
        ("aud", json!([])),
        ("aud", json!(7)),
        ("iss", json!("elsewhere")),
        ("sub", json!("nobody")),
        ("sub", json!({"$gt": ""})),
        ("role", json!("root")),
        ("exp", json!("soon")),
        ("exp", json!(-1)),
    ] {
        assert!(issuer.verify(&issuer.with(name, value.clone())).await.is_err(), "{name}: {value}");
    }
    for name in ["aud", "iss", "sub", "sid", "role", "exp"] {
        assert_eq!(issuer.verify(&issuer.without(name)).await, Err(TokenError::Invalid), "without {name}");
    }
}

#[tokio::test]
async fn a_token_without_a_known_key_is_refused() {
    let issuer = Issuer::new();
    let claims = issuer.claims();
    let nameless = issuer.sign_as(&Header::new(Algorithm::EdDSA), &claims);
    assert_eq!(issuer.verify(&nameless).await, Err(TokenError::Invalid));
    for id in ["nonsense".to_owned(), KeyId::generate().to_string()] {
        let header = Header { kid: Some(id), ..Header::new(Algorithm::EdDSA) };
        assert_eq!(issuer.verify(&issuer.sign_as(&header, &claims)).await, Err(TokenError::Invalid));
    }
    let token = issuer.sign(&claims);
    issuer.ring.insert(&issuer.snapshot(2, SigningKeyStatus::Retired)).unwrap();
    assert_eq!(issuer.verify(&token).await, Err(TokenError::Invalid), "the key has retired");
}

#[tokio::test]
async fn a_token_with_another_algorithm_is_refused() {
    let issuer = Issuer::new();
    let claims = issuer.claims();
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let header = json!({"alg": "none", "typ": "JWT", "kid": issuer.id});
    assert_eq!(
        issuer.verify(&format!("{}.{}.", part(&header), part(&claims))).await,
        Err(TokenError::Invalid)
    );

    // The classic: the public key, which everybody knows, taken for a shared secret.
    let header = Header { kid: Some(issuer.id.to_string()), ..Header::new(Algorithm::HS256) };
    for secret in
        [issuer.public_key().to_vec(), BASE64_URL_SAFE_NO_PAD.encode(issuer.public_key()).into_bytes()]
    {
        let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&secret)).unwrap();
        assert_eq!(issuer.verify(&token).await, Err(TokenError::Invalid));
    }
}

#[tokio::test]
async fn a_tampered_token_is_refused() {
    let issuer = Issuer::new();
    let token = issuer.sign(&issuer.claims());
    let (rest, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = rest.split_once('.').unwrap();
    let mut claims = issuer.claims();
    claims["role"] = json!("admin");
    let forged = format!("{header}.{}.{signature}", BASE64_URL_SAFE_NO_PAD.encode(claims.to_string()));
    let other = Issuer { secret: SigningKey::from_bytes(&[8; 32]), ..Issuer::new() };
    let foreign = Header { kid: Some(issuer.id.to_string()), ..Header::new(Algorithm::EdDSA) };
    for token in [
        forged,
        other.sign_as(&foreign, &claims),
        format!("{rest}."),
        rest.to_owned(),
        format!("{token}x"),
        String::new(),
        "..".to_owned(),
        "a".repeat(1_000_000),
    ] {
        assert_eq!(issuer.verify(&token).await, Err(TokenError::Invalid));
    }
}

#[tokio::test]
async fn the_tokens_of_an_ended_session_are_refused() {
    let issuer = Issuer::new();
    let token = issuer.sign(&issuer.claims());
    let user = issuer.verify(&token).await.unwrap();
    let now = issuer.clock.now();
    issuer.ring.revoke(user.session_id, now.plus(Duration::from_mins(10)), now);
    assert_eq!(issuer.verify(&token).await, Err(TokenError::Revoked));
}

proptest! {
    #[test]
    fn any_change_of_a_token_is_refused(at: prop::sample::Index, with: char, cut: prop::sample::Index) {
        let issuer = Issuer::new();
        let token = issuer.sign(&issuer.claims());
        let at = at.index(token.len());
        let changed = format!("{}{with}{}", &token[..at], &token[at + 1..]);
        let longer = format!("{}{with}{}", &token[..at], &token[at..]);
        for forged in [&changed, &longer, &token[..cut.index(token.len())]] {
            let verdict = verify_by_known_keys(forged, &issuer.ring, issuer.clock.now());
            prop_assert!(forged == token || verdict == Err(TokenError::Invalid), "{} is believed", forged);
        }
    }

    #[test]
    fn anything_at_all_is_no_token(text: String, header in any_json(), claims in any_json()) {
        let issuer = Issuer::new();
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        for forged in [text, format!("{}.{}.AAAA", part(&header), part(&claims))] {
            let verdict = verify_by_known_keys(&forged, &issuer.ring, issuer.clock.now());
            prop_assert_eq!(verdict, Err(TokenError::Invalid));
        }
    }

    #[test]
    fn claims_of_any_kind_under_a_good_signature_are_judged(claims in any_json(), times: [i64; 3]) {
        let issuer = Issuer::new();
        let _ = verify_by_known_keys(&issuer.sign(&claims), &issuer.ring, issuer.clock.now());
        let mut good = issuer.claims();
        for (name, time) in ["exp", "nbf", "iat"].into_iter().zip(times) {
            good[name] = time.into();
        }
        let now = issuer.clock.now();
        let verdict = verify_by_known_keys(&issuer.sign(&good), &issuer.ring, now);
        let [exp, nbf, iat] = times;
        prop_assert_eq!(verdict.is_ok(), exp > now.secs() - LEEWAY_SECS && nbf.max(iat) <= now.secs() + LEEWAY_SECS);
    }
}

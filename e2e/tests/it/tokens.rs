//! Access tokens that auth did not make, or would not have made. The forge has auth's own signing key, out
//! of its database, so that a token can be right in everything but one thing.

use auth::domain::signing_key::SigningKey;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use bson::doc;
use common::{
    clock::Clock,
    ids::{KeyId, SessionId},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use e2e::market::{Market, Person, Service};

/// Makes tokens.
pub struct Forge {
    key_id: String,
    key: EncodingKey,
    public_key: String,
}

impl Forge {
    /// A forge with the signing key of a marketplace.
    pub async fn of(market: &Market) -> Self {
        let keys: Vec<SigningKey> = market.books.find(Service::Auth, "signing_keys", doc! {}).await;
        Self::with(keys.first().expect("a signing key"))
    }

    /// A forge with this key.
    pub fn with(key: &SigningKey) -> Self {
        let der = key.private_key.as_ref().unwrap().to_pkcs8_der().unwrap();
        Self {
            key_id: key.id.to_string(),
            key: EncodingKey::from_ed_der(&der),
            public_key: key.public_key.clone(),
        }
    }

    /// A token as auth would make it.
    pub fn genuine(&self, person: &Person) -> String {
        self.sign(&claims(person))
    }

    /// Tokens with one flaw each, and what the flaw is.
    pub fn flawed(&self, person: &Person) -> Vec<(&'static str, String)> {
        let now = Clock::system().now().secs();
        let good = claims(person);
        let with = |name: &str, value: Value| {
            let mut claims = good.clone();
            claims[name] = value;
            self.sign(&claims)
        };
        let genuine = self.genuine(person);
        let (message, signature) = genuine.rsplit_once('.').unwrap();
        let (header, _) = message.split_once('.').unwrap();
        let promoted = BASE64_URL_SAFE_NO_PAD.encode(with_role(&good).to_string());
        vec![
            ("has expired", with("exp", json!(now - 60))),
            ("is of the future", with("iat", json!(now + 3_600))),
            ("is of another issuer", with("iss", json!("somebody"))),
            ("is for another audience", with("aud", json!("somebody"))),
            ("names no user", with("sub", json!({ "$gt": "" }))),
            ("has an unknown role", with("role", json!("god"))),
            ("names an unknown key", self.under_another_key_id(&good)),
            ("is signed with another key", self.signed_by_somebody_else(&good)),
            ("is not signed", unsigned(&good)),
            ("is signed with the public key as a secret", self.confused(&good)),
            ("was changed", format!("{header}.{promoted}.{signature}")),
            ("lost its signature", format!("{message}.")),
            ("was cut", genuine[..genuine.len() / 2].to_owned()),
            ("is no token", "nonsense".to_owned()),
            ("is endless", "x".repeat(6_000)),
        ]
    }

    fn sign(&self, claims: &Value) -> String {
        encode(&self.header(Algorithm::EdDSA), claims, &self.key).unwrap()
    }

    fn header(&self, algorithm: Algorithm) -> Header {
        Header { kid: Some(self.key_id.clone()), ..Header::new(algorithm) }
    }

    fn under_another_key_id(&self, claims: &Value) -> String {
        let header = Header { kid: Some(KeyId::generate().to_string()), ..Header::new(Algorithm::EdDSA) };
        encode(&header, claims, &self.key).unwrap()
    }

    fn signed_by_somebody_else(&self, claims: &Value) -> String {
        let other = SigningKey::following(None, KeyId::generate(), &[7; 32], Clock::system().now()).unwrap();
        let der = other.private_key.unwrap().to_pkcs8_der().unwrap();
        encode(&self.header(Algorithm::EdDSA), claims, &EncodingKey::from_ed_der(&der)).unwrap()
    }

    fn confused(&self, claims: &Value) -> String {
        let secret = EncodingKey::from_secret(self.public_key.as_bytes());
        encode(&self.header(Algorithm::HS256), claims, &secret).unwrap()
    }
}

fn claims(person: &Person) -> Value {
    let now = Clock::system().now().secs();
    json!({
        "iss": "stagedoor",
        "aud": "stagedoor",
        "sub": person.id,
        "sid": SessionId::generate(),
        "role": "user",
        "iat": now,
        "exp": now + 600,
    })
}

fn with_role(claims: &Value) -> Value {
    let mut claims = claims.clone();
    claims["role"] = json!("admin");
    claims
}

fn unsigned(claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(&json!({ "alg": "none", "typ": "JWT" })), part(claims))
}

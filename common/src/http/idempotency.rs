//! Requests that may be sent twice without being carried out twice.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::StatusCode};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::Problem;

/// The header.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
/// The longest key.
pub(super) const MAX_LENGTH: usize = 128;

/// What the caller calls this request: sent again under the same name, it has the same answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn parse(value: &[u8]) -> Option<Self> {
        let acceptable = (1..=MAX_LENGTH).contains(&value.len()) && value.iter().all(u8::is_ascii_graphic);
        let text = std::str::from_utf8(value).ok().filter(|_| acceptable)?;
        Some(Self(text.to_owned()))
    }
}

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(value) = request.headers().get(IDEMPOTENCY_KEY) else {
            let detail = "This needs an Idempotency-Key header: a new key for each thing that you want done.";
            return ready(Err(Problem::new(StatusCode::BAD_REQUEST, "idempotency_key_required", detail)));
        };
        let detail = "An Idempotency-Key has 1 to 128 visible ASCII characters.";
        let invalid = || Problem::new(StatusCode::BAD_REQUEST, "idempotency_key_invalid", detail);
        ready(Self::parse(value.as_bytes()).ok_or_else(invalid))
    }
}

/// Tells "the same key with another body" apart: equal exactly for bodies that mean the same, whatever the
/// order of their fields.
pub fn fingerprint(body: &impl Serialize) -> String {
    // serde_json keeps the fields of a `Value` sorted.
    let canonical = serde_json::to_value(body).unwrap_or_default().to_string();
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(canonical))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_is_short_and_visible() {
        assert!(IdempotencyKey::parse(b"order-7!").is_some());
        assert!(IdempotencyKey::parse(&[b'x'; 128]).is_some());
        for key in [&b""[..], b"two words", b"tab\t", b"\xc3\xa9", &[b'x'; 129]] {
            assert!(IdempotencyKey::parse(key).is_none(), "{key:?}");
        }
    }

    #[test]
    fn a_fingerprint_depends_on_the_meaning_alone() {
        #[derive(Serialize)]
        struct Forward {
            a: u8,
            b: u8,
        }
        #[derive(Serialize)]
        struct Backward {
            b: u8,
            a: u8,
        }
        assert_eq!(fingerprint(&Forward { a: 1, b: 2 }), fingerprint(&Backward { b: 2, a: 1 }));
        assert_ne!(fingerprint(&json!({"a": 1})), fingerprint(&json!({"a": "1"})));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_key_as_they_stand_or_none(bytes: Vec<u8>, text in "[!-~]{1,128}") {
            if let Some(key) = IdempotencyKey::parse(&bytes) {
                prop_assert_eq!(key.as_str().as_bytes(), &bytes);
            }
            prop_assert!(IdempotencyKey::parse(text.as_bytes()).is_some(), "the pattern in the document is right");
        }
    }
}

//! The keys that sign access tokens: which one signs, when a new one is due, when an old one retires.
//!
//! Keys are numbered by generation, and a generation exists once (a unique index), so replicas that make
//! a key at the same moment end with one. A new key is published at once but signs only after
//! [`SETTLE`], when everybody who verifies tokens has it; an old key is believed until the last token that
//! it may have signed has expired.

use std::{fmt, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use common::{
    clock::Timestamp,
    events::signing_key::{SigningKeySnapshot, SigningKeyStatus},
    ids::KeyId,
};
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use serde::{Deserialize, Serialize};

/// How long a new key waits before it signs: twice the time for which the key set may be cached.
pub const SETTLE: Duration = Duration::from_mins(10);
/// How much longer than the life of a token an old key is believed: replicas take up a new key within
/// half a minute, and clocks differ.
const RETIREMENT_MARGIN: Duration = Duration::from_mins(2);

/// The state of a signing key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SigningKey {
    /// The key, `kid` in access tokens.
    pub id: KeyId,
    /// Counts the published facts.
    pub version: u64,
    /// 1 for the first key; the newest key has the highest. Unique.
    pub generation: i64,
    /// Whether tokens signed with the key are to be believed.
    pub status: SigningKeyStatus,
    /// The raw public key in unpadded base64url.
    pub public_key: String,
    /// The private half; forgotten when the key retires.
    pub private_key: Option<PrivateKey>,
    /// When the key was made.
    pub created_at: Timestamp,
}

/// A private key: PKCS#8 in base64. Its protection at rest is that of auth's database.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PrivateKey(String);

/// The private key cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("encode or decode a private signing key")]
pub struct InvalidPrivateKey;

impl PrivateKey {
    /// The key as PKCS#8 DER.
    pub fn to_pkcs8_der(&self) -> Result<Vec<u8>, InvalidPrivateKey> {
        BASE64_STANDARD.decode(&self.0).map_err(|_| InvalidPrivateKey)
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(..)")
    }
}

impl SigningKey {
    /// The key that follows `newest`, made from 32 random bytes.
    pub fn following(
        newest: Option<&Self>,
        id: KeyId,
        seed: &[u8; 32],
        now: Timestamp,
    ) -> Result<Self, InvalidPrivateKey> {
        let pair = ed25519_dalek::SigningKey::from_bytes(seed);
        let pkcs8 = pair.to_pkcs8_der().map_err(|_| InvalidPrivateKey)?;
        Ok(Self {
            id,
            version: 1,
            generation: newest.map_or(1, |newest| newest.generation + 1),
            status: SigningKeyStatus::Active,
            public_key: BASE64_URL_SAFE_NO_PAD.encode(pair.verifying_key().as_bytes()),
            private_key: Some(PrivateKey(BASE64_STANDARD.encode(pkcs8.as_bytes()))),
            created_at: now,
        })
    }

    /// The key without its private half, never to be believed again.
    #[must_use]
    pub fn retired(&self) -> Self {
        let (status, version) = (SigningKeyStatus::Retired, self.version + 1);
        Self { status, version, private_key: None, ..self.clone() }
    }

    /// The public state.
    pub fn snapshot(&self) -> SigningKeySnapshot {
        SigningKeySnapshot {
            id: self.id,
            version: self.version,
            public_key: self.public_key.clone(),
            status: self.status,
            created_at: self.created_at,
        }
    }

    fn is_active(&self) -> bool {
        match self.status {
            SigningKeyStatus::Active => true,
            SigningKeyStatus::Retired => false,
        }
    }

    fn signs_from(&self) -> Timestamp {
        self.created_at.plus(SETTLE)
    }
}

/// The key that signs: the newest active one that has settled, else (at the very beginning) the oldest.
pub fn signer(keys: &[SigningKey], now: Timestamp) -> Option<&SigningKey> {
    let active = || keys.iter().filter(|key| key.is_active());
    let settled = active().filter(|key| key.signs_from() <= now).max_by_key(|key| key.generation);
    settled.or_else(|| active().min_by_key(|key| key.generation))
}

/// The newest key, active or not.
pub fn newest(keys: &[SigningKey]) -> Option<&SigningKey> {
    keys.iter().max_by_key(|key| key.generation)
}

/// Whether a new key has to be made: there is none to sign with, or the newest is older than `max_age`.
pub fn is_rotation_due(keys: &[SigningKey], max_age: Duration, now: Timestamp) -> bool {
    match newest(keys) {
        Some(newest) => !newest.is_active() || newest.created_at.plus(max_age) <= now,
        None => true,
    }
}

/// The active keys whose last token has surely expired: a newer key has signed for longer than a token lives.
pub fn outlived(keys: &[SigningKey], token_ttl: Duration, now: Timestamp) -> Vec<&SigningKey> {
    let Some(signer) = signer(keys, now) else { return Vec::new() };
    if signer.signs_from().plus(token_ttl + RETIREMENT_MARGIN) > now {
        return Vec::new();
    }
    keys.iter().filter(|key| key.is_active() && key.generation < signer.generation).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTL: Duration = Duration::from_mins(10);
    const MAX_AGE: Duration = Duration::from_hours(30 * 24);

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_millis(1_000_000_000_000).unwrap().plus(Duration::from_secs(secs))
    }

    fn key(newest: Option<&SigningKey>, secs: u64) -> SigningKey {
        let seed = [u8::try_from(secs % 251).unwrap(); 32];
        SigningKey::following(newest, KeyId::generate(), &seed, at(secs)).unwrap()
    }

    #[test]
    fn the_first_key_signs_at_once() {
        let first = key(None, 0);
        assert_eq!(first.generation, 1);
        assert_eq!(signer(std::slice::from_ref(&first), at(0)), Some(&first));
    }

    #[test]
    fn a_new_key_signs_when_everybody_knows_it_and_the_old_one_retires_after_its_last_token() {
        let first = key(None, 0);
        let second = key(Some(&first), 10_000);
        let keys = [first.clone(), second.clone()];
        let settled = 10_000 + SETTLE.as_secs();

        assert_eq!(signer(&keys, at(settled - 1)), Some(&first));
        assert_eq!(signer(&keys, at(settled)), Some(&second));
        assert!(outlived(&keys, TTL, at(settled + TTL.as_secs())).is_empty());
        let last = settled + TTL.as_secs() + RETIREMENT_MARGIN.as_secs();
        assert_eq!(outlived(&keys, TTL, at(last)), [&first]);

        let keys = [first.retired(), second.clone()];
        assert!(outlived(&keys, TTL, at(last)).is_empty(), "a key retires once");
        assert_eq!(signer(&keys, at(0)), Some(&second), "a retired key never signs");
    }

    #[test]
    fn a_lone_key_is_never_outlived() {
        assert!(outlived(&[key(None, 0)], TTL, at(1_000_000)).is_empty());
    }

    #[test]
    fn a_key_is_due_at_first_and_then_when_the_newest_is_old() {
        assert!(is_rotation_due(&[], MAX_AGE, at(0)));
        let first = key(None, 0);
        assert!(!is_rotation_due(std::slice::from_ref(&first), MAX_AGE, at(MAX_AGE.as_secs() - 1)));
        assert!(is_rotation_due(std::slice::from_ref(&first), MAX_AGE, at(MAX_AGE.as_secs())));
        assert!(is_rotation_due(&[first.retired()], MAX_AGE, at(1)), "somebody has to sign");
    }

    #[test]
    fn retiring_forgets_the_private_half() {
        let retired = key(None, 0).retired();
        assert_eq!((retired.version, retired.private_key.is_none()), (2, true));
        assert_eq!(retired.snapshot().status, SigningKeyStatus::Retired);
    }

    #[test]
    fn the_private_half_is_neither_shown_nor_published() {
        let key = key(None, 7);
        let private = key.private_key.clone().unwrap().0;
        assert!(!format!("{key:?}").contains(&private));
        assert!(!serde_json::to_string(&key.snapshot()).unwrap().contains(&private));
        assert!(key.private_key.unwrap().to_pkcs8_der().unwrap().len() > 32);
    }
}

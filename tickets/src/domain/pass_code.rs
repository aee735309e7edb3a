//! The code of a pass: what is shown at the door, as a QR code.
//!
//! It names the pass, the show and the seat, and carries an HMAC-SHA256 over them, so that it can be
//! checked without a database and not be made by anybody without the key. It is computed when the holder
//! reads the pass and is neither stored, logged nor published.
//!
//! `<pass id>.<show id>.<seat>.<signature>`: the ids are the 16 bytes of the UUID and the signature 32
//! bytes, all in base64url without padding. All of it together is at most 98 characters of the URL
//! alphabet.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use common::{
    events::{listing::Seat, pass::PassSnapshot},
    ids::{PassId, ShowId},
};
use hmac::{Hmac, Mac as _};
use secrecy::{ExposeSecret as _, SecretSlice};
use sha2::Sha256;
use uuid::Uuid;

/// The shortest key; as long as the signature.
pub const MIN_KEY_BYTES: usize = 32;
/// The longest code that is looked at.
const MAX_CODE_BYTES: usize = 128;
/// Keeps these signatures apart from whatever else might be signed with the same key.
const PURPOSE: &[u8] = b"stagedoor pass code v1\0";

/// The key is too short to be safe.
#[derive(Debug, thiserror::Error)]
#[error("use the key: expected at least {MIN_KEY_BYTES} bytes")]
pub struct KeyTooShort;

/// Not a code that was made with this key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("verify the code: it was not made here")]
pub struct Forged;

/// What a genuine code says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The pass. Whether it is still valid only its admission knows.
    pub pass_id: PassId,
    /// The show that it admits to.
    pub show_id: ShowId,
    /// The seat.
    pub seat: Seat,
}

/// Makes and checks the codes of passes. The key does not print.
#[derive(Debug, Clone)]
pub struct PassSigner {
    key: SecretSlice<u8>,
}

impl PassSigner {
    /// Signs with this key.
    pub fn new(key: SecretSlice<u8>) -> Result<Self, KeyTooShort> {
        if key.expose_secret().len() < MIN_KEY_BYTES { Err(KeyTooShort) } else { Ok(Self { key }) }
    }

    /// The code of a pass.
    pub fn sign(&self, pass: &PassSnapshot) -> Option<String> {
        let ids =
            [pass.id.uuid(), pass.show_id.uuid()].map(|id| BASE64_URL_SAFE_NO_PAD.encode(id.as_bytes()));
        let claim = format!("{}.{}.{}", ids[0], ids[1], pass.seat);
        let signature = self.mac(&claim)?.finalize().into_bytes();
        Some(format!("{claim}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }

    /// What a code says, if it was made with this key. Takes the same time wherever a forged signature
    /// differs from the right one.
    pub fn verify(&self, code: &str) -> Result<Claim, Forged> {
        if code.len() > MAX_CODE_BYTES {
            return Err(Forged);
        }
        let (claim, signature) = code.rsplit_once('.').ok_or(Forged)?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).map_err(|_| Forged)?;
        let mac = self.mac(claim).ok_or(Forged)?;
        mac.verify_slice(&signature).map_err(|_| Forged)?;
        read(claim).ok_or(Forged)
    }

    /// `None` never happens: HMAC takes keys of any length.
    fn mac(&self, claim: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.expose_secret()).ok()?;
        mac.update(PURPOSE);
        mac.update(claim.as_bytes());
        Some(mac)
    }
}

fn read(claim: &str) -> Option<Claim> {
    let mut parts = claim.split('.');
    let pass_id = PassId::from_uuid(read_uuid(parts.next()?)?);
    let show_id = ShowId::from_uuid(read_uuid(parts.next()?)?);
    let seat = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some(Claim { pass_id, show_id, seat })
}

fn read_uuid(text: &str) -> Option<Uuid> {
    Uuid::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use common::events::order::OrderStatus;

    use super::*;
    use crate::domain::{
        admission::{
            Admission,
            tests::{order, state},
        },
        show::tests::now,
    };

    fn signer(byte: u8) -> PassSigner {
        PassSigner::new(vec![byte; MIN_KEY_BYTES].into()).unwrap()
    }

    fn pass() -> PassSnapshot {
        state(Admission::begin(order(3, OrderStatus::Completed), now())).passes.remove(0)
    }

    #[test]
    fn a_code_says_what_was_signed() {
        let pass = pass();
        let code = signer(7).sign(&pass).unwrap();
        let claim = Claim { pass_id: pass.id, show_id: pass.show_id, seat: pass.seat };
        assert_eq!(signer(7).verify(&code), Ok(claim));
        assert!(code.len() <= 98, "{code} is long");
        let url_safe = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        assert!(code.bytes().all(url_safe), "{code} needs escaping");
    }

    #[test]
    fn a_code_made_with_another_key_is_forged() {
        let code = signer(8).sign(&pass()).unwrap();
        assert_eq!(signer(7).verify(&code), Err(Forged));
    }

    #[test]
    fn changing_any_character_makes_a_code_forged() {
        let code = signer(7).sign(&pass()).unwrap();
        for at in 0..code.len() {
            for other in ["A", "B", ".", "=", "é", ""] {
                let changed = format!("{}{other}{}", &code[..at], &code[at + 1..]);
                if changed != code {
                    assert_eq!(signer(7).verify(&changed), Err(Forged), "{changed} was taken for {code}");
                }
            }
        }
    }

    #[test]
    fn the_signature_of_one_seat_does_not_admit_to_another() {
        let (one, other) = (pass(), pass());
        let codes = [one, other].map(|pass| signer(7).sign(&pass).unwrap());
        let (claim, _) = codes[0].rsplit_once('.').unwrap();
        let (_, signature) = codes[1].rsplit_once('.').unwrap();
        assert_eq!(signer(7).verify(&format!("{claim}.{signature}")), Err(Forged));
    }

    #[test]
    fn anything_else_is_forged() {
        let code = signer(7).sign(&pass()).unwrap();
        let (claim, _) = code.rsplit_once('.').unwrap();
        for text in
            ["", ".", "...", claim, &format!("{claim}."), &format!("{code}AA"), &"A".repeat(1_000_000)]
        {
            assert_eq!(signer(7).verify(text), Err(Forged));
        }
    }

    #[test]
    fn a_short_key_is_refused_and_no_key_prints() {
        assert!(PassSigner::new(vec![7; MIN_KEY_BYTES - 1].into()).is_err());
        assert!(!format!("{:?}", signer(7)).contains("7, 7"));
    }
}

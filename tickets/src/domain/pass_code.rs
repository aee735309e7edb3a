//! The code of a pass: what is shown at the door, as a QR code.
//!
//! It names the pass, the show and the seat, and carries an HMAC-SHA256 over them, so that it can be
//! checked without a database and not be made by anybody without the key. It is computed when the holder
//! reads the pass and is neither stored, logged nor published.
//!
//! `<pass id>.<show id>.<seat>.<signature>`: the ids are the 16 bytes of the UUID and the signature 32
//! bytes, all in base64url without padding. All of it together is at most 98 characters of the URL
//! alphabet.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use common::{
    events::{listing::Seat, pass::PassSnapshot},
    ids::{PassId, ShowId},
};
use hmac::{Hmac, Mac as _};
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

/// Makes and checks the codes of passes.
#[derive(Clone)]
pub struct PassSigner {
    /// Has the key in it, and nothing else yet.
    keyed: Hmac<Sha256>,
}

impl PassSigner {
    /// Signs with this key.
    pub fn new(key: &[u8]) -> Result<Self, KeyTooShort> {
        if key.len() < MIN_KEY_BYTES {
            return Err(KeyTooShort);
        }
        Ok(Self { keyed: Hmac::new_from_slice(key).map_err(|_| KeyTooShort)? })
    }

    /// The code of a pass.
    pub fn sign(&self, pass: &PassSnapshot) -> String {
        let [pass_id, show_id] =
            [pass.id.uuid(), pass.show_id.uuid()].map(|id| BASE64_URL_SAFE_NO_PAD.encode(id.as_bytes()));
        let claim = format!("{pass_id}.{show_id}.{}", pass.seat);
        let signature = self.mac(&claim).finalize().into_bytes();
        format!("{claim}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    /// What a code says, if it was made with this key. Takes the same time wherever a forged signature
    /// differs from the right one.
    pub fn verify(&self, code: &str) -> Result<Claim, Forged> {
        if code.len() > MAX_CODE_BYTES {
            return Err(Forged);
        }
        let (claim, signature) = code.rsplit_once('.').ok_or(Forged)?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).map_err(|_| Forged)?;
        self.mac(claim).verify_slice(&signature).map_err(|_| Forged)?;
        read(claim).ok_or(Forged)
    }

    fn mac(&self, claim: &str) -> Hmac<Sha256> {
        self.keyed.clone().chain_update(PURPOSE).chain_update(claim.as_bytes())
    }
}

/// The key does not print.
impl fmt::Debug for PassSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassSigner").finish_non_exhaustive()
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
    use proptest::prelude::*;

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
        PassSigner::new(&[byte; MIN_KEY_BYTES]).unwrap()
    }

    fn pass() -> PassSnapshot {
        state(Admission::begin(order(3, OrderStatus::Completed), now())).passes.remove(0)
    }

    #[test]
    fn a_code_says_what_was_signed() {
        let pass = pass();
        let code = signer(7).sign(&pass);
        let claim = Claim { pass_id: pass.id, show_id: pass.show_id, seat: pass.seat };
        assert_eq!(signer(7).verify(&code), Ok(claim));
        assert!(code.len() <= 98, "{code} is long");
        let url_safe = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        assert!(code.bytes().all(url_safe), "{code} needs escaping");
    }

    #[test]
    fn a_code_made_with_another_key_is_forged() {
        let code = signer(8).sign(&pass());
        assert_eq!(signer(7).verify(&code), Err(Forged));
    }

    #[test]
    fn changing_any_character_makes_a_code_forged() {
        let code = signer(7).sign(&pass());
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
        let codes = [one, other].map(|pass| signer(7).sign(&pass));
        let (claim, _) = codes[0].rsplit_once('.').unwrap();
        let (_, signature) = codes[1].rsplit_once('.').unwrap();
        assert_eq!(signer(7).verify(&format!("{claim}.{signature}")), Err(Forged));
    }

    #[test]
    fn anything_else_is_forged() {
        let code = signer(7).sign(&pass());
        let (claim, _) = code.rsplit_once('.').unwrap();
        for text in
            ["", ".", "...", claim, &format!("{claim}."), &format!("{code}AA"), &"A".repeat(1_000_000)]
        {
            assert_eq!(signer(7).verify(text), Err(Forged));
        }
    }

    #[test]
    fn a_short_key_is_refused_and_no_key_prints() {
        assert!(PassSigner::new(&[7; MIN_KEY_BYTES - 1]).is_err());
        assert_eq!(format!("{:?}", signer(7)), "PassSigner { .. }");
    }

    proptest! {
        #[test]
        fn any_text_and_any_change_of_a_code_is_forged(text: String, at: prop::sample::Index, with: char) {
            let code = signer(7).sign(&pass());
            let at = at.index(code.len());
            let changed = format!("{}{with}{}", &code[..at], &code[at + 1..]);
            let longer = format!("{}{with}{}", &code[..at], &code[at..]);
            for forged in [&text, &changed, &longer, &code[..at]] {
                prop_assert!(forged == code || signer(7).verify(forged) == Err(Forged), "{} admits", forged);
            }
        }
    }
}

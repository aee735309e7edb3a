//! The signature of the sandbox's webhooks: HMAC-SHA256 over `<timestamp>.<body>`, in the header
//! `Sandbox-Signature: t=<seconds>,v1=<hex>`. The timestamp is signed too, so an old message cannot be
//! sent again for ever.

use std::{fmt::Write as _, time::Duration};

use common::clock::Timestamp;
use hmac::{Hmac, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

/// The header that carries the signature.
pub const HEADER: &str = "Sandbox-Signature";
/// How far the timestamp may be from our clock, as Stripe's libraries have it.
pub const TOLERANCE: Duration = Duration::from_mins(5);

/// Why a message is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The header is not of the form above.
    #[error("the signature header is malformed")]
    Malformed,
    /// The timestamp is too far from our clock.
    #[error("the signature is too old or from the future")]
    OutOfTime,
    /// The message was not signed with our secret.
    #[error("the signature does not match")]
    Forged,
}

/// The value of the header for a message sent now.
pub fn sign(secret: &SecretString, now: Timestamp, body: &[u8]) -> String {
    let timestamp = now.secs();
    let mut header = format!("t={timestamp},v1=");
    for byte in mac(secret, timestamp, body).finalize().into_bytes() {
        // Writing to a string cannot fail.
        let _ = write!(header, "{byte:02x}");
    }
    header
}

/// Checks the header of a message that arrived now. The comparison takes the same time wherever the
/// first difference is.
pub fn verify(
    secret: &SecretString,
    now: Timestamp,
    header: &str,
    body: &[u8],
) -> Result<(), SignatureError> {
    let (timestamp, signature) = parse(header).ok_or(SignatureError::Malformed)?;
    mac(secret, timestamp, body).verify_slice(&signature).map_err(|_| SignatureError::Forged)?;
    let age_secs = now.secs().abs_diff(timestamp);
    if age_secs <= TOLERANCE.as_secs() { Ok(()) } else { Err(SignatureError::OutOfTime) }
}

fn mac(secret: &SecretString, timestamp: i64, body: &[u8]) -> Hmac<Sha256> {
    // HMAC hashes a key that is longer than a block and pads a shorter one: any key will do.
    let mut key = [0_u8; 64];
    let secret = secret.expose_secret().as_bytes();
    if secret.len() <= key.len() {
        key[..secret.len()].copy_from_slice(secret);
    } else {
        use sha2::Digest as _;
        key[..32].copy_from_slice(&Sha256::digest(secret));
    }
    let mut mac = Hmac::<Sha256>::new(&key.into());
    mac.update(timestamp.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    mac
}

fn parse(header: &str) -> Option<(i64, Vec<u8>)> {
    let mut timestamp = None;
    let mut signature = None;
    for part in header.split(',').take(8) {
        match part.trim().split_once('=')? {
            ("t", value) => timestamp = value.parse().ok(),
            ("v1", value) => signature = unhex(value),
            _ => {}
        }
    }
    timestamp.zip(signature)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2))?;
    Some(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_millis(secs * 1_000).unwrap()
    }

    #[test]
    fn the_signature_is_the_one_that_openssl_computes() {
        // printf '1800000000.{}' | openssl dgst -sha256 -hmac whsec_test
        let header = sign(&"whsec_test".into(), at(1_800_000_000), b"{}");
        assert_eq!(
            header,
            "t=1800000000,v1=482e6337ac5272392d375c6fdc4d52a7e615dc2facedab0ffe155ddfd6a56e66"
        );
    }

    #[test]
    fn a_signed_message_is_believed_for_five_minutes() {
        let secret = SecretString::from("s".repeat(100));
        let header = sign(&secret, at(1_000), b"body");
        assert_eq!(verify(&secret, at(1_300), &header, b"body"), Ok(()));
        assert_eq!(verify(&secret, at(700), &header, b"body"), Ok(()));
        assert_eq!(verify(&secret, at(1_301), &header, b"body"), Err(SignatureError::OutOfTime));
        assert_eq!(verify(&secret, at(699), &header, b"body"), Err(SignatureError::OutOfTime));
    }

    #[test]
    fn another_body_another_time_and_another_secret_are_forgeries() {
        let secret = SecretString::from("secret");
        let header = sign(&secret, at(1_000), b"body");
        let moved = header.replace("t=1000", "t=1001");
        assert_eq!(verify(&secret, at(1_000), &header, b"Body"), Err(SignatureError::Forged));
        assert_eq!(verify(&secret, at(1_000), &moved, b"body"), Err(SignatureError::Forged));
        assert_eq!(verify(&"other".into(), at(1_000), &header, b"body"), Err(SignatureError::Forged));
    }

    #[test]
    fn a_header_that_is_none_is_malformed() {
        for header in ["", "t=1", "v1=00", "t=x,v1=00", "t=1,v1=0", "t=1,v1=zz", "t=1,v1=٣٣", "nonsense"] {
            let verdict = verify(&"secret".into(), at(1), header, b"");
            assert_eq!(verdict, Err(SignatureError::Malformed), "{header:?}");
        }
    }

    proptest! {
        #[test]
        fn any_header_and_any_change_of_a_message_is_refused(
            header: String,
            body: Vec<u8>,
            at: prop::sample::Index,
            with: u8,
            moved_secs in 1_i64..1_000_000,
        ) {
            let (secret, now) = (SecretString::from("secret"), super::tests::at(1_000));
            prop_assert!(verify(&secret, now, &header, &body).is_err());
            let signed = sign(&secret, now, &body);
            prop_assert_eq!(verify(&secret, now, &signed, &body), Ok(()));
            let mut changed = body.clone();
            changed.insert(at.index(body.len() + 1), with);
            prop_assert_eq!(verify(&secret, now, &signed, &changed), Err(SignatureError::Forged));
            let moved = signed.replace("t=1000", &format!("t={}", 1_000 + moved_secs));
            prop_assert_eq!(verify(&secret, now, &moved, &body), Err(SignatureError::Forged));
            let digit = signed.len() - 1 - at.index(64);
            let mut forged = signed.into_bytes();
            forged[digit] = if forged[digit] == b'0' { b'1' } else { b'0' };
            let forged = String::from_utf8(forged).unwrap();
            prop_assert_eq!(verify(&secret, now, &forged, &body), Err(SignatureError::Forged));
        }
    }
}

//! Refresh tokens: what a session is renewed with, once. Opaque to everybody else.
//!
//! A token holds the id of its session, a word that all tokens of the session share, and a secret of its own.
//! The session keeps hashes of them only. So a token that the session does not know (any more) but that has
//! the session's word was one of its tokens once: somebody has a copy. Without the word it is made up, and
//! whoever has seen no more than the id of a session can do nothing to it.

use std::{fmt, str::FromStr};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use common::ids::SessionId;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// How long a token is as text: 16 bytes of id, 16 of the word, 32 of the secret, in base64url.
pub const REFRESH_TOKEN_CHARS: usize = 86;
const ID_BYTES: usize = 16;
/// How long the word is that all tokens of a session share.
pub const WORD_BYTES: usize = 16;
/// How long the secret of a token is: 256 bits.
pub const SECRET_BYTES: usize = 32;

/// A refresh token. Never shown, never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    session: SessionId,
    word: [u8; WORD_BYTES],
    secret: [u8; SECRET_BYTES],
}

/// The text is none that auth gave. It does not repeat the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a refresh token")]
pub struct InvalidRefreshToken;

impl RefreshToken {
    /// The first token of a session.
    pub fn first(session: SessionId, word: [u8; WORD_BYTES], secret: [u8; SECRET_BYTES]) -> Self {
        Self { session, word, secret }
    }

    /// Another token of the same session.
    #[must_use]
    pub fn followed_by(&self, secret: [u8; SECRET_BYTES]) -> Self {
        Self { secret, ..self.clone() }
    }

    /// The session that it names.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// The hash of what all tokens of the session share.
    pub fn word_hash(&self) -> TokenHash {
        TokenHash::of(&self.word)
    }

    /// The hash of what this token alone has.
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.secret)
    }

    /// The token as it travels.
    pub fn text(&self) -> SecretString {
        let bytes = [self.session.uuid().as_bytes().as_slice(), &self.word, &self.secret].concat();
        BASE64_URL_SAFE_NO_PAD.encode(bytes).into()
    }
}

impl FromStr for RefreshToken {
    type Err = InvalidRefreshToken;

    fn from_str(text: &str) -> Result<Self, InvalidRefreshToken> {
        if text.len() != REFRESH_TOKEN_CHARS {
            return Err(InvalidRefreshToken);
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidRefreshToken)?;
        let (id, rest) = bytes.split_first_chunk::<ID_BYTES>().ok_or(InvalidRefreshToken)?;
        let (word, secret) = rest.split_first_chunk::<WORD_BYTES>().ok_or(InvalidRefreshToken)?;
        let secret = secret.try_into().map_err(|_| InvalidRefreshToken)?;
        Ok(Self { session: SessionId::from_uuid(Uuid::from_bytes(*id)), word: *word, secret })
    }
}

/// Decodes what was sent as a refresh token, for `#[serde(deserialize_with)]`. The refusal quotes nothing, as
/// serde's own would.
pub fn sent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RefreshToken, D::Error> {
    let text = String::deserialize(deserializer).map_err(|_| D::Error::custom("must be text"))?;
    text.parse().map_err(D::Error::custom)
}

// Who has it is the user: it is not for logs.
impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(..)")
    }
}

/// What is kept of a part of a token. It has at least 128 random bits, so that a plain hash is enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenHash(String);

impl TokenHash {
    fn of(bytes: &[u8]) -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret as _;

    use super::*;

    fn token() -> RefreshToken {
        RefreshToken::first(SessionId::generate(), [7; WORD_BYTES], [8; SECRET_BYTES])
    }

    #[test]
    fn a_token_travels_as_text_of_one_length() {
        let token = token();
        let text = token.text();
        assert_eq!(text.expose_secret().len(), REFRESH_TOKEN_CHARS);
        assert_eq!(text.expose_secret().parse(), Ok(token));
    }

    #[test]
    fn the_tokens_of_a_session_share_a_word_and_differ_in_the_secret() {
        let (first, next) = (token(), token().followed_by([9; SECRET_BYTES]));
        assert_eq!(first.word_hash(), next.word_hash());
        assert_ne!(first.hash(), next.hash());
    }

    #[test]
    fn what_auth_did_not_give_is_no_token() {
        for text in ["", "token", &"x".repeat(REFRESH_TOKEN_CHARS), &"%".repeat(REFRESH_TOKEN_CHARS)] {
            assert_eq!(text.parse::<RefreshToken>(), Err(InvalidRefreshToken), "{text}");
        }
    }

    #[test]
    fn neither_debug_nor_an_error_shows_a_token() {
        assert_eq!(format!("{:?}", token()), "RefreshToken(..)");
        let mut list = serde_json::Deserializer::from_str("[\"hunter2\"]");
        let error = sent(&mut list).unwrap_err().to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }

    proptest! {
        #[test]
        fn any_text_is_a_token_or_none(text: String, bytes: [u8; 32]) {
            prop_assert_eq!(text.parse::<RefreshToken>(), Err(InvalidRefreshToken));
            let text = BASE64_URL_SAFE_NO_PAD.encode([bytes, bytes].concat());
            if let Ok(token) = text.parse::<RefreshToken>() {
                let again = token.text();
                prop_assert_eq!(again.expose_secret(), &text);
            }
        }
    }
}

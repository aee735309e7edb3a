//! Access tokens: what a session's bearer shows to every service.

use common::{
    clock::Timestamp,
    events::user::Role,
    http::{TOKEN_AUDIENCE, TOKEN_ISSUER},
    ids::{KeyId, SessionId, UserId},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::SecretString;
use serde::Serialize;

use crate::domain::{
    session::Session,
    signing_key::{InvalidPrivateKey, SigningKey},
    user::User,
};

/// What a token says.
#[derive(Debug, Serialize)]
struct Claims {
    iss: &'static str,
    aud: &'static str,
    sub: UserId,
    sid: SessionId,
    role: Role,
    iat: i64,
    exp: i64,
}

/// A signed token and the end of its life.
#[derive(Debug, Clone)]
pub struct AccessToken {
    /// The token: who has it is the user.
    pub text: SecretString,
    /// From when on it is refused.
    pub expires_at: Timestamp,
}

/// The token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("sign an access token")]
pub struct SigningError(#[from] jsonwebtoken::errors::Error);

/// Signs tokens with one key.
#[derive(Clone)]
pub struct Signer {
    key_id: KeyId,
    key: EncodingKey,
}

impl Signer {
    /// A signer with this key; `None` if it has retired.
    pub fn with(key: &SigningKey) -> Result<Option<Self>, InvalidPrivateKey> {
        let Some(private_key) = &key.private_key else { return Ok(None) };
        let der = private_key.to_pkcs8_der()?;
        Ok(Some(Self { key_id: key.id, key: EncodingKey::from_ed_der(&der) }))
    }

    /// The newest token of this session.
    pub fn sign(&self, user: &User, session: &Session, now: Timestamp) -> Result<AccessToken, SigningError> {
        let claims = Claims {
            iss: TOKEN_ISSUER,
            aud: TOKEN_AUDIENCE,
            sub: user.id,
            sid: session.id,
            role: user.role,
            iat: now.secs(),
            exp: session.tokens_expire_at.secs(),
        };
        let header = Header { kid: Some(self.key_id.to_string()), ..Header::new(Algorithm::EdDSA) };
        let text = jsonwebtoken::encode(&header, &claims, &self.key)?;
        Ok(AccessToken { text: text.into(), expires_at: session.tokens_expire_at })
    }
}

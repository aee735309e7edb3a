//! Who is asking. Tokens come in the `Authorization` header or, from browsers, in the session cookie, and
//! are verified with public keys alone.

use std::{
    future::{Ready, ready},
    time::Duration,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web::Data};
use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;

use super::{KeyRing, Problem, edge::Edge};
use crate::{
    clock::Timestamp,
    events::user::Role,
    ids::{KeyId, SessionId, UserId},
};

/// Who issues access tokens, and for whom.
pub const TOKEN_ISSUER: &str = "stagedoor";
/// For whom access tokens are.
pub const TOKEN_AUDIENCE: &str = "stagedoor";
/// The session cookie in production: browsers take it only over TLS, for this host, for all paths.
pub const SECURE_COOKIE: &str = "__Host-stagedoor";
/// The session cookie on plain HTTP.
pub const PLAIN_COOKIE: &str = "stagedoor";
/// How far the clocks of two servers may be apart.
const LEEWAY_SECS: i64 = 5;
/// Ours have 400 bytes.
const MAX_TOKEN_BYTES: usize = 4_096;

/// Somebody who is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrentUser {
    /// Who.
    pub id: UserId,
    /// By which sign-in.
    pub session_id: SessionId,
    /// What the user may do.
    pub role: Role,
}

impl CurrentUser {
    /// Refuses everybody but admins.
    pub fn require_admin(&self) -> Result<(), Problem> {
        if self.is_admin() {
            return Ok(());
        }
        let detail = "Only an admin may do this.";
        Err(Problem::new(actix_web::http::StatusCode::FORBIDDEN, "admin_only", detail))
    }

    /// Whether the user may see and do what is others'.
    pub fn is_admin(&self) -> bool {
        match self.role {
            Role::Admin => true,
            Role::User => false,
        }
    }
}

impl FromRequest for CurrentUser {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(user_of(request).and_then(|user| user.ok_or_else(Problem::unauthorized)))
    }
}

/// Somebody who may be signed in. A token that is presented must be valid all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionalUser(pub Option<CurrentUser>);

impl FromRequest for OptionalUser {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(user_of(request).map(Self))
    }
}

/// Looks up the key of the request's token if it is unknown. The arguments of a handler are read side by side
/// and the first one that fails is the answer, so this comes before: whoever is not known shall hear that, and
/// not what is wrong with the body.
pub(super) async fn look_up_key(request: &HttpRequest, edge: &Edge) {
    if let Ok(Some(token)) = presented(request, edge.secure())
        && let Ok(id) = key_id(&token)
    {
        edge.keys.look_up(id).await;
    }
}

/// Who is asking, and until when the token is valid that says so.
pub(super) fn signed_in(request: &HttpRequest) -> Result<(CurrentUser, Timestamp), Problem> {
    known(request)?.ok_or_else(Problem::unauthorized)
}

fn user_of(request: &HttpRequest) -> Result<Option<CurrentUser>, Problem> {
    Ok(known(request)?.map(|(user, _)| user))
}

fn known(request: &HttpRequest) -> Result<Option<(CurrentUser, Timestamp)>, Problem> {
    let edge = request.app_data::<Data<Edge>>().ok_or_else(Problem::unexplained)?;
    let Some(token) = presented(request, edge.secure())? else { return Ok(None) };
    let (user, until) = verify_by_known_keys(&token, &edge.keys, edge.clock.now()).map_err(refusal)?;
    tracing::Span::current().record("user.id", tracing::field::display(user.id));
    Ok(Some((user, until)))
}

/// The token of the request, if there is one. The header goes before the cookie.
fn presented(request: &HttpRequest, secure: bool) -> Result<Option<String>, Problem> {
    if let Some(value) = request.headers().get(header::AUTHORIZATION) {
        let value = value.to_str().ok().and_then(|value| value.split_once(' '));
        return match value {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                Ok(Some(token.trim().to_owned()))
            }
            _ => Err(Problem::unauthorized_because("Authorization must be: Bearer <access token>.")),
        };
    }
    // Another host of the same site can set a cookie of the plain name, but never the one for TLS.
    let plain = || request.cookie(PLAIN_COOKIE).filter(|_| !secure);
    let cookie = request.cookie(SECURE_COOKIE).or_else(plain);
    Ok(cookie.map(|cookie| cookie.value().to_owned()).filter(|token| !token.is_empty()))
}

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is no token of ours, or was tampered with, or its key is unknown or retired.
    #[error("verify token: not a token of ours")]
    Invalid,
    /// It was valid once.
    #[error("verify token: expired")]
    Expired,
    /// Its session has ended.
    #[error("verify token: its session has ended")]
    Revoked,
}

#[derive(Deserialize)]
struct Claims {
    sub: UserId,
    sid: SessionId,
    role: Role,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    iat: Option<i64>,
}

/// Verifies an access token; its key is looked up if it is unknown.
pub async fn verify(token: &str, keys: &KeyRing, now: Timestamp) -> Result<CurrentUser, TokenError> {
    keys.look_up(key_id(token)?).await;
    verify_by_known_keys(token, keys, now).map(|(user, _)| user)
}

/// Who it is, and until when that may be believed.
fn verify_by_known_keys(
    token: &str,
    keys: &KeyRing,
    now: Timestamp,
) -> Result<(CurrentUser, Timestamp), TokenError> {
    let key = keys.key(key_id(token)?).ok_or(TokenError::Invalid)?;
    let token =
        jsonwebtoken::decode::<Claims>(token, &key, &validation()).map_err(|_| TokenError::Invalid)?;
    in_time(&token.claims, now)?;
    if keys.is_revoked(token.claims.sid) {
        return Err(TokenError::Revoked);
    }
    let Claims { sub, sid, role, exp, .. } = token.claims;
    let left_secs = u64::try_from(exp.saturating_sub(now.secs())).unwrap_or_default();
    let until = now.plus(Duration::from_secs(left_secs));
    Ok((CurrentUser { id: sub, session_id: sid, role }, until))
}

/// The key that a token names. The algorithm is ours to choose, never the token's.
fn key_id(token: &str) -> Result<KeyId, TokenError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(TokenError::Invalid);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
    if header.alg != Algorithm::EdDSA {
        return Err(TokenError::Invalid);
    }
    header.kid.and_then(|id| id.parse().ok()).ok_or(TokenError::Invalid)
}

/// All but the times, which go by our clock.
fn validation() -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&[TOKEN_ISSUER]);
    validation.set_audience(&[TOKEN_AUDIENCE]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    validation.validate_exp = false;
    validation
}

fn in_time(claims: &Claims, now: Timestamp) -> Result<(), TokenError> {
    let now = now.secs();
    if claims.exp.saturating_add(LEEWAY_SECS) <= now {
        return Err(TokenError::Expired);
    }
    let from = claims.nbf.max(claims.iat).unwrap_or(0);
    if from.saturating_sub(LEEWAY_SECS) > now {
        return Err(TokenError::Invalid);
    }
    Ok(())
}

fn refusal(error: TokenError) -> Problem {
    Problem::unauthorized_because(match error {
        TokenError::Invalid => "The access token is not valid.",
        TokenError::Expired => "The access token has expired.",
        TokenError::Revoked => "The session has ended; sign in again.",
    })
}

#[cfg(test)]
#[path = "user_tests.rs"]
mod tests;

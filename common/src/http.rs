//! The HTTP edge that every service has in common.
//!
//! A handler takes what it needs as typed arguments ([`CurrentUser`], [`Body`], [`Query`], [`Path`],
//! [`IdempotencyKey`]) and answers with a value or a [`Problem`]. Everything else happens here, once for all
//! services: what cannot be decoded is refused with the name of the field, every failure leaves as a problem
//! document, requests get ids, spans and measurements, and the document of the API is made from the very
//! table of routes that is served ([`openapi_of`]). [`HttpServer`] serves two ports, the second one for
//! `/livez`, `/readyz` and `/metrics`, and knows how to stop without refusing anybody.
//!
//! It never decides anything about the business, and never asks auth who somebody is: tokens are verified
//! with the public keys of the [`KeyRing`].

mod body;
#[cfg(test)]
mod demo;
mod edge;
mod failures;
mod fallback;
mod fields;
mod idempotency;
mod internal;
mod keys;
mod observe;
mod openapi;
mod page;
mod problem;
mod query;
mod readiness;
mod request_id;
mod responses;
mod server;
mod streams;
mod user;
mod validation;

pub(crate) use self::streams::Stay;
#[cfg(feature = "testing")]
pub(crate) use self::{body::parse as parse_body, query::parse as parse_query};
pub use self::{
    body::{Body, MAX_BODY_BYTES, OptionalBody},
    idempotency::{IDEMPOTENCY_KEY, IdempotencyKey, fingerprint},
    keys::{InvalidKey, KeyRing, ReloadError},
    openapi::{Access, ApiInfo, RouteInfo, openapi_of, routes_of},
    page::{Cursor, Page, PageQuery},
    problem::{FieldError, Problem, ProblemBody},
    query::{Path, Query},
    readiness::{Check, Readiness},
    request_id::RequestId,
    server::{HttpServer, RunningServer, StartError},
    streams::{Audience, OwnAudience},
    user::{
        CurrentUser, OptionalUser, PLAIN_COOKIE, SECURE_COOKIE, TOKEN_AUDIENCE, TOKEN_ISSUER, TokenError,
        verify,
    },
    validation::plain_text,
};

//! The public keys with which anybody can verify an access token.

use actix_web::{
    HttpResponse, get,
    http::header::{self, ContentType, EntityTag, IfNoneMatch},
    web,
};
use common::http::Problem;

use super::Context;
use crate::keys::KeySet;

/// A new key signs nothing before [`SETTLE`](crate::domain::signing_key::SETTLE), which is longer.
const CACHE_CONTROL: &str = "public, max-age=300";

/// Signing keys
///
/// The JSON Web Key Set (RFC 7517, RFC 8037) of the keys that sign access tokens.
#[utoipa::path(
    get,
    path = "/api/users/jwks.json",
    tag = "users",
    responses(
        (status = 200, body = KeySet, description = "The keys whose tokens are to be believed"),
        (status = 304, description = "Unchanged since the answer with the entity tag of `If-None-Match`"),
    ),
    security(()),
)]
#[get("/api/users/jwks.json")]
pub async fn get_key_set(
    context: web::Data<Context>,
    known: web::Header<IfNoneMatch>,
) -> Result<HttpResponse, Problem> {
    let published = context.keys.published()?;
    let etag = EntityTag::new_strong(published.etag.clone());
    let is_known = match known.0 {
        IfNoneMatch::Any => true,
        IfNoneMatch::Items(tags) => tags.iter().any(|tag| tag.weak_eq(&etag)),
    };
    let mut answer = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer.insert_header((header::CACHE_CONTROL, CACHE_CONTROL)).insert_header(header::ETag(etag));
    if is_known {
        Ok(answer.finish())
    } else {
        Ok(answer.content_type(ContentType::json()).body(published.body.clone()))
    }
}

//! Answers that everybody may keep, and has to ask about before use or after a while.
//!
//! Prices and seats change from one second to the next, so nothing may be shown unasked; but asking is
//! cheap: what is unchanged is answered by 304 without a body.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CacheControl, CacheDirective, ETag, EntityTag, Header as _, IfNoneMatch},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use common::http::Problem;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

const JSON: &str = "application/json";

/// The answer, or 304 if the caller has it already.
pub fn answer(request: &HttpRequest, body: &impl Serialize) -> Result<HttpResponse, Problem> {
    Ok(answer_with(request, JSON, to_json(body)?))
}

/// The same of what may be shown for a while without asking.
pub fn answer_for(
    request: &HttpRequest,
    body: &impl Serialize,
    fresh: Duration,
) -> Result<HttpResponse, Problem> {
    let secs = u32::try_from(fresh.as_secs()).unwrap_or(u32::MAX);
    Ok(respond(request, JSON, to_json(body)?, CacheDirective::MaxAge(secs)))
}

/// The same, for what is no JSON.
pub fn answer_with(request: &HttpRequest, media_type: &'static str, body: Vec<u8>) -> HttpResponse {
    respond(request, media_type, body, CacheDirective::NoCache)
}

fn to_json(body: &impl Serialize) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(body).map_err(|error| Problem::internal(&error))
}

fn respond(
    request: &HttpRequest,
    media_type: &'static str,
    body: Vec<u8>,
    until: CacheDirective,
) -> HttpResponse {
    let tag = EntityTag::new_strong(BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(&body)[..16]));
    let mut response = if known(request, &tag) { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header(CacheControl(vec![CacheDirective::Public, until]));
    response.insert_header(ETag(tag.clone()));
    if known(request, &tag) {
        return response.finish();
    }
    response.content_type(media_type).body(body)
}

fn known(request: &HttpRequest, tag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(tag)),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::{http::header, test::TestRequest};
    use proptest::prelude::*;

    use super::*;

    fn ask(if_none_match: Option<&str>) -> HttpResponse {
        let mut request = TestRequest::get();
        if let Some(tags) = if_none_match {
            request = request.insert_header((header::IF_NONE_MATCH, tags));
        }
        answer(&request.to_http_request(), &"Hamlet").unwrap()
    }

    fn header_of(response: &HttpResponse, name: header::HeaderName) -> String {
        response.headers().get(name).unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn what_the_caller_has_already_is_not_sent_again() {
        let tag = header_of(&ask(None), header::ETAG);
        for tags in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            assert_eq!(ask(Some(&tags)).status(), 304, "{tags}");
        }
        for tags in ["\"other\"", "garbage", ""] {
            assert_eq!(ask(Some(tags)).status(), 200, "{tags:?}");
        }
    }

    #[test]
    fn nothing_may_be_shown_unasked() {
        assert_eq!(header_of(&ask(None), header::CACHE_CONTROL), "public, no-cache");
    }

    proptest! {
        #[test]
        fn any_list_of_tags_is_understood_or_ignored(tags in "[ -~]{0,40}", bytes: Vec<u8>) {
            for value in [tags.as_bytes(), &bytes] {
                let Ok(value) = header::HeaderValue::from_bytes(value) else { continue };
                let request = TestRequest::get().insert_header((header::IF_NONE_MATCH, value));
                let status = answer(&request.to_http_request(), &"Hamlet").unwrap().status();
                prop_assert!([200, 304].contains(&status.as_u16()), "{}", status);
            }
        }
    }
}

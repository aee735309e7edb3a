//! JSON bodies: read within bounds, decoded, validated, and refused with the name of the field.

use std::time::Duration;

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::{
        StatusCode,
        header::{self, HeaderMap},
    },
};
use bytes::{Bytes, BytesMut};
use futures::{StreamExt as _, future::LocalBoxFuture};
use garde::Validate;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::{Problem, fields};

/// The largest body that any route takes.
pub const MAX_BODY_BYTES: usize = 64 * 1_024;
/// So much of a body that is too large is read and thrown away, so that its sender, who is still sending,
/// reads the answer instead of a broken connection.
const MAX_DISCARDED_BYTES: usize = 4 * 1_024 * 1_024;
/// How long a caller may take to send a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);

/// The body of a request: JSON that decodes to `T` and satisfies its rules.
#[derive(Debug, Clone)]
pub struct Body<T>(pub T);

impl<T> FromRequest for Body<T>
where
    T: DeserializeOwned + Validate<Context = ()> + 'static,
{
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let acceptable = must_be_json(request);
        let payload = payload.take();
        Box::pin(async move {
            acceptable?;
            parse(&read(payload).await?).map(Self)
        })
    }
}

/// The body of a request that does without one as well: nothing at all, or as for [`Body`].
#[derive(Debug, Clone)]
pub struct OptionalBody<T>(pub Option<T>);

impl<T> FromRequest for OptionalBody<T>
where
    T: DeserializeOwned + Validate<Context = ()> + 'static,
{
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if announces_no_body(request.headers()) {
            return Box::pin(async { Ok(Self(None)) });
        }
        let body = Body::from_request(request, payload);
        Box::pin(async { Ok(Self(Some(body.await?.0))) })
    }
}

/// Throws away what the caller is still sending, within bounds.
pub(super) async fn discard(mut payload: Payload) {
    let mut left = MAX_DISCARDED_BYTES;
    let discarding = async {
        while let Some(Ok(chunk)) = payload.next().await {
            let Some(still) = left.checked_sub(chunk.len()) else { return };
            left = still;
        }
    };
    // Whether it ended or not, the answer is the same.
    let _ = tokio::time::timeout(BODY_TIMEOUT, discarding).await;
}

pub(super) fn too_large() -> Problem {
    let detail = format!("A body may have at most {MAX_BODY_BYTES} bytes.");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
}

fn announces_no_body(headers: &HeaderMap) -> bool {
    let is_empty = headers.get(header::CONTENT_LENGTH).is_none_or(|length| length == "0");
    is_empty
        && !headers.contains_key(header::TRANSFER_ENCODING)
        && !headers.contains_key(header::CONTENT_TYPE)
}

fn must_be_json(request: &HttpRequest) -> Result<(), Problem> {
    let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = media_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let encoded = request.headers().get(header::CONTENT_ENCODING).is_some_and(|value| value != "identity");
    if essence.eq_ignore_ascii_case("application/json") && !encoded {
        return Ok(());
    }
    let detail = "The body must be sent as Content-Type: application/json, not encoded.";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail))
}

async fn read(payload: Payload) -> Result<Bytes, Problem> {
    let detail = "The body did not arrive in time.";
    let late = |_| Problem::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", detail);
    tokio::time::timeout(BODY_TIMEOUT, collect(payload)).await.map_err(late)?
}

async fn collect(mut payload: Payload) -> Result<Bytes, Problem> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let incomplete =
            |_| Problem::new(StatusCode::BAD_REQUEST, "incomplete_body", "The body ended too early.");
        let chunk = chunk.map_err(incomplete)?;
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            discard(payload).await;
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

pub(crate) fn parse<T: DeserializeOwned + Validate<Context = ()>>(body: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let value: T = serde_path_to_error::deserialize(&mut json).map_err(|error| refusal(body, &error))?;
    json.end().map_err(|error| malformed(&error))?;
    value.validate().map_err(|report| fields::refused("", &report))?;
    Ok(value)
}

fn refusal(body: &[u8], error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    if error.inner().is_data() {
        return fields::undecodable("", error.path(), &error.inner().to_string());
    }
    // serde_json calls it a syntax error when a number stands where the name of a variant should.
    if serde_json::from_slice::<IgnoredAny>(body).is_ok() {
        return fields::undecodable("", error.path(), "is of the wrong type");
    }
    malformed(error.inner())
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "malformed_json", format!("The body is not valid JSON: {error}."))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;
    use crate::{ids::ListingId, testing::anything::check_body};

    #[derive(Debug, Deserialize, Validate)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct PlaceOrder {
        #[garde(skip)]
        #[expect(dead_code, reason = "only decoded")]
        listing_id: ListingId,
        #[garde(range(min = 1, max = 8))]
        seat_count: u32,
        #[garde(dive)]
        price: Price,
        #[garde(length(max = 2), inner(length(max = 3)))]
        #[serde(default)]
        seats: Vec<String>,
    }

    #[derive(Debug, Deserialize, Validate)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Price {
        #[garde(range(min = 1))]
        amount_cents: i64,
    }

    fn refused(body: &str) -> (u16, String, Vec<(String, String)>) {
        let problem = parse::<PlaceOrder>(body.as_bytes()).unwrap_err();
        let errors =
            problem.errors().iter().map(|error| (error.pointer.clone(), error.detail.clone())).collect();
        (problem.status().as_u16(), problem.code().to_owned(), errors)
    }

    fn blamed(body: &str) -> Vec<(String, String)> {
        let (status, code, errors) = refused(body);
        assert_eq!((status, code.as_str()), (422, "invalid"), "{body}: {errors:?}");
        errors
    }

    const ID: &str = "01932f5c-7f1e-7cc3-98c4-dc0c0c07398f";

    fn one(pointer: &str, detail: &str) -> Vec<(String, String)> {
        vec![(pointer.to_owned(), detail.to_owned())]
    }

    #[test]
    fn what_is_no_json_at_all_is_malformed() {
        for body in ["", "{", "nonsense", "{} {}", "{\"seatCount\": 1,}", "\u{0}"] {
            let (status, code, _) = refused(body);
            assert!(
                (status, code.as_str()) == (400, "malformed_json") || status == 422,
                "{body:?}: {status}"
            );
        }
        assert_eq!(refused("{").1, "malformed_json");
        assert_eq!(refused(&"[".repeat(10_000)).0, 422);
    }

    #[test]
    fn a_missing_field_is_named() {
        let body = format!(r#"{{"listingId": "{ID}", "price": {{"amountCents": 1}}}}"#);
        assert_eq!(blamed(&body), one("/seatCount", "is required"));
        let body = format!(r#"{{"listingId": "{ID}", "seatCount": 1, "price": {{}}}}"#);
        assert_eq!(blamed(&body), one("/price/amountCents", "is required"));
    }

    #[test]
    fn an_unknown_or_repeated_field_is_named() {
        assert_eq!(blamed(r#"{"extra": 1}"#), one("/extra", "is not a known field"));
        assert_eq!(blamed(r#"{"price": {"cents": 1}}"#), one("/price/cents", "is not a known field"));
        assert_eq!(
            blamed(r#"{"seatCount": 1, "seatCount": 2}"#),
            one("/seatCount", "appears more than once")
        );
    }

    #[test]
    fn a_field_of_the_wrong_type_is_named() {
        assert_eq!(
            blamed(r#"{"price": {"amountCents": "1"}}"#),
            one("/price/amountCents", "must be a whole number")
        );
        assert_eq!(blamed(r#"{"seats": ["A1", {"$gt": ""}]}"#), one("/seats/1", "must be text"));
        assert_eq!(
            blamed(r#"{"seatCount": -1}"#),
            one("/seatCount", "must be a whole number from 0 to 4294967295")
        );
        assert_eq!(blamed(r#"{"listingId": {"$gt": ""}}"#), one("/listingId", "must be text"));
        assert_eq!(blamed(r#"{"listingId": "7"}"#)[0].0, "/listingId");
        assert_eq!(blamed("[]")[0].0, "");
    }

    #[test]
    fn a_name_of_the_wrong_type_is_named() {
        #[derive(Debug, Deserialize, Validate)]
        #[garde(allow_unvalidated)]
        struct Sold {
            #[expect(dead_code, reason = "only decoded")]
            price: crate::money::Money,
        }
        for currency in ["1", "1.5", "true", "null", "[]", r#"{"$gt": ""}"#, r#""XXX""#] {
            let body = format!(r#"{{"price": {{"amountCents": 1, "currency": {currency}}}}}"#);
            let problem = parse::<Sold>(body.as_bytes()).unwrap_err();
            assert_eq!(problem.status().as_u16(), 422, "{body}");
            assert!(problem.errors()[0].pointer.starts_with("/price/currency"), "{body}: {problem}");
        }
    }

    #[test]
    fn every_field_that_breaks_a_rule_is_named() {
        let body = format!(
            r#"{{"listingId": "{ID}", "seatCount": 9, "price": {{"amountCents": 0}}, "seats": ["A1", "12345"]}}"#
        );
        let mut pointers: Vec<_> = blamed(&body).into_iter().map(|(pointer, _)| pointer).collect();
        pointers.sort();
        assert_eq!(pointers, ["/price/amountCents", "/seatCount", "/seats/1"]);
    }

    #[test]
    fn any_body_gives_a_value_or_names_a_field() {
        let good = json!({
            "listingId": ListingId::generate(), "seatCount": 2, "price": { "amountCents": 1 }, "seats": ["1"],
        });
        check_body(&good, Ok::<PlaceOrder, Problem>);
    }
}

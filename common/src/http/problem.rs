//! Problem documents (RFC 9457): the one shape in which a service says no.

use std::{borrow::Cow, error::Error, fmt};

use actix_web::{
    HttpResponse, ResponseError,
    body::BoxBody,
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// At most so many fields are named in one document.
const MAX_ERRORS: usize = 32;

/// A refusal or failure, answered as a problem document. It says what the caller can act on; internal
/// causes are logged where they happen and never leave the service.
#[derive(Debug, Clone)]
pub struct Problem(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    status: StatusCode,
    code: Cow<'static, str>,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// The JSON pointer of the field in the body; `/query/<name>` for a query parameter.
    #[schema(example = "/quantity")]
    pub pointer: String,
    /// What is wrong with it.
    #[schema(example = "must be at most 8")]
    pub detail: String,
}

/// A problem document as it travels, `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemBody {
    /// Names the kind of problem: `urn:stagedoor:problem:<code>`.
    #[serde(rename = "type")]
    #[schema(example = "urn:stagedoor:problem:sold_out")]
    pub kind: String,
    /// The kind of problem in words.
    #[schema(example = "Sold out")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 409)]
    pub status: u16,
    /// The kind of problem for programs, `snake_case`.
    #[schema(example = "sold_out")]
    pub code: String,
    /// What happened, in a sentence.
    pub detail: String,
    /// The fields that are to blame, if any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Names this request in the logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Problem {
    /// A problem of this kind; `detail` is a sentence for people.
    pub fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        let (code, detail) = (code.into(), detail.into());
        Self(Box::new(Inner { status, code, detail, errors: Vec::new(), headers: Vec::new() }))
    }

    /// 404: there is no such thing, or it is not the caller's to know.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("There is no such {what}."))
    }

    /// 401: the caller is not signed in, or not any more.
    pub fn unauthorized() -> Self {
        Self::unauthorized_because("Sign in first: this needs a valid access token.")
    }

    pub(super) fn unauthorized_because(detail: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
            .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    /// 403: the caller may not do this.
    pub fn forbidden(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// 409: the state of the thing does not allow this.
    pub fn conflict(code: impl Into<Cow<'static, str>>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 422: this field is not acceptable.
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::invalid_fields().with_field(pointer, detail)
    }

    pub(super) fn invalid_fields() -> Self {
        let detail = "Some of what was sent is not acceptable; see errors.";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail)
    }

    /// 422: the idempotency key was used for another request before.
    pub fn idempotency_key_reused() -> Self {
        let detail = "This Idempotency-Key was used with another body before.";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail)
    }

    /// 503: a part of the service is away; trying again soon helps.
    pub fn unavailable() -> Self {
        let detail = "The service cannot do this at the moment. Please try again.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).with_retry_after(1)
    }

    /// 500: our mistake. The cause is logged here and stays here.
    pub fn internal(cause: &(dyn Error + 'static)) -> Self {
        tracing::error!(error = %crate::telemetry::chain(cause), "a request failed on an unexpected error");
        Self::unexplained()
    }

    /// 500 whose cause is logged elsewhere.
    pub(super) fn unexplained() -> Self {
        let detail = "Something went wrong on our side. The request id helps us to find out what.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    /// What a bare status means, for failures that the framework answers by itself.
    pub(super) fn of_status(status: StatusCode) -> Self {
        if status.is_server_error() && status == StatusCode::INTERNAL_SERVER_ERROR {
            return Self::unexplained();
        }
        let reason = status.canonical_reason().unwrap_or("Error");
        let code = reason.to_ascii_lowercase().replace([' ', '-'], "_").replace('\'', "");
        Self::new(status, code, format!("{reason}."))
    }

    /// The same, blaming a field as well; `pointer` is a JSON pointer such as `/price/amountCents`.
    #[must_use]
    pub fn with_field(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        if self.0.errors.len() < MAX_ERRORS {
            self.0.errors.push(FieldError { pointer: pointer.into(), detail: detail.into() });
        }
        self
    }

    /// The same, saying when to try again.
    #[must_use]
    pub fn with_retry_after(self, secs: u64) -> Self {
        self.with_header(header::RETRY_AFTER, HeaderValue::from(secs))
    }

    /// The same, with a header of its own.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The kind of problem for programs.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// The fields that are to blame.
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// The document as it travels.
    pub fn body(&self, request_id: Option<&str>) -> ProblemBody {
        ProblemBody {
            kind: format!("urn:stagedoor:problem:{}", self.0.code),
            title: title(&self.0.code),
            status: self.0.status.as_u16(),
            code: self.0.code.clone().into_owned(),
            detail: self.0.detail.clone().into_owned(),
            errors: self.0.errors.clone(),
            request_id: request_id.map(str::to_owned),
        }
    }

    /// The response of this problem; the edge adds the request id on its way out.
    pub(super) fn response(&self, request_id: Option<&str>) -> HttpResponse {
        let mut response = HttpResponse::build(self.0.status);
        for header in &self.0.headers {
            response.append_header(header.clone());
        }
        response.content_type("application/problem+json");
        response.body(serde_json::to_vec(&self.body(request_id)).unwrap_or_default())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.0.status.as_u16(), self.0.code, self.0.detail)?;
        for error in &self.0.errors {
            write!(f, " [{} {}]", error.pointer, error.detail)?;
        }
        Ok(())
    }
}

impl Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = self.response(None);
        response.extensions_mut().insert(self.clone());
        response
    }
}

fn title(code: &str) -> String {
    let mut words = code.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_its_kind_for_people_and_for_programs() {
        let problem =
            Problem::conflict("sold_out", "All seats are sold.").with_field("/quantity", "is too many");
        let body = serde_json::to_value(problem.body(Some("r-1"))).unwrap();
        let expected = serde_json::json!({
            "type": "urn:stagedoor:problem:sold_out",
            "title": "Sold out",
            "status": 409,
            "code": "sold_out",
            "detail": "All seats are sold.",
            "errors": [{ "pointer": "/quantity", "detail": "is too many" }],
            "requestId": "r-1",
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn a_document_is_bounded_however_much_is_wrong() {
        let problem =
            (0..1_000).fold(Problem::invalid_fields(), |problem, n| problem.with_field(format!("/{n}"), "x"));
        assert_eq!(problem.errors().len(), MAX_ERRORS);
    }

    #[test]
    fn a_bare_status_is_told_as_a_code() {
        assert_eq!(Problem::of_status(StatusCode::IM_A_TEAPOT).code(), "im_a_teapot");
        assert_eq!(Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR).code(), "internal");
        assert_eq!(Problem::of_status(StatusCode::REQUEST_TIMEOUT).code(), "request_timeout");
    }

    #[test]
    fn an_internal_cause_never_leaves() {
        let cause = std::io::Error::other("mongodb://root:hunter2@db");
        let body = serde_json::to_string(&Problem::internal(&cause).body(None)).unwrap();
        assert!(!body.contains("hunter2"), "{body}");
    }
}

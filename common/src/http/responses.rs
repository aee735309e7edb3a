//! The answers that a route has in common with others, which no handler has to list: they follow from what
//! the route takes and who may use it. A handler's own words about a status go before these.

use serde_json::json;
use utoipa::{
    ToSchema as _,
    openapi::{
        Content, Ref, RefOr,
        path::{Operation, Parameter, ParameterIn},
        response::{Response, ResponseBuilder},
        schema::{ObjectBuilder, Type},
    },
};

use super::{
    idempotency::{IDEMPOTENCY_KEY, MAX_LENGTH},
    openapi::Access,
    problem::ProblemBody,
};

const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";

/// A status, and what it means.
type Answer = (u16, &'static str);

const ALWAYS: [Answer; 2] = [
    (429, "`too_many_requests`: the address asks too often; see `Retry-After`"),
    (503, "`unavailable`: a part of the service is away; see `Retry-After`"),
];
const TO_CHANGES: [Answer; 3] = [
    (403, "`cross_origin`: the request comes from a page of somebody else"),
    (409, "`conflict`: others changed this at the same moment, again and again"),
    (413, "`body_too_large`"),
];
const TO_BODIES: [Answer; 4] = [
    (400, "`malformed_json`, `incomplete_body`"),
    (408, "`request_timeout`: the body did not arrive in time"),
    (415, "`unsupported_media_type`: only JSON is taken"),
    (422, "`invalid`: a field is not acceptable"),
];
const TO_KEYS: [Answer; 2] = [
    (400, "`idempotency_key_required`, `idempotency_key_invalid`"),
    (422, "`idempotency_key_reused`: the key came with another request before"),
];
const TO_QUERIES: [Answer; 1] = [(422, "`invalid`: a parameter is not acceptable")];
const TO_STRANGERS: [Answer; 1] = [(401, "`unauthorized`: nobody is signed in, or not any more")];

/// Adds what a route of this method and access answers to whatever it takes.
pub(super) fn complete(method: &str, access: Access, operation: &mut Operation) {
    let mut answers = ALWAYS.to_vec();
    if access == Access::SignedIn {
        answers.extend(TO_STRANGERS);
    }
    if method != "GET" {
        answers.extend(TO_CHANGES);
    }
    if operation.request_body.is_some() {
        answers.extend(TO_BODIES);
    }
    let parameters = operation.parameters.get_or_insert_default();
    for parameter in parameters.iter_mut().filter_map(in_place) {
        if parameter.name == IDEMPOTENCY_KEY {
            parameter.schema = Some(key_schema());
            answers.extend(TO_KEYS);
        }
        if parameter.parameter_in == ParameterIn::Query {
            answers.extend(TO_QUERIES);
        }
    }
    let responses = &mut operation.responses.responses;
    for (status, meaning) in answers {
        responses.entry(status.to_string()).or_insert_with(|| refusal(meaning).into());
    }
    for (status, response) in responses {
        if let (true, RefOr::T(response)) = (status.as_str() >= "400", response) {
            tell_as_problem(response);
        }
    }
}

fn in_place(parameter: &mut RefOr<Parameter>) -> Option<&mut Parameter> {
    match parameter {
        RefOr::T(parameter) => Some(parameter),
        RefOr::Ref(_) => None,
    }
}

fn refusal(meaning: &str) -> Response {
    let problem = Content::new(Some(Ref::from_schema_name(ProblemBody::name())));
    ResponseBuilder::new().description(meaning).content(PROBLEM, problem).build()
}

/// Handlers name the type of the document; that it travels under a media type of its own is said here.
fn tell_as_problem(response: &mut Response) {
    if let Some(content) = response.content.shift_remove(JSON) {
        response.content.insert(PROBLEM.to_owned(), content);
    }
}

fn key_schema() -> RefOr<utoipa::openapi::schema::Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(MAX_LENGTH))
        .pattern(Some("^[!-~]+$"))
        .examples([json!("0199f0b4-order-7")])
        .into()
}

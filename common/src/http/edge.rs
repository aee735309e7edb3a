//! What happens to every request on its way in and out, whatever the route: it gets an id, a span and a
//! measurement; other origins are refused; a panic becomes a 500; every failure a problem document; and
//! every answer carries the headers that keep browsers careful.

use std::{any::Any, panic::AssertUnwindSafe};

use actix_web::{
    Error, HttpMessage as _, HttpResponse,
    body::{self as bodies, BodySize, BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};
use futures::FutureExt as _;
use tracing::Instrument as _;

use super::{
    KeyRing, Problem, RequestId, body, fallback::RouteTable, observe::Observed, request_id::X_REQUEST_ID,
    streams::Streams, user,
};
use crate::clock::Clock;

/// What the edge of a service knows.
pub(super) struct Edge {
    pub(super) service: String,
    pub(super) public_origin: String,
    pub(super) keys: KeyRing,
    pub(super) clock: Clock,
    pub(super) streams: Streams,
}

impl Edge {
    /// Whether browsers reach us over TLS.
    pub(super) fn secure(&self) -> bool {
        self.public_origin.starts_with("https://")
    }
}

const CONTENT_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// The middleware.
pub(super) async fn through(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(edge) = request.app_data::<Data<Edge>>().cloned() else {
        return Err(Problem::unexplained().into());
    };
    let id = RequestId::of(&request);
    request.extensions_mut().insert(id.clone());
    let observed = Observed::begin(&edge.service, &request, &id);
    let answer = answer(&edge, request, next).instrument(observed.span().clone()).await;
    match answer {
        Ok(response) => {
            observed.end(response.request().match_pattern(), response.status());
            let (request, response) = response.into_parts();
            Ok(ServiceResponse::new(request, finish(response, &id)))
        }
        Err(mut error) => {
            observed.end(None, error.as_response_error().status_code());
            error.add_response_mapper(move |response| finish(response, &id));
            Err(error)
        }
    }
}

async fn answer(
    edge: &Edge,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    same_origin(edge, &request)?;
    if declared_length(request.headers()) > body::MAX_BODY_BYTES {
        body::discard(request.take_payload()).await;
        return Err(body::too_large().into());
    }
    if let Some(routes) = request.app_data::<Data<RouteTable>>() {
        routes.check(request.method(), request.path())?;
    }
    let wants_head = answer_head_as_get(&mut request);
    user::look_up_key(request.request(), edge).await;
    let answering = AssertUnwindSafe(async move { next.call(request).await });
    match answering.catch_unwind().await {
        Ok(answer) => {
            let answer = answer.map(ServiceResponse::map_into_boxed_body);
            if wants_head { answer.map(without_stream) } else { answer }
        }
        Err(panic) => {
            tracing::error!(panic = message(&*panic), "a handler panicked");
            Err(Problem::unexplained().into())
        }
    }
}

/// What GET has, HEAD has too; the server knows what was asked and leaves the body out. Says whether it was HEAD.
fn answer_head_as_get(request: &mut ServiceRequest) -> bool {
    let wants_head = *request.method() == Method::HEAD;
    if wants_head {
        request.head_mut().method = Method::GET;
    }
    wants_head
}

/// A body that has no end would keep the connection although nobody reads it.
fn without_stream(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    response.map_body(|_, body| match body.size() {
        BodySize::Stream => BoxBody::new(bodies::None::new()),
        BodySize::None | BodySize::Sized(_) => body,
    })
}

/// Browsers say where a request comes from; one that changes something must come from our own pages.
fn same_origin(edge: &Edge, request: &ServiceRequest) -> Result<(), Problem> {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let origin = request.headers().get(header::ORIGIN);
    let foreign = origin.is_some_and(|origin| origin != edge.public_origin.as_str());
    let cross_site = request.headers().get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    if safe || !(foreign || cross_site) {
        return Ok(());
    }
    let detail = format!("Requests that change something are accepted from {} alone.", edge.public_origin);
    Err(Problem::new(actix_web::http::StatusCode::FORBIDDEN, "cross_origin", detail))
}

fn declared_length(headers: &HeaderMap) -> usize {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.and_then(|length| length.parse().ok()).unwrap_or(0)
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// The response as it leaves.
fn finish(response: HttpResponse<BoxBody>, id: &RequestId) -> HttpResponse<BoxBody> {
    let status = response.status();
    let mut response = if status.is_client_error() || status.is_server_error() {
        told_as_problem(response, id)
    } else {
        response
    };
    let headers = response.headers_mut();
    headers.insert(X_REQUEST_ID, id.header());
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::CONTENT_SECURITY_POLICY, CONTENT_POLICY);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    insert_default(headers, header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Every failure has the same shape, also those that the framework or a library answered by itself.
fn told_as_problem(response: HttpResponse<BoxBody>, id: &RequestId) -> HttpResponse<BoxBody> {
    let told = response.extensions().get::<Problem>().cloned();
    let problem = told.unwrap_or_else(|| Problem::of_status(response.status()));
    let body = serde_json::to_vec(&problem.body(Some(id.as_str()))).unwrap_or_default();
    let mut response = response.set_body(BoxBody::new(body));
    let json = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

fn insert_default(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    if !headers.contains_key(&name) {
        headers.insert(name, value);
    }
}

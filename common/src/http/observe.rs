//! One span and one measurement per request.

use std::time::Duration;

use actix_web::{
    dev::ServiceRequest,
    http::{Method, StatusCode},
};
use metrics::{counter, histogram};
use tokio::time::Instant;
use tracing::{Span, field::Empty};

use super::RequestId;
use crate::telemetry;

/// A request that is being answered.
pub(super) struct Observed {
    service: String,
    method: Method,
    span: Span,
    started: Instant,
}

impl Observed {
    pub(super) fn begin(service: &str, request: &ServiceRequest, id: &RequestId) -> Self {
        let span = tracing::info_span!(
            "request",
            http.method = %request.method(),
            http.path = request.path(),
            request.id = id.as_str(),
            trace_id = Empty,
            user.id = Empty,
        );
        let traceparent = request.headers().get("traceparent").and_then(|value| value.to_str().ok());
        match traceparent {
            Some(traceparent) => telemetry::set_parent(&span, traceparent),
            None => telemetry::show_trace(&span),
        }
        let (service, method) = (service.to_owned(), request.method().clone());
        Self { service, method, span, started: Instant::now() }
    }

    pub(super) fn span(&self) -> &Span {
        &self.span
    }

    /// The route is the pattern, not the path: there are few of them.
    pub(super) fn end(self, route: Option<String>, status: StatusCode) {
        let took = self.started.elapsed();
        self.log(status, took);
        let route = route.unwrap_or_else(|| "none".to_owned());
        let method = known(&self.method);
        let labels = [("service", self.service), ("method", method.to_owned()), ("route", route)];
        histogram!("http_request_duration_seconds", &labels).record(took);
        counter!("http_requests_total", &with_status(labels, status)).increment(1);
    }

    fn log(&self, status: StatusCode, took: Duration) {
        let took_ms = took.as_millis();
        let _entered = self.span.enter();
        if status.is_server_error() {
            tracing::warn!(http.status = status.as_u16(), took_ms, "request failed");
        } else {
            tracing::debug!(http.status = status.as_u16(), took_ms, "request answered");
        }
    }
}

fn with_status(labels: [(&'static str, String); 3], status: StatusCode) -> [(&'static str, String); 4] {
    let [service, method, route] = labels;
    [service, method, route, ("status", status.as_str().to_owned())]
}

/// Callers can invent methods; measurements must not grow with them.
fn known(method: &Method) -> &str {
    match *method {
        Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::PATCH | Method::DELETE => {
            method.as_str()
        }
        _ => "other",
    }
}

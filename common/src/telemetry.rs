//! What can be seen of a service from outside: logs, traces and measurements.
//!
//! A trace begins with a request and goes on in the events that it causes: `traceparent` (W3C) comes in with
//! the request, is kept with the outbox entry, travels as a header, and becomes the parent of the listener's
//! span. Every log line shows the id of its trace.

use std::{collections::HashMap, env, sync::OnceLock};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use opentelemetry::{
    propagation::TextMapPropagator as _,
    trace::{TraceContextExt as _, TracerProvider as _},
};
use opentelemetry_sdk::{propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tracing::{Level, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{
    EnvFilter, Layer, Registry, filter::filter_fn, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::config::LogFormat;

/// What is logged unless `RUST_LOG` says more: libraries speak up only when something is wrong, and what
/// callers do wrong to HTTP is not our error.
const DEFAULT_FILTER: &str = "info,async_nats=warn,actix_server=warn,mongodb=warn,actix_http=off";
/// From a millisecond to ten seconds: the objectives are somewhere in the middle.
const BUCKETS: [f64; 13] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];

static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts logs, traces and measurements of this process. Only the first call counts, so that tests can start
/// several services in one process.
pub fn init(format: LogFormat) {
    install_metrics();
    // Later directives of one target replace earlier ones.
    let asked = env::var(EnvFilter::DEFAULT_ENV).unwrap_or_default();
    let filter = EnvFilter::new(format!("{DEFAULT_FILTER},{asked}"));
    let lines = match format {
        LogFormat::Json => tracing_subscriber::fmt::layer().json().with_span_list(false).boxed(),
        LogFormat::Pretty => tracing_subscriber::fmt::layer().with_target(false).boxed(),
    };
    // Whatever is logged, the trace goes on.
    let from_info = filter_fn(|metadata| metadata.is_span() && *metadata.level() <= Level::INFO);
    let tracer = SdkTracerProvider::builder().build().tracer("stagedoor");
    let spans = tracing_opentelemetry::layer().with_tracer(tracer).with_location(false).with_threads(false);
    let subscriber = Registry::default().with(lines.with_filter(filter)).with(spans.with_filter(from_info));
    // An error means that somebody was first.
    let _ = subscriber.try_init();
}

/// The current trace as `traceparent`, if there is one.
pub fn current_traceparent() -> Option<String> {
    let mut headers = HashMap::new();
    TraceContextPropagator::new().inject_context(&Span::current().context(), &mut headers);
    headers.remove("traceparent")
}

/// Continues the trace of this `traceparent` in the span, and shows its id in the span's field `trace_id`.
/// What is no `traceparent` begins a trace of its own.
pub fn set_parent(span: &Span, traceparent: &str) {
    let headers = HashMap::from([("traceparent".to_owned(), traceparent.to_owned())]);
    let parent = TraceContextPropagator::new().extract(&headers);
    if parent.span().span_context().is_valid() {
        // Without a subscriber there is no trace to go on.
        let _ = span.set_parent(parent);
    }
    show_trace(span);
}

/// Shows the id of the span's trace in its field `trace_id`.
pub fn show_trace(span: &Span) {
    let context = span.context();
    let trace = context.span().span_context().trace_id();
    if context.has_active_span() {
        span.record("trace_id", tracing::field::display(trace));
    }
}

/// Starts measurements; only the first call counts.
pub(crate) fn install_metrics() -> &'static PrometheusHandle {
    METRICS.get_or_init(|| {
        let seconds = Matcher::Suffix("_seconds".to_owned());
        let builder = PrometheusBuilder::new().set_buckets_for_metric(seconds, &BUCKETS);
        let recorder = builder.unwrap_or_else(|_| PrometheusBuilder::new()).build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another recorder has the measurements");
        }
        handle
    })
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}

/// All measurements in the text format of Prometheus.
pub fn render_metrics() -> String {
    install_metrics().render()
}

/// Puts what was measured in order; without it, durations that nobody reads would pile up.
pub(crate) fn tend_metrics() {
    install_metrics().run_upkeep();
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_trace_goes_on_in_what_it_causes() {
        init(LogFormat::Pretty);
        init(LogFormat::Json);
        let span = tracing::info_span!("caused", trace_id = tracing::field::Empty);
        set_parent(&span, PARENT);
        let here = span.in_scope(current_traceparent).unwrap();
        assert!(here.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"), "{here}");
        assert_ne!(here, PARENT, "the span is a link of its own");
        let within = span.in_scope(|| tracing::info_span!("within").in_scope(current_traceparent)).unwrap();
        assert!(within.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"), "{within}");
    }

    #[test]
    fn what_is_no_traceparent_begins_a_trace() {
        init(LogFormat::Pretty);
        let span = tracing::info_span!("begun");
        set_parent(&span, "nonsense");
        assert!(span.in_scope(current_traceparent).is_some());
    }

    #[test]
    fn measurements_are_rendered_in_buckets() {
        init(LogFormat::Pretty);
        metrics::histogram!("telemetry_test_seconds").record(0.003);
        metrics::counter!("telemetry_test_total", "kind" => "a").increment(2);
        let text = render_metrics();
        assert!(text.contains("telemetry_test_total{kind=\"a\"} 2"), "{text}");
        assert!(text.contains("telemetry_test_seconds_bucket{le=\"0.005\"} 1"), "{text}");
    }
}

//! The routes on the second port, which no ingress reaches.

use actix_web::{
    HttpResponse,
    web::{self, Data},
};
use serde_json::json;

use super::{Problem, Readiness};
use crate::telemetry;

pub(super) fn configure(config: &mut web::ServiceConfig, readiness: Readiness) {
    config
        .app_data(Data::new(readiness))
        .route("/livez", web::get().to(livez))
        .route("/readyz", web::get().to(readyz))
        .route("/metrics", web::get().to(render_metrics))
        .default_service(web::to(nothing));
}

/// The process answers.
async fn livez() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "alive": true }))
}

/// The service can serve, or what it waits for.
async fn readyz(readiness: Data<Readiness>) -> HttpResponse {
    match readiness.waiting_for() {
        None => HttpResponse::Ok().json(json!({ "ready": true, "waitingFor": [] })),
        Some(waiting) => {
            HttpResponse::ServiceUnavailable().json(json!({ "ready": false, "waitingFor": waiting }))
        }
    }
}

async fn render_metrics() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(telemetry::render_metrics())
}

async fn nothing() -> Result<HttpResponse, Problem> {
    Err(Problem::not_found("route on the internal port"))
}

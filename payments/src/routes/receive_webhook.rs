//! `POST /api/payments/webhooks/sandbox`: the gateway says that something happened.
//!
//! A webhook is believed to come from the gateway if it is signed, and even then it is only a hint: what
//! happened is looked up. So one that comes early, late, twice or never does no harm.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    post,
    web::{Bytes, Data},
};
use common::{
    http::{Problem, ProblemBody},
    ids::PaymentId,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{app::Context, gateway::signature, reconciler::Hint};

/// What is read of a webhook.
#[derive(Debug, Deserialize, ToSchema)]
struct Webhook {
    /// Our reference: the payment that something happened to.
    #[schema(format = "uuid")]
    reference: String,
}

/// Receive a webhook of the sandbox gateway
#[utoipa::path(
    post, path = "/api/payments/webhooks/sandbox", tag = "payments", request_body = Webhook,
    params(("Sandbox-Signature" = String, Header, description = "`t=<seconds>,v1=<HMAC-SHA256 in hex>`")),
    responses(
        (status = 204, description = "Understood; what happened will be looked up."),
        (status = 400, body = ProblemBody, description = "`invalid_signature`"),
    ),
    security(())
)]
#[post("/api/payments/webhooks/sandbox")]
pub async fn receive_webhook(
    context: Data<Context>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let header = request.headers().get(signature::HEADER).and_then(|value| value.to_str().ok());
    let now = context.clock.now();
    signature::verify(&context.webhook_secret, now, header.unwrap_or_default(), &body).map_err(refused)?;
    // References that are none of ours are signed nonsense; there is nothing to look up.
    let webhook = serde_json::from_slice::<Webhook>(&body).ok();
    if let Some(payment) = webhook.and_then(|webhook| webhook.reference.parse::<PaymentId>().ok()) {
        context.hints.give(Hint::Look(payment));
    }
    Ok(HttpResponse::NoContent().finish())
}

fn refused(error: signature::SignatureError) -> Problem {
    metrics::counter!("payments_webhooks_refused_total").increment(1);
    Problem::new(StatusCode::BAD_REQUEST, "invalid_signature", format!("Not believed: {error}."))
}

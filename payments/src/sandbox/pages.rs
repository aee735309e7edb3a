//! The pages of the gateway that a buyer sees: the card form in a frame of the shop, so that a card number
//! is never in the shop's own page, and the bank's question (3-D Secure).

use actix_web::{
    HttpResponse, get, post,
    web::{self, Data, Json, Path},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    engine::Engine,
    routes::{Reply, check_reference},
};

const CARD_FORM: &str = include_str!("pages/card-form.html");
const CARD_FORM_SCRIPT: &str = include_str!("pages/card-form.js");
const CHALLENGE: &str = include_str!("pages/challenge.html");
const CHALLENGE_SCRIPT: &str = include_str!("pages/challenge.js");
const COMMON_SCRIPT: &str = include_str!("pages/pages.js");
const STYLE: &str = include_str!("pages/pages.css");

/// Nothing but our own files, and framed by nobody but the shop on the same host.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// The route table of the pages.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.service(card_form)
        .service(challenge)
        .service(decide_challenge)
        .service(card_form_script)
        .service(challenge_script)
        .service(common_script)
        .service(style);
}

#[get("/v1/card-form")]
async fn card_form() -> HttpResponse {
    page(CARD_FORM)
}

#[get("/v1/challenges/{reference}")]
async fn challenge(reference: Path<String>) -> Reply {
    check_reference(&reference)?;
    Ok(page(CHALLENGE))
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AuthenticationOutcome {
    Succeeded,
    Failed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Authenticate {
    pub(super) outcome: AuthenticationOutcome,
}

impl Authenticate {
    pub(super) fn succeeded(&self) -> bool {
        matches!(self.outcome, AuthenticationOutcome::Succeeded)
    }
}

/// What the buyer says to the bank. Says no more than where it led: the page is the buyer's.
#[post("/v1/challenges/{reference}")]
async fn decide_challenge(engine: Data<Engine>, reference: Path<String>, body: Json<Authenticate>) -> Reply {
    check_reference(&reference)?;
    let done = engine.authenticate(&reference, body.succeeded()).await?;
    Ok(HttpResponse::Ok()
        .insert_header(("cache-control", "no-store"))
        .json(json!({ "status": done.authorization.status })))
}

#[get("/v1/card-form.js")]
async fn card_form_script() -> HttpResponse {
    file("text/javascript; charset=utf-8", CARD_FORM_SCRIPT)
}

#[get("/v1/challenge.js")]
async fn challenge_script() -> HttpResponse {
    file("text/javascript; charset=utf-8", CHALLENGE_SCRIPT)
}

#[get("/v1/pages.js")]
async fn common_script() -> HttpResponse {
    file("text/javascript; charset=utf-8", COMMON_SCRIPT)
}

#[get("/v1/pages.css")]
async fn style() -> HttpResponse {
    file("text/css; charset=utf-8", STYLE)
}

fn page(html: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("content-security-policy", POLICY))
        .insert_header(("referrer-policy", "no-referrer"))
        .insert_header(("x-content-type-options", "nosniff"))
        .insert_header(("cache-control", "no-store"))
        .content_type("text/html; charset=utf-8")
        .body(html)
}

fn file(kind: &'static str, text: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("x-content-type-options", "nosniff"))
        .insert_header(("cache-control", "no-cache"))
        .content_type(kind)
        .body(text)
}

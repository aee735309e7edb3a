//! The HTTP API of the sandbox gateway.
//!
//! Refusals are `{"code", "detail"}`; a declined authorisation is 402 and an impossible step is 409, both
//! with the authorisation in the body. Nothing of a request is ever repeated in an error: it may hold a
//! card number.

use actix_web::{
    HttpResponse, ResponseError, delete, get,
    http::StatusCode,
    post,
    web::{self, Data, Json, Path, Query},
};
use common::clock::Clock;
use serde::Deserialize;
use serde_json::json;

use super::{
    book::{Request, Status},
    cards::CardNumber,
    engine::{Done, Engine, LEDGER_PAGE, Refusal},
    entries::Amount,
    faults,
    pages::{self, Authenticate},
};

/// No request is larger.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// The route table.
pub fn configure(cfg: &mut web::ServiceConfig) {
    cfg.app_data(web::JsonConfig::default().limit(MAX_BODY_BYTES).error_handler(|_, _| {
        invalid("malformed_body", "the body is not the JSON object that this route takes").into()
    }))
    .app_data(web::QueryConfig::default().error_handler(|_, _| {
        invalid("malformed_query", "the query string is not one that this route takes").into()
    }))
    .service(create_token)
    .service(authorize)
    .service(lookup)
    .service(authenticate)
    .service(capture)
    .service(void)
    .service(refund)
    .service(read_ledger)
    .service(order_fault)
    .service(clear_faults)
    .configure(pages::configure)
    .route("/livez", web::get().to(HttpResponse::Ok))
    .route("/readyz", web::get().to(HttpResponse::Ok));
}

/// A card as it is typed in. It has no `Debug`, so that it cannot be logged.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Card {
    number: String,
    exp_month: u32,
    exp_year: i32,
    cvc: String,
}

#[post("/v1/tokens")]
async fn create_token(engine: Data<Engine>, clock: Data<Clock>, card: Json<Card>) -> Reply {
    let Some(number) = CardNumber::parse(&card.number) else {
        return Err(invalid("invalid_number", "the card number is not a valid one"));
    };
    if !(1..=12).contains(&card.exp_month) || !(2000..=2100).contains(&card.exp_year) {
        return Err(invalid("invalid_expiry", "expMonth is 1 to 12, expYear has four digits"));
    }
    if !(3..=4).contains(&card.cvc.len()) || !card.cvc.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid("invalid_cvc", "the security code has three or four digits"));
    }
    let this_month = clock.now().to_string();
    let expired = format!("{:04}-{:02}", card.exp_year, card.exp_month).as_str() < &this_month[..7];
    let token = engine.tokenize(&number, expired).await?;
    Ok(HttpResponse::Created().insert_header(("cache-control", "no-store")).json(token))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Authorize {
    reference: String,
    token: String,
    amount_cents: i64,
    currency: String,
}

#[post("/v1/authorizations")]
async fn authorize(engine: Data<Engine>, body: Json<Authorize>) -> Reply {
    let Authorize { reference, token, amount_cents, currency } = body.into_inner();
    check_reference(&reference)?;
    if amount_cents <= 0 {
        return Err(invalid("invalid_amount", "amountCents is a positive number of minor units"));
    }
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(invalid("invalid_currency", "currency has three capital letters"));
    }
    if token.is_empty() || token.len() > 128 {
        return Err(invalid("invalid_token", "token has 1 to 128 characters"));
    }
    let request = Request { reference, token, amount: Amount { amount_cents, currency } };
    Ok(answer(&engine.authorize(request).await?))
}

#[get("/v1/authorizations/{reference}")]
async fn lookup(engine: Data<Engine>, reference: Path<String>) -> Reply {
    let done = engine.lookup(&reference).await?;
    Ok(HttpResponse::Ok().json(done.authorization))
}

#[post("/v1/authorizations/{reference}/authenticate")]
async fn authenticate(engine: Data<Engine>, reference: Path<String>, body: Json<Authenticate>) -> Reply {
    Ok(answer(&engine.authenticate(&reference, body.succeeded()).await?))
}

#[post("/v1/authorizations/{reference}/capture")]
async fn capture(engine: Data<Engine>, reference: Path<String>) -> Reply {
    Ok(answer(&engine.capture(&reference).await?))
}

#[post("/v1/authorizations/{reference}/void")]
async fn void(engine: Data<Engine>, reference: Path<String>) -> Reply {
    check_reference(&reference)?;
    Ok(answer(&engine.void(&reference).await?))
}

#[post("/v1/authorizations/{reference}/refund")]
async fn refund(engine: Data<Engine>, reference: Path<String>) -> Reply {
    Ok(answer(&engine.refund(&reference).await?))
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
}

#[get("/v1/ledger")]
async fn read_ledger(engine: Data<Engine>, query: Query<After>) -> Reply {
    let entries = engine.entries_after(query.after);
    let next = entries.last().filter(|_| entries.len() == LEDGER_PAGE).map(|entry| entry.seq);
    Ok(HttpResponse::Ok().json(json!({ "entries": entries, "nextAfter": next })))
}

#[post("/v1/faults")]
async fn order_fault(engine: Data<Engine>, order: Json<faults::Order>) -> Reply {
    if engine.faults.add(order.into_inner()) {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(invalid("too_many_faults", "clear the faults first"))
    }
}

#[delete("/v1/faults")]
async fn clear_faults(engine: Data<Engine>) -> Reply {
    engine.faults.clear();
    Ok(HttpResponse::NoContent().finish())
}

pub(super) type Reply = Result<HttpResponse, Problem>;

fn answer(done: &Done) -> HttpResponse {
    let status = match (done.authorization.status, done.first) {
        (Status::Declined | Status::CaptureFailed, _) => StatusCode::PAYMENT_REQUIRED,
        (Status::Authorized | Status::RequiresAction, true) => StatusCode::CREATED,
        _ => StatusCode::OK,
    };
    HttpResponse::build(status).json(&done.authorization)
}

pub(super) fn check_reference(reference: &str) -> Result<(), Problem> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if (1..=64).contains(&reference.len()) && reference.bytes().all(allowed) {
        return Ok(());
    }
    Err(invalid("invalid_reference", "a reference has 1 to 64 letters, digits, '-' and '_'"))
}

/// A refusal on its way out.
#[derive(Debug, thiserror::Error)]
#[error("{code}: {detail}")]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    authorization: Option<Box<super::book::Authorization>>,
}

fn invalid(code: &'static str, detail: &str) -> Problem {
    Problem { status: StatusCode::UNPROCESSABLE_ENTITY, code, detail: detail.to_owned(), authorization: None }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        let (status, code, authorization) = match refusal {
            Refusal::Unseen => (StatusCode::NOT_FOUND, "not_found", None),
            Refusal::InvalidState(known) => (StatusCode::CONFLICT, "invalid_state", Some(known)),
            Refusal::Reused => (StatusCode::CONFLICT, "reference_reused", None),
            Refusal::Hung => (StatusCode::GATEWAY_TIMEOUT, "timeout", None),
            Refusal::Broken => (StatusCode::INTERNAL_SERVER_ERROR, "internal", None),
            Refusal::Ledger(_) => (StatusCode::SERVICE_UNAVAILABLE, "ledger_closed", None),
        };
        Self { status, code, detail, authorization }
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status).json(json!({
            "code": self.code,
            "detail": self.detail,
            "authorization": self.authorization,
        }))
    }
}

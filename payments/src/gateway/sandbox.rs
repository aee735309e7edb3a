//! The client of the sandbox gateway. It shares no code with the gateway itself but the signature of the
//! webhooks: what it believes about the API is its own.

use std::time::Duration;

use common::{
    events::payment::{CardSummary, DeclineReason},
    ids::PaymentId,
    money::Currency,
};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::{Answering, Authorization, GatewayError, PaymentGateway};
use crate::domain::GatewayState;

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// The sandbox gateway over HTTP.
#[derive(Debug, Clone)]
pub struct SandboxGateway {
    client: reqwest::Client,
    url: String,
    public_url: String,
}

impl SandboxGateway {
    /// The gateway at this address, which may take `timeout` to answer, and is at `public_url` for browsers.
    pub fn new(url: &str, public_url: &str, timeout: Duration) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .timeout(timeout)
            .connect_timeout(CONNECT_TIMEOUT.min(timeout))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let [url, public_url] = [url, public_url].map(|url| url.trim_end_matches('/').to_owned());
        Ok(Self { client, url, public_url })
    }

    fn post_step(&self, reference: PaymentId, step: &str) -> RequestBuilder {
        self.client.post(format!("{}/v1/authorizations/{reference}/{step}", self.url))
    }
}

impl PaymentGateway for SandboxGateway {
    fn authorize(&self, authorization: Authorization) -> Answering<'_> {
        let request = self.client.post(format!("{}/v1/authorizations", self.url)).json(&AuthorizeBody {
            reference: authorization.reference,
            token: authorization.payment_method.expose(),
            amount_cents: authorization.amount.amount_cents,
            currency: authorization.amount.currency,
        });
        Box::pin(ask(request))
    }

    fn capture(&self, reference: PaymentId) -> Answering<'_> {
        Box::pin(ask(self.post_step(reference, "capture")))
    }

    fn void(&self, reference: PaymentId) -> Answering<'_> {
        Box::pin(ask(self.post_step(reference, "void")))
    }

    fn refund(&self, reference: PaymentId) -> Answering<'_> {
        Box::pin(ask(self.post_step(reference, "refund")))
    }

    fn lookup(&self, reference: PaymentId) -> Answering<'_> {
        Box::pin(ask(self.client.get(format!("{}/v1/authorizations/{reference}", self.url))))
    }

    fn challenge_url(&self, reference: PaymentId) -> String {
        format!("{}/v1/challenges/{reference}", self.public_url)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuthorizeBody<'a> {
    reference: PaymentId,
    token: &'a str,
    amount_cents: i64,
    currency: Currency,
}

/// What the gateway tells about an authorisation.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    status: Status,
    brand: Option<String>,
    last4: Option<String>,
    decline_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    RequiresAction,
    Authorized,
    Declined,
    Captured,
    CaptureFailed,
    Voided,
    Refunded,
}

/// What the gateway tells when it refuses a request.
#[derive(Debug, Deserialize)]
struct Refusal {
    code: String,
    authorization: Option<Told>,
}

async fn ask(request: RequestBuilder) -> Result<GatewayState, GatewayError> {
    let response = request.send().await.map_err(unknown)?;
    match response.status() {
        StatusCode::OK | StatusCode::CREATED | StatusCode::PAYMENT_REQUIRED => {
            Ok(response.json::<Told>().await.map_err(unknown)?.into())
        }
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            Err(unknown(format!("the gateway answered {}", response.status())))
        }
        status if status.is_client_error() => refused(response).await,
        status => Err(unknown(format!("the gateway answered {status}"))),
    }
}

/// A step that is not possible from where the authorisation stands still tells where it stands.
async fn refused(response: Response) -> Result<GatewayState, GatewayError> {
    let status = response.status();
    let refusal = response.json::<Refusal>().await.map_err(unknown)?;
    match (status, refusal.code.as_str(), refusal.authorization) {
        (StatusCode::NOT_FOUND, "not_found", _) => Ok(GatewayState::NeverSeen),
        (StatusCode::CONFLICT, _, Some(told)) => Ok(told.into()),
        _ => Err(GatewayError::Rejected(format!("{status} {}", refusal.code))),
    }
}

fn unknown(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> GatewayError {
    GatewayError::Unknown(cause.into())
}

impl From<Told> for GatewayState {
    fn from(told: Told) -> Self {
        let card = told.brand.zip(told.last4).map(|(brand, last4)| CardSummary { brand, last4 });
        let unnamed = || CardSummary { brand: "unknown".to_owned(), last4: String::new() };
        match told.status {
            Status::RequiresAction => Self::RequiresAction,
            Status::Authorized => Self::Authorized(card.unwrap_or_else(unnamed)),
            Status::Declined => Self::Declined(reason(told.decline_reason.as_deref()), card),
            Status::Captured => Self::Captured(card.unwrap_or_else(unnamed)),
            Status::CaptureFailed => Self::Declined(DeclineReason::CardDeclined, card),
            Status::Voided => Self::Voided,
            Status::Refunded => Self::Refunded,
        }
    }
}

/// A reason that we do not know is none that we can explain to the buyer.
fn reason(code: Option<&str>) -> DeclineReason {
    match code {
        Some("insufficient_funds") => DeclineReason::InsufficientFunds,
        Some("expired_card") => DeclineReason::ExpiredCard,
        Some("incorrect_cvc") => DeclineReason::IncorrectCvc,
        Some("authentication_failed") => DeclineReason::AuthenticationFailed,
        Some("unknown_payment_method") => DeclineReason::UnknownPaymentMethod,
        _ => DeclineReason::CardDeclined,
    }
}

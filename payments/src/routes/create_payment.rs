//! `POST /api/payments`: pay an order.

use std::time::Duration;

use actix_web::{HttpResponse, http::header, post, web::Data};
use common::{
    bus::{CommitError, Tx},
    events::{
        order::{OrderSnapshot, OrderStatus},
        payment::{DeclineReason, PaymentStatus},
    },
    http::{Body, CurrentUser, IdempotencyKey, Problem, ProblemBody, fingerprint},
    ids::{OrderId, PaymentId},
};
use garde::Validate;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use utoipa::ToSchema;

use super::PaymentView;
use crate::{
    app::Context,
    domain::{GatewayState, NewPayment, Payment, PaymentMethod},
    reconciler::Hint,
    settle::{self, SettleError},
};

/// How long the news of an order may take to get here, from the moment that its buyer knows of it.
const ORDER_WAITS_MILLIS: [u64; 8] = [0, 10, 20, 40, 80, 160, 640, 1_050];
/// If whoever stored a payment does not come back, somebody else asks the gateway so long after the
/// gateway's own time is over.
const LEASE_MARGIN: Duration = Duration::from_secs(1);

/// How an order is to be paid.
#[derive(Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PayOrder {
    /// The order.
    #[garde(skip)]
    order_id: OrderId,
    /// The gateway's token for the card. Never a card number: such a request is refused.
    #[garde(skip)]
    #[schema(value_type = String, max_length = 128, example = "tok_gqzvhwnsyjktabcpoemdlfxiru")]
    payment_method: PaymentMethod,
}

/// Pay an order
///
/// Reserves the price on the card; it is charged when the order is confirmed by this payment, and released
/// otherwise. `authorizing` means that the gateway did not answer in time: look at the payment again. After
/// a decline the order can be paid with another card.
#[utoipa::path(
    post, path = "/api/payments", tag = "payments", request_body = PayOrder,
    params(("Idempotency-Key" = String, Header, description = "A new key for each payment that you want made.")),
    responses(
        (status = 201, body = PaymentView, description = "The payment; `declined` says why."),
        (status = 404, body = ProblemBody, description = "No such order, or not yours."),
        (status = 409, body = ProblemBody, description = "`order_closed` or `payment_in_progress`."),
        (status = 422, body = ProblemBody, description = "Not acceptable, or the key was used before."),
    ),
    security(("bearer" = []))
)]
#[post("/api/payments")]
pub async fn create_payment(
    context: Data<Context>,
    user: CurrentUser,
    key: IdempotencyKey,
    Body(body): Body<PayOrder>,
) -> Result<HttpResponse, Problem> {
    let sent = fingerprint(&body);
    if let Some(known) = context.payments.with_key(user.id, key.as_str()).await? {
        return replay(&context, known, &sent);
    }
    let order = order_of(&context, &user, body.order_id).await?;
    let now = context.clock.now();
    if order.status != OrderStatus::AwaitingPayment || order.expires_at <= now {
        return Err(order_closed());
    }
    let new = NewPayment {
        id: PaymentId::generate(),
        order,
        payment_method: body.payment_method,
        idempotency_key: key.as_str().to_owned(),
        fingerprint: sent.clone(),
        next_attempt_at: now.plus(context.gateway_timeout + LEASE_MARGIN),
    };
    let payment = Payment::new(new, now);
    match store(&context, payment.clone()).await {
        Ok(()) => {}
        Err(CommitError::Duplicate { .. }) => {
            let known = context.payments.with_key(user.id, key.as_str()).await?;
            return known.map_or_else(|| Err(payment_in_progress()), |known| replay(&context, known, &sent));
        }
        Err(error) => return Err(error.into()),
    }
    let payment = authorize(&context, payment).await?;
    answer(&context, payment)
}

/// The order, if the caller is its buyer. An order placed a moment ago may still be on its way here.
async fn order_of(context: &Context, user: &CurrentUser, id: OrderId) -> Result<OrderSnapshot, Problem> {
    for wait_millis in ORDER_WAITS_MILLIS {
        sleep(Duration::from_millis(wait_millis)).await;
        if let Some(view) = context.orders.get(id).await? {
            let order = view.state.order;
            return if order.buyer_id == user.id { Ok(order) } else { Err(Problem::not_found("order")) };
        }
    }
    Err(Problem::not_found("order"))
}

/// The payment is stored before the gateway hears of it, so that no reserved money is ever forgotten.
async fn store(context: &Context, payment: Payment) -> Result<(), CommitError> {
    let payments = context.payments.clone();
    let work = async move |tx: &mut Tx| {
        payments.insert(tx, payment.clone());
        Ok::<_, CommitError>(())
    };
    context.bus.transact(work).await
}

/// Asks the gateway, which cannot have seen the reference yet. In a task of its own: it goes on even if
/// the caller hangs up.
async fn authorize(context: &Context, payment: Payment) -> Result<Payment, Problem> {
    let (context, stored) = (context.clone(), payment.clone());
    let asking = tokio::spawn(async move {
        let asked = settle::ask_once(&context, payment, Some(GatewayState::NeverSeen)).await?;
        // The order ended meanwhile, and the money is to be released: not by the buyer's request.
        if let Some(payment) = asked.as_ref().filter(|payment| payment.status == PaymentStatus::Voiding) {
            context.hints.give(Hint::Look(payment.id));
        }
        Ok::<_, SettleError>(asked)
    });
    let asked = asking.await.map_err(|panic| Problem::internal(&panic))??;
    Ok(asked.unwrap_or(stored))
}

fn replay(context: &Context, known: Payment, sent: &str) -> Result<HttpResponse, Problem> {
    if known.fingerprint == sent { answer(context, known) } else { Err(Problem::idempotency_key_reused()) }
}

fn answer(context: &Context, payment: Payment) -> Result<HttpResponse, Problem> {
    // The order ended between the first look at it and the last.
    if payment.decline_reason == Some(DeclineReason::OrderClosed) {
        return Err(order_closed());
    }
    let location = format!("/api/payments/{}", payment.id);
    let view = PaymentView::of(payment, &*context.gateway);
    Ok(HttpResponse::Created().insert_header((header::LOCATION, location)).json(view))
}

fn order_closed() -> Problem {
    Problem::conflict("order_closed", "The order does not await payment any more.")
}

fn payment_in_progress() -> Problem {
    Problem::conflict("payment_in_progress", "Another payment of this order is in progress.")
}

#[cfg(test)]
mod tests {
    use common::testing::anything::check_body;
    use serde_json::json;

    use super::*;

    #[test]
    fn any_body_gives_a_way_to_pay_or_names_a_field() {
        let good =
            json!({ "orderId": OrderId::generate(), "paymentMethod": "tok_gqzvhwnsyjktabcpoemdlfxiru" });
        check_body(&good, Ok::<PayOrder, Problem>);
    }
}

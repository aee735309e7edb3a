//! `GET /api/payments/{id}`: how a payment stands.

use actix_web::{
    get,
    web::{Data, Json},
};
use common::{
    http::{CurrentUser, Path, Problem, ProblemBody},
    ids::PaymentId,
};

use super::PaymentView;
use crate::app::Context;

/// How a payment stands
#[utoipa::path(
    get, path = "/api/payments/{id}", tag = "payments",
    params(("id" = PaymentId, Path, description = "The payment.")),
    responses(
        (status = 200, body = PaymentView),
        (status = 404, body = ProblemBody, description = "No such payment, or not yours."),
    ),
    security(("bearer" = []))
)]
#[get("/api/payments/{id}")]
pub async fn get_payment(
    context: Data<Context>,
    user: CurrentUser,
    Path(id): Path<PaymentId>,
) -> Result<Json<PaymentView>, Problem> {
    let payment = context.payments.get(id).await?.map(|loaded| loaded.state);
    let payment = payment.filter(|payment| payment.buyer_id == user.id || user.is_admin());
    let payment = payment.ok_or_else(|| Problem::not_found("payment"))?;
    Ok(Json(PaymentView::of(payment, &*context.gateway)))
}

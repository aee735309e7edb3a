//! `GET /api/payments`: one's own payments.

use actix_web::{
    get,
    web::{Data, Json},
};
use common::{
    http::{CurrentUser, Page, PageQuery, Problem, ProblemBody, Query},
    ids::OrderId,
};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use super::PaymentView;
use crate::app::Context;

/// Which payments.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
struct ListPayments {
    /// Only those of this order. An admin sees everybody's then.
    #[garde(skip)]
    order_id: Option<OrderId>,
}

/// List my payments, newest first
#[utoipa::path(
    get, path = "/api/payments", tag = "payments", params(ListPayments, PageQuery),
    responses(
        (status = 200, body = Page<PaymentView>),
        (status = 422, body = ProblemBody, description = "A parameter is not acceptable."),
    ),
    security(("bearer" = []))
)]
#[get("/api/payments")]
pub async fn list_payments(
    context: Data<Context>,
    user: CurrentUser,
    Query(query): Query<ListPayments>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<PaymentView>>, Problem> {
    let everybody = user.is_admin() && query.order_id.is_some();
    let buyer = (!everybody).then_some(user.id);
    let (before, fetch) = (page.after()?, page.fetch());
    let found = context.payments.list(buyer, query.order_id, before, fetch).await?;
    let view = |payment| PaymentView::of(payment, &*context.gateway);
    Ok(Json(Page::of(found, &page, |payment| payment.id).map(view)))
}

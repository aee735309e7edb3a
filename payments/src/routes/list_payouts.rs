//! `GET /api/payouts`: what one is owed as a seller.

use actix_web::{
    get,
    web::{Data, Json},
};
use common::http::{CurrentUser, Page, PageQuery, Problem, ProblemBody, Query};

use super::PayoutView;
use crate::{app::Context, store::Place};

/// List my payouts, newest first
#[utoipa::path(
    get, path = "/api/payouts", tag = "payouts", params(PageQuery),
    responses(
        (status = 200, body = Page<PayoutView>),
        (status = 422, body = ProblemBody, description = "A parameter is not acceptable."),
    ),
    security(("bearer" = []))
)]
#[get("/api/payouts")]
pub async fn list_payouts(
    context: Data<Context>,
    user: CurrentUser,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<PayoutView>>, Problem> {
    let found = context.payouts.list(user.id, query.after()?, query.fetch()).await?;
    let page = Page::of(found, &query, |payout| Place(payout.created_at, payout.id));
    Ok(Json(page.map(PayoutView::from)))
}

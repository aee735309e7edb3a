//! The orders of whoever asks.

use actix_web::{HttpResponse, get, web::Data};
use common::{
    events::order::OrderSnapshot,
    http::{CurrentUser, Page, PageQuery, Problem, ProblemBody, Query},
};

use crate::{app::Context, domain::order::Order};

/// List one's own orders
///
/// Newest first.
#[utoipa::path(
    get,
    path = "/api/orders",
    tag = "orders",
    params(PageQuery),
    responses(
        (status = 200, body = Page<OrderSnapshot>, description = "One page of orders"),
        (status = 422, body = ProblemBody, description = "`invalid`: a parameter is not acceptable"),
    ),
    security(("bearer" = [])),
)]
#[get("/api/orders")]
pub async fn list_orders(
    context: Data<Context>,
    user: CurrentUser,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let found = context.orders.of_buyer(user.id, query.0.after()?, query.0.fetch()).await?;
    let page = Page::of(found, &query.0, |order| order.id);
    Ok(HttpResponse::Ok().json(page.map(|order: Order| order.snapshot())))
}

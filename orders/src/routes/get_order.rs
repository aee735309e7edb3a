//! One order.

use actix_web::{HttpResponse, get, web::Data};
use common::{
    http::{CurrentUser, Path, Problem, ProblemBody},
    ids::OrderId,
};

use super::{views::OrderView, visible_order};
use crate::app::Context;

/// Get an order
///
/// Its buyer and admins may; for everybody else it does not exist. A countdown to `expiresAt` goes by the `Date`
/// of this answer, never by the clock of the device.
#[utoipa::path(
    get,
    path = "/api/orders/{id}",
    tag = "orders",
    responses(
        (status = 200, body = OrderView, description = "The order and its story"),
        (status = 404, body = ProblemBody, description = "`not_found`"),
    ),
    security(("bearer" = [])),
)]
#[get("/api/orders/{id}")]
pub async fn get_order(
    context: Data<Context>,
    user: CurrentUser,
    id: Path<OrderId>,
) -> Result<HttpResponse, Problem> {
    let order = visible_order(&context, &user, id.0).await?;
    Ok(HttpResponse::Ok().json(OrderView::of(&order.state)))
}

//! One's own orders, as they change.

use actix_web::{HttpResponse, get, web::Data};
use common::{
    http::{OwnAudience, Problem, ProblemBody},
    live::Feed,
};

use super::views::OrderView;
use crate::live::OrdersLive;

/// Follow one's own orders
///
/// An event stream. `reset` with `complete`: forget what you know, one `order` for each of the newest 100 follows,
/// all of them if `complete`. `ready` with `serverTime`: you know everything. Then one `order` for each change, as
/// `GET /api/orders/{id}` shows it. With `Last-Event-ID` what was missed is told, or everything after `reset`.
/// The stream ends when the access token expires or its session is over.
#[utoipa::path(
    get,
    path = "/api/orders/mine/events",
    tag = "orders",
    responses(
        (status = 200, body = OrderView, content_type = "text/event-stream", description = "The data of each `order`"),
        (status = 429, body = ProblemBody, description = "`too_many_streams`, `too_many_requests`; see `Retry-After`"),
    ),
    security(("bearer" = [])),
)]
#[get("/api/orders/mine/events")]
pub async fn follow_orders(feed: Data<Feed<OrdersLive>>, own: OwnAudience) -> Result<HttpResponse, Problem> {
    feed.answer(own.audience, &own.user.id).await
}

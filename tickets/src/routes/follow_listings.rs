//! What is on sale in a show, as it changes.

use actix_web::{HttpResponse, get, web};
use common::{
    http::{Audience, Path, Problem, ProblemBody},
    ids::ShowId,
};

use super::{Context, views::ListingView};

/// Follow what is on sale in a show
///
/// An event stream. `reset` with `complete`: forget what you know, one `listing` for each of the cheapest 500 on
/// sale follows, all of them if `complete`. `ready` with `serverTime`: you know everything. Then one `listing` for
/// each change, as `GET /api/listings/{id}` shows it, also when it is withdrawn. With `Last-Event-ID` what was
/// missed is told, or everything after `reset`.
#[utoipa::path(
    get,
    path = "/api/shows/{id}/events",
    tag = "shows",
    responses(
        (
            status = 200,
            body = ListingView,
            content_type = "text/event-stream",
            description = "The data of each `listing`"
        ),
        (status = 404, body = ProblemBody, description = "`not_found`"),
        (status = 429, body = ProblemBody, description = "`too_many_streams`, `too_many_requests`; see `Retry-After`"),
    ),
    security(()),
)]
#[get("/api/shows/{id}/events")]
pub async fn follow_listings(
    context: web::Data<Context>,
    audience: Audience,
    id: Path<ShowId>,
) -> Result<HttpResponse, Problem> {
    let show = context.shows.get(id.0).await?.ok_or_else(|| Problem::not_found("show"))?;
    context.feed.answer(audience, &show.state.snapshot.id).await
}

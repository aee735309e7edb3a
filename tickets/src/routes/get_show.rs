//! Get a show.

use actix_web::{HttpRequest, HttpResponse, get, web};
use common::{
    http::{Path, Problem, ProblemBody},
    ids::ShowId,
};

use super::{Context, revalidation, views::ShowView};

/// Get a show
#[utoipa::path(
    get,
    path = "/api/shows/{id}",
    tag = "shows",
    responses(
        (status = 200, body = ShowView, description = "The show and what is on sale of it"),
        (status = 304, description = "The caller has it already"),
        (status = 404, body = ProblemBody, description = "`not_found`"),
    ),
    security(()),
)]
#[get("/api/shows/{id}")]
pub async fn get_show(
    context: web::Data<Context>,
    request: HttpRequest,
    id: Path<ShowId>,
) -> Result<HttpResponse, Problem> {
    let show = context.shows.get(id.0).await?.ok_or_else(|| Problem::not_found("show"))?;
    revalidation::answer(&request, &ShowView::of(show.state, context.clock.now()))
}

//! A show for one's calendar.

use actix_web::{HttpRequest, HttpResponse, get, web};
use common::{
    http::{Path, Problem, ProblemBody},
    ids::ShowId,
};

use super::{Context, revalidation};
use crate::domain::calendar::calendar;

/// Get a show for a calendar
///
/// A file with one entry, which replaces itself when the show is moved or called off and the file is taken again.
#[utoipa::path(
    get,
    path = "/api/shows/{id}/calendar.ics",
    tag = "shows",
    responses(
        (status = 200, body = String, content_type = "text/calendar", description = "The file"),
        (status = 304, description = "The caller has it already"),
        (status = 404, body = ProblemBody, description = "`not_found`"),
    ),
    security(()),
)]
#[get("/api/shows/{id}/calendar.ics")]
pub async fn get_calendar(
    context: web::Data<Context>,
    request: HttpRequest,
    id: Path<ShowId>,
) -> Result<HttpResponse, Problem> {
    let show = context.shows.get(id.0).await?.ok_or_else(|| Problem::not_found("show"))?;
    let file = calendar(&show.state.snapshot).into_bytes();
    Ok(revalidation::answer_with(&request, "text/calendar; charset=utf-8", file))
}

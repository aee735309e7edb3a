//! Where somebody is signed in.

use actix_web::{HttpResponse, get, web};
use common::http::{CurrentUser, Page, PageQuery, Problem, ProblemBody, Query};

use super::{Context, SessionView, caller};

/// List one's own sessions
///
/// Those that go on, newest first.
#[utoipa::path(
    get,
    path = "/api/users/sessions",
    tag = "users",
    params(PageQuery),
    responses(
        (status = 200, body = Page<SessionView>, description = "One page of sessions"),
        (status = 401, body = ProblemBody, description = "Nobody is signed in"),
        (status = 422, body = ProblemBody, description = "`invalid`: a parameter is not acceptable"),
    ),
    security(("bearer" = [])),
)]
#[get("/api/users/sessions")]
pub async fn list_sessions(
    context: web::Data<Context>,
    bearer: CurrentUser,
    query: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    caller::known(&context, &bearer).await?;
    let now = context.bus.clock().now();
    let found = context.sessions.live(bearer.id, now, query.0.after()?, query.0.fetch()).await?;
    let page = Page::of(found, &query.0, |session| session.state.id);
    Ok(HttpResponse::Ok().json(page.map(|session| SessionView::of(&session.state, bearer.session_id))))
}

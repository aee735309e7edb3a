//! Who is signed in.

use actix_web::{HttpResponse, get, web};
use common::http::{CurrentUser, Problem, ProblemBody};

use super::{Context, UserView};
use crate::domain::session::authenticate;

/// Current user
///
/// Unlike other routes this one asks the database whether the session goes on, so a signed-out token is
/// refused at once.
#[utoipa::path(
    get,
    path = "/api/users/me",
    tag = "users",
    responses(
        (status = 200, body = UserView, description = "The user who is signed in"),
        (status = 401, body = ProblemBody, description = "Nobody is signed in"),
    ),
    security(("bearer" = [])),
)]
#[get("/api/users/me")]
pub async fn get_current_user(
    context: web::Data<Context>,
    caller: CurrentUser,
) -> Result<HttpResponse, Problem> {
    let session = context.sessions.get(caller.session_id).await?;
    let user = context.users.get(caller.id).await?;
    let (session, user) = (session.map(|session| session.state), user.map(|user| user.state));
    let user = authenticate(session.as_ref(), user.as_ref(), caller.role).map_err(|refusal| {
        tracing::debug!(user.id = %caller.id, session.id = %caller.session_id, %refusal, "token refused");
        Problem::unauthorized()
    })?;
    Ok(HttpResponse::Ok().json(UserView::of(user)))
}

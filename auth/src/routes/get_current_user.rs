//! Who is signed in.

use actix_web::{HttpResponse, get, web};
use common::http::{CurrentUser, Problem, ProblemBody};

use super::{Context, UserView, caller};

/// Current user
///
/// Unlike the routes of other services this one asks the database whether the session goes on, so a
/// signed-out token is refused at once.
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
    bearer: CurrentUser,
) -> Result<HttpResponse, Problem> {
    let caller = caller::known(&context, &bearer).await?;
    Ok(HttpResponse::Ok().json(UserView::of(&caller.user.state)))
}

//! Sign out everywhere else.

use actix_web::{HttpResponse, delete, web};
use common::http::{CurrentUser, Problem, ProblemBody};

use super::{Context, caller, ending};

/// Sign out everywhere else
///
/// Ends all of the caller's sessions but the one whose token is shown.
#[utoipa::path(
    delete,
    path = "/api/users/sessions",
    tag = "users",
    responses(
        (status = 204, description = "The other sessions have ended"),
        (status = 401, body = ProblemBody, description = "Nobody is signed in"),
    ),
    security(("bearer" = [])),
)]
#[delete("/api/users/sessions")]
pub async fn delete_other_sessions(
    context: web::Data<Context>,
    bearer: CurrentUser,
) -> Result<HttpResponse, Problem> {
    caller::known(&context, &bearer).await?;
    ending::end_others(&context, bearer.id, bearer.session_id).await?;
    Ok(HttpResponse::NoContent().finish())
}

//! Sign out: the session ends here and, by its event, at every service.

use actix_web::{HttpResponse, delete, web};
use common::{
    bus::Tx,
    http::{CurrentUser, Problem, ProblemBody},
};

use super::Context;
use crate::store::Sessions;

/// Sign out
///
/// Ends the session whose token is shown. The token is refused from then on.
#[utoipa::path(
    delete,
    path = "/api/users/sessions/current",
    tag = "users",
    responses(
        (status = 204, description = "The session has ended"),
        (status = 401, body = ProblemBody, description = "Nobody is signed in"),
    ),
    security(("bearer" = [])),
)]
#[delete("/api/users/sessions/current")]
pub async fn delete_current_session(
    context: web::Data<Context>,
    caller: CurrentUser,
) -> Result<HttpResponse, Problem> {
    let end = async |tx: &mut Tx| {
        let loaded = context.sessions.get(caller.session_id).await?;
        let owned = loaded.filter(|loaded| loaded.state.user_id == caller.id);
        let loaded = owned.ok_or_else(Problem::unauthorized)?;
        // Two requests to sign out have one effect and the same answer.
        if let Some(ended) = loaded.state.revoked(tx.now()) {
            Sessions::revoke(tx, &loaded, ended);
        }
        Ok::<_, Problem>(())
    };
    context.bus.transact(end).await?;
    let [access, refresh] = context.cookies.removals();
    Ok(HttpResponse::NoContent().cookie(access).cookie(refresh).finish())
}

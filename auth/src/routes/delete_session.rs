//! Sign out there: a session of one's own ends, as if its device had signed out.

use actix_web::{HttpResponse, delete, web};
use common::{
    bus::Tx,
    http::{CurrentUser, Path, Problem, ProblemBody},
    ids::SessionId,
};

use super::{Context, caller};
use crate::store::Sessions;

/// Sign out on another device
///
/// Ends one of the caller's own sessions; to end it twice is to end it once.
#[utoipa::path(
    delete,
    path = "/api/users/sessions/{id}",
    tag = "users",
    responses(
        (status = 204, description = "The session has ended"),
        (status = 401, body = ProblemBody, description = "Nobody is signed in"),
        (status = 404, body = ProblemBody, description = "`not_found`: the caller has no such session"),
    ),
    security(("bearer" = [])),
)]
#[delete("/api/users/sessions/{id}")]
pub async fn delete_session(
    context: web::Data<Context>,
    bearer: CurrentUser,
    id: Path<SessionId>,
) -> Result<HttpResponse, Problem> {
    caller::known(&context, &bearer).await?;
    let end = async |tx: &mut Tx| {
        let loaded = context.sessions.get(id.0).await?;
        let own = loaded.filter(|loaded| loaded.state.user_id == bearer.id);
        let own = own.ok_or_else(|| Problem::not_found("session"))?;
        if let Some(ended) = own.state.revoked(tx.now()) {
            Sessions::revoke(tx, &own, ended);
        }
        Ok::<_, Problem>(())
    };
    context.bus.transact(end).await?;
    Ok(HttpResponse::NoContent().finish())
}

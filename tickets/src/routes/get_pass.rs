//! Get a pass.

use actix_web::{HttpResponse, get, web};
use common::{
    events::pass::PassStatus,
    http::{CurrentUser, Path, Problem, ProblemBody},
    ids::PassId,
};

use super::{Context, views::PassView};

/// Get a pass
///
/// Holders get it with its `code` while it is valid; admins without; others learn nothing of it.
#[utoipa::path(
    get,
    path = "/api/passes/{id}",
    tag = "passes",
    responses(
        (status = 200, body = PassView, description = "The pass"),
        (status = 404, body = ProblemBody, description = "`not_found`: there is none, or it is not the caller's"),
    ),
    security(("bearer" = [])),
)]
#[get("/api/passes/{id}")]
pub async fn get_pass(
    context: web::Data<Context>,
    user: CurrentUser,
    id: Path<PassId>,
) -> Result<HttpResponse, Problem> {
    let found = context.admissions.pass(id.0).await?;
    let pass = found.filter(|pass| pass.holder_id == user.id || user.is_admin());
    let pass = pass.ok_or_else(|| Problem::not_found("pass"))?;
    let code = match pass.status {
        PassStatus::Valid if pass.holder_id == user.id => Some(context.signer.sign(&pass)),
        PassStatus::Valid | PassStatus::Voided => None,
    };
    Ok(HttpResponse::Ok().json(PassView { pass, code }))
}

//! Close an account to its user, and open it again.

use actix_web::{HttpResponse, patch, web};
use common::{
    bus::Tx,
    events::user::UserStatus,
    http::{Body, CurrentUser, Path, Problem, ProblemBody},
    ids::UserId,
};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Context, UserView, caller, ending};
use crate::{problems::own_account, store::Users};

/// What is to be changed.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct EditAccount {
    /// Whether the account may not be used.
    disabled: bool,
}

impl EditAccount {
    fn status(&self) -> UserStatus {
        if self.disabled { UserStatus::Disabled } else { UserStatus::Active }
    }
}

/// Disable or enable an account
///
/// By an admin. Disabling ends all sessions of the user; enabling brings none of them back.
#[utoipa::path(
    patch,
    path = "/api/users/{id}",
    tag = "users",
    request_body = EditAccount,
    responses(
        (status = 200, body = UserView, description = "The user as he is now"),
        (status = 401, body = ProblemBody, description = "Nobody is signed in"),
        (status = 403, body = ProblemBody, description = "`admin_only`"),
        (status = 404, body = ProblemBody, description = "`not_found`"),
        (status = 409, body = ProblemBody, description = "`own_account`: admins do not lock themselves out"),
        (status = 422, body = ProblemBody, description = "`invalid`: a field is not acceptable"),
    ),
    security(("bearer" = [])),
)]
#[patch("/api/users/{id}")]
pub async fn edit_user(
    context: web::Data<Context>,
    bearer: CurrentUser,
    id: Path<UserId>,
    body: Body<EditAccount>,
) -> Result<HttpResponse, Problem> {
    caller::known(&context, &bearer).await?;
    bearer.require_admin()?;
    if id.0 == bearer.id {
        return Err(own_account());
    }
    let edit = async |tx: &mut Tx| {
        let loaded = context.users.get(id.0).await?.ok_or_else(|| Problem::not_found("user"))?;
        let Some(edited) = loaded.state.with_status(body.0.status()) else {
            return Ok::<_, Problem>(loaded.state);
        };
        Users::update(tx, &loaded, edited.clone());
        Ok(edited)
    };
    let user = context.bus.transact(edit).await?;
    // Also when it was disabled before: whoever asks again may not have got an answer.
    if user.status == UserStatus::Disabled {
        ending::end_all(&context, user.id).await?;
    }
    tracing::info!(user.id = %user.id, by.id = %bearer.id, status = ?user.status, "edited an account");
    Ok(HttpResponse::Ok().json(UserView::of(&user)))
}

#[cfg(test)]
mod tests {
    use common::testing::anything::check_body;
    use serde_json::json;

    use super::*;

    #[test]
    fn any_body_gives_a_status_or_names_the_field() {
        check_body(&json!({ "disabled": true }), Ok::<EditAccount, Problem>);
    }
}

//! Be called something else.

use actix_web::{HttpResponse, patch, web};
use common::{
    bus::Tx,
    http::{Body, CurrentUser, Problem, ProblemBody},
};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Context, UserView, caller};
use crate::{domain::name::DisplayName, problems::invalid_fields, store::Users};

/// What is to be changed.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct EditUser {
    /// How the user wants to be called from now on.
    #[schema(min_length = 1, max_length = 80, example = "Ada")]
    name: String,
}

impl EditUser {
    fn parse(&self) -> Result<DisplayName, Problem> {
        self.name.parse().map_err(|refusal| invalid_fields([("/name", Some(format!("{refusal}")))]))
    }
}

/// Change the name
#[utoipa::path(
    patch,
    path = "/api/users/me",
    tag = "users",
    request_body = EditUser,
    responses(
        (status = 200, body = UserView, description = "The user as he is now"),
        (status = 401, body = ProblemBody, description = "Nobody is signed in"),
        (status = 422, body = ProblemBody, description = "`invalid`: a field is not acceptable"),
    ),
    security(("bearer" = [])),
)]
#[patch("/api/users/me")]
pub async fn edit_current_user(
    context: web::Data<Context>,
    bearer: CurrentUser,
    body: Body<EditUser>,
) -> Result<HttpResponse, Problem> {
    let name = body.0.parse()?;
    let rename = async |tx: &mut Tx| {
        let loaded = caller::known(&context, &bearer).await?.user;
        let Some(renamed) = loaded.state.renamed(name.clone()) else {
            return Ok::<_, Problem>(loaded.state);
        };
        Users::update(tx, &loaded, renamed.clone());
        Ok(renamed)
    };
    let user = context.bus.transact(rename).await?;
    Ok(HttpResponse::Ok().json(UserView::of(&user)))
}

#[cfg(test)]
mod tests {
    use common::testing::anything::check_body;
    use serde_json::json;

    use super::*;

    #[test]
    fn any_body_gives_a_name_or_names_the_field() {
        check_body(&json!({ "name": "Ada" }), |body: EditUser| body.parse());
    }
}

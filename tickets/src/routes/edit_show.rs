//! Change a show, or call it off.

use actix_web::{HttpResponse, patch, web};
use common::{
    bus::Tx,
    clock::Timestamp,
    events::show::ShowStatus,
    http::{Body, CurrentUser, Path, Problem, ProblemBody, plain_text},
    ids::ShowId,
};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Context, views::ShowView};
use crate::domain::show::ShowEdit;

/// What is to be changed; what is left out stays.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EditShow {
    /// What it is called.
    #[garde(inner(length(chars, max = 200), custom(plain_text)))]
    #[schema(min_length = 1, max_length = 200)]
    title: Option<String>,
    /// Who is on stage, headliner first.
    #[garde(inner(length(min = 1, max = 50), inner(length(chars, max = 100), custom(plain_text))))]
    #[schema(min_items = 1, max_items = 50)]
    performers: Option<Vec<String>>,
    /// When it starts; in the future. Its listings follow.
    #[garde(skip)]
    starts_at: Option<Timestamp>,
    /// `cancelled` calls it off for good, and its listings are withdrawn.
    #[garde(skip)]
    status: Option<ShowStatus>,
}

impl From<EditShow> for ShowEdit {
    fn from(body: EditShow) -> Self {
        let EditShow { title, performers, starts_at, status } = body;
        Self { title, performers, starts_at, status }
    }
}

/// Change a show
///
/// Admins only. What has started can be called off and not be changed; what was called off stays so.
#[utoipa::path(
    patch,
    path = "/api/shows/{id}",
    tag = "shows",
    request_body = EditShow,
    responses(
        (status = 200, body = ShowView, description = "The show as it is now"),
        (status = 403, body = ProblemBody, description = "`admin_only`"),
        (status = 404, body = ProblemBody, description = "`not_found`"),
        (status = 409, body = ProblemBody, description = "`show_started` or `show_cancelled`"),
        (status = 422, body = ProblemBody, description = "`invalid`: a field is not acceptable"),
    ),
    security(("bearer" = [])),
)]
#[patch("/api/shows/{id}")]
pub async fn edit_show(
    context: web::Data<Context>,
    user: CurrentUser,
    id: Path<ShowId>,
    body: Body<EditShow>,
) -> Result<HttpResponse, Problem> {
    user.require_admin()?;
    let edit = ShowEdit::from(body.0);
    let change = async |tx: &mut Tx| {
        let show = context.shows.get(id.0).await?.ok_or_else(|| Problem::not_found("show"))?;
        let Some(updated) = show.state.edit(edit.clone(), tx.now())? else {
            return Ok::<_, Problem>(show.state);
        };
        let next = show.state.with(updated.0.clone());
        tx.save(&show, next.clone());
        tx.publish(updated);
        Ok(next)
    };
    let show = context.bus.transact(change).await?;
    Ok(HttpResponse::Ok().json(ShowView::of(show, context.clock.now())))
}

#[cfg(test)]
mod tests {
    use common::testing::anything::check_body;
    use serde_json::json;

    use super::*;

    #[test]
    fn any_body_gives_an_edit_or_names_a_field() {
        let good = json!({
            "title": "Hamlet", "performers": ["Ada Low"], "startsAt": "2099-06-30T19:30:00Z", "status": "scheduled",
        });
        check_body(&good, |body: EditShow| Ok::<_, Problem>(ShowEdit::from(body)));
    }
}

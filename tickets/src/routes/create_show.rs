//! Enter a show.

use actix_web::{HttpResponse, http::header::LOCATION, post, web};
use common::{
    bus::Tx,
    clock::Timestamp,
    events::show::{Category, Venue},
    http::{Body, CurrentUser, Problem, ProblemBody, plain_text},
    ids::ShowId,
};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Context, views::ShowView};
use crate::domain::{
    place::is_time_zone,
    show::{NewShow, Show},
};

/// A show to be entered.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateShow {
    /// What it is called.
    #[garde(length(chars, max = 200), custom(plain_text))]
    #[schema(min_length = 1, max_length = 200, example = "Hamlet")]
    title: String,
    /// What kind of show it is.
    #[garde(skip)]
    category: Category,
    /// Who is on stage, headliner first.
    #[garde(length(min = 1, max = 50), inner(length(chars, max = 100), custom(plain_text)))]
    #[schema(min_items = 1, max_items = 50)]
    performers: Vec<String>,
    /// Where it is on.
    #[garde(dive)]
    venue: NewVenue,
    /// When it starts; in the future.
    #[garde(skip)]
    starts_at: Timestamp,
}

/// Where a show is on.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewVenue {
    /// The name of the house.
    #[garde(length(chars, max = 120), custom(plain_text))]
    #[schema(min_length = 1, max_length = 120, example = "Globe")]
    name: String,
    /// The city.
    #[garde(length(chars, max = 120), custom(plain_text))]
    #[schema(min_length = 1, max_length = 120, example = "London")]
    city: String,
    /// IANA time zone.
    #[garde(custom(iana_time_zone))]
    #[schema(example = "Europe/London")]
    time_zone: String,
}

impl From<CreateShow> for NewShow {
    fn from(body: CreateShow) -> Self {
        let CreateShow { title, category, performers, venue, starts_at } = body;
        let NewVenue { name, city, time_zone } = venue;
        Self { title, category, performers, venue: Venue { name, city, time_zone }, starts_at }
    }
}

/// Enter a show
///
/// Admins only.
#[utoipa::path(
    post,
    path = "/api/shows",
    tag = "shows",
    request_body = CreateShow,
    responses(
        (status = 201, body = ShowView, description = "The show is entered"),
        (status = 403, body = ProblemBody, description = "`admin_only`"),
        (status = 422, body = ProblemBody, description = "`invalid`: a field is not acceptable"),
    ),
    security(("bearer" = [])),
)]
#[post("/api/shows")]
pub async fn create_show(
    context: web::Data<Context>,
    user: CurrentUser,
    body: Body<CreateShow>,
) -> Result<HttpResponse, Problem> {
    user.require_admin()?;
    let created = Show::create(ShowId::generate(), body.0.into(), context.clock.now())?;
    let store = async |tx: &mut Tx| {
        tx.insert(Show::from(created.0.clone()));
        tx.publish(created.clone());
        Ok::<_, Problem>(())
    };
    context.bus.transact(store).await?;
    let id = created.0.id;
    tracing::info!(show.id = %id, "a show was entered");
    let view = ShowView::of(created.0.into(), context.clock.now());
    Ok(HttpResponse::Created().insert_header((LOCATION, format!("/api/shows/{id}"))).json(view))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde hands the context over like this")]
fn iana_time_zone(name: &str, (): &()) -> garde::Result {
    if is_time_zone(name) {
        return Ok(());
    }
    Err(garde::Error::new("must be the name of an IANA time zone, such as Europe/London"))
}

#[cfg(test)]
mod tests {
    use common::testing::anything::check_body;
    use serde_json::json;

    use super::*;

    #[test]
    fn any_body_gives_a_show_or_names_a_field() {
        let venue = json!({ "name": "Globe", "city": "London", "timeZone": "Europe/London" });
        let starts_at = "2099-06-30T19:30:00Z";
        let good = json!({
            "title": "Hamlet", "category": "theatre", "performers": ["Ada Low"], "venue": venue, "startsAt": starts_at,
        });
        let now = common::clock::Clock::system().now();
        check_body(&good, |body: CreateShow| Ok(Show::create(ShowId::generate(), body.into(), now)?));
    }
}

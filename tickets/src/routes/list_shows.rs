//! List shows.

use actix_web::{HttpRequest, HttpResponse, get, web};
use common::{
    clock::Timestamp,
    events::show::Category,
    http::{Page, PageQuery, Problem, ProblemBody, Query, plain_text},
};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Context, revalidation, views::ShowView};
use crate::store::ShowFilter;

/// Which shows to list.
#[derive(Debug, Clone, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct ListShows {
    /// Only of this kind.
    #[garde(skip)]
    category: Option<Category>,
    /// Only in this city, whatever its capitals.
    #[garde(inner(length(chars, max = 120), custom(plain_text)))]
    city: Option<String>,
    /// Only what starts then or later. Default: now.
    #[garde(skip)]
    from: Option<Timestamp>,
    /// Only what starts before.
    #[garde(skip)]
    until: Option<Timestamp>,
}

/// List shows
///
/// The next one first; those of the past only if `from` asks for them.
#[utoipa::path(
    get,
    path = "/api/shows",
    tag = "shows",
    params(ListShows, PageQuery),
    responses(
        (status = 200, body = Page<ShowView>, description = "The shows"),
        (status = 422, body = ProblemBody, description = "`invalid`: a parameter is not acceptable"),
    ),
    security(()),
)]
#[get("/api/shows")]
pub async fn list_shows(
    context: web::Data<Context>,
    request: HttpRequest,
    query: Query<ListShows>,
    page: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let ListShows { category, city, from, until } = query.0;
    let now = context.clock.now();
    let filter = ShowFilter { category, city, from: from.unwrap_or(now), until };
    let shows = context.shows.page(&filter, page.0.after()?, page.0.fetch()).await?;
    let page = Page::of(shows, &page.0, |show| (show.snapshot.starts_at, show.snapshot.id));
    revalidation::answer(&request, &page.map(|show| ShowView::of(show, now)))
}

#[cfg(test)]
mod tests {
    use common::testing::anything::check_query;

    use super::*;

    #[test]
    fn any_query_gives_a_filter_or_names_the_parameter() {
        check_query::<ListShows>(&["category", "city", "from", "until"]);
    }
}

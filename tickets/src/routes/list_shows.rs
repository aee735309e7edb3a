//! List shows.

use actix_web::{HttpRequest, HttpResponse, get, web};
use common::{
    clock::Timestamp,
    events::show::Category,
    http::{Page, PageQuery, Problem, ProblemBody, Query, plain_text},
    money::MAX_CENTS,
};
use garde::Validate;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    Context, revalidation,
    views::{ShowView, search_text},
};
use crate::{
    domain::words::searched,
    store::{ShowFilter, ShowOrder, ShowPlace},
};

/// Which shows to list.
#[derive(Debug, Clone, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct ListShows {
    /// Only what is found by all of these words, which may be unfinished: in the title, or the names of
    /// performers, venue and city, whatever the capitals and accents. Eight words count.
    #[garde(inner(length(chars, max = 100), custom(search_text)))]
    #[param(max_length = 100)]
    q: Option<String>,
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
    to: Option<Timestamp>,
    /// The same as `to`, which is newer; the earlier of both holds.
    #[garde(skip)]
    until: Option<Timestamp>,
    /// Only what a seat is on sale of that costs so much in all, or less.
    #[garde(inner(range(min = 0, max = MAX_CENTS)))]
    #[param(minimum = 0, maximum = 1_000_000_000)]
    max_cents: Option<i64>,
    /// `true`: only what something is on sale of.
    #[garde(skip)]
    on_sale: Option<bool>,
    /// In which order. Default: `relevance` with `q`, and `soonest` without.
    #[garde(skip)]
    #[param(inline)]
    sort: Option<Sort>,
}

/// An order of shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The next one first.
    Soonest,
    /// The one with the cheapest seat first; what nothing is on sale of comes last.
    Cheapest,
    /// The one with the most seats left first.
    Seats,
    /// What is itself called like `q`, or has such performers, before what is at a place called so.
    Relevance,
}

impl From<Sort> for ShowOrder {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::Soonest => Self::Soonest,
            Sort::Cheapest => Self::Cheapest,
            Sort::Seats => Self::Seats,
            Sort::Relevance => Self::Relevance,
        }
    }
}

impl ListShows {
    fn order(&self) -> ShowOrder {
        let default = if self.words().is_empty() { ShowOrder::Soonest } else { ShowOrder::Relevance };
        self.sort.map_or(default, ShowOrder::from)
    }

    fn words(&self) -> Vec<String> {
        searched(self.q.as_deref().unwrap_or_default())
    }

    /// Whether something is looked for that no show is called: it has neither letters nor digits.
    fn finds_nothing(&self) -> bool {
        self.words().is_empty() && self.q.as_deref().is_some_and(|q| !q.trim().is_empty())
    }

    fn filter(self, now: Timestamp) -> ShowFilter {
        let is_on_sale = self.on_sale == Some(true) || self.max_cents.is_some();
        ShowFilter {
            words: self.words(),
            category: self.category,
            city: self.city,
            from: self.from.unwrap_or(now),
            until: self.to.into_iter().chain(self.until).min(),
            on_sale_at: is_on_sale.then_some(now),
            max_cents: self.max_cents,
        }
    }
}

/// List shows
///
/// Those of the past only if `from` asks for them.
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
    let (query, page, now) = (query.0, page.0, context.clock.now());
    let order = query.order();
    let after = after(&page, order)?;
    if query.finds_nothing() {
        return revalidation::answer(&request, &Page::<ShowView> { items: Vec::new(), next_cursor: None });
    }
    let filter = query.filter(now);
    let shows = context.shows.page(&filter, order, after, page.fetch()).await?;
    let page = Page::of(shows, &page, |show| ShowPlace::of(order, show, &filter.words));
    revalidation::answer(&request, &page.map(|show| ShowView::of(show, now)))
}

/// Where the page before ended; a cursor of another order is no cursor of this list.
fn after(page: &PageQuery, order: ShowOrder) -> Result<Option<ShowPlace>, Problem> {
    match page.after::<ShowPlace>()? {
        Some(place) if !place.is_of(order) => {
            Err(Problem::invalid("/query/cursor", "is a cursor of another order"))
        }
        place => Ok(place),
    }
}

#[cfg(test)]
mod tests {
    use common::testing::anything::check_query;

    use super::*;

    #[test]
    fn any_query_gives_a_filter_or_names_the_parameter() {
        check_query::<ListShows>(&[
            "q", "category", "city", "from", "to", "until", "maxCents", "onSale", "sort",
        ]);
    }
}

//! Suggest what may be meant.

use actix_web::{HttpRequest, HttpResponse, get, web};
use common::{
    clock::Timestamp,
    http::{Problem, ProblemBody, Query},
    ids::ShowId,
};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Context, revalidation, views::search_text};
use crate::{
    domain::{
        suggestions::{Suggestion, suggest},
        words::searched,
    },
    store::{ShowFilter, ShowOrder},
};

/// How many shows are looked at for names.
const MAX_SHOWS: i64 = 100;

/// What somebody has typed.
#[derive(Debug, Clone, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct SuggestShows {
    /// The beginnings of one or more words; nothing suggests nothing.
    #[garde(inner(length(chars, max = 100), custom(search_text)))]
    #[param(max_length = 100, example = "ham")]
    q: Option<String>,
}

/// What may be meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SuggestionsView {
    /// At most ten.
    pub items: Vec<SuggestionView>,
}

/// One thing that may be meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SuggestionView {
    /// What it is.
    pub kind: SuggestionKind,
    /// Its name: what to show, and what to look for.
    pub text: String,
    /// The show, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show_id: Option<ShowId>,
    /// Where the show or the venue is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// When the show starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Timestamp>,
}

/// A kind of thing that may be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SuggestionKind {
    /// All that is on in a city.
    City,
    /// Somebody on stage.
    Performer,
    /// A house.
    Venue,
    /// One show.
    Show,
}

impl From<Suggestion> for SuggestionView {
    fn from(suggestion: Suggestion) -> Self {
        let named = |kind, text| Self { kind, text, show_id: None, city: None, starts_at: None };
        match suggestion {
            Suggestion::City(name) => named(SuggestionKind::City, name),
            Suggestion::Performer(name) => named(SuggestionKind::Performer, name),
            Suggestion::Venue { name, city } => {
                Self { city: Some(city), ..named(SuggestionKind::Venue, name) }
            }
            Suggestion::Show(show) => {
                let show = show.snapshot;
                let (city, starts_at) = (Some(show.venue.city), Some(show.starts_at));
                Self { show_id: Some(show.id), city, starts_at, ..named(SuggestionKind::Show, show.title) }
            }
        }
    }
}

/// Suggest what may be meant
///
/// Names that begin with all of the words, and upcoming shows that are found by them.
#[utoipa::path(
    get,
    path = "/api/shows/suggestions",
    tag = "shows",
    params(SuggestShows),
    responses(
        (status = 200, body = SuggestionsView, description = "Cities, performers and venues, then shows"),
        (status = 304, description = "The caller has it already"),
        (status = 422, body = ProblemBody, description = "`invalid`: a parameter is not acceptable"),
    ),
    security(()),
)]
#[get("/api/shows/suggestions")]
pub async fn suggest_shows(
    context: web::Data<Context>,
    request: HttpRequest,
    query: Query<SuggestShows>,
) -> Result<HttpResponse, Problem> {
    let words = searched(query.0.q.as_deref().unwrap_or_default());
    if words.is_empty() {
        return revalidation::answer(&request, &SuggestionsView { items: Vec::new() });
    }
    let filter = ShowFilter { words, ..ShowFilter::starting(context.clock.now()) };
    let shows = context.shows.page(&filter, ShowOrder::Relevance, None, MAX_SHOWS).await?;
    let items = suggest(&filter.words, &shows).into_iter().map(SuggestionView::from).collect();
    revalidation::answer(&request, &SuggestionsView { items })
}

#[cfg(test)]
mod tests {
    use common::testing::anything::check_query;

    use super::*;

    #[test]
    fn any_query_gives_words_or_names_the_parameter() {
        check_query::<SuggestShows>(&["q"]);
    }
}

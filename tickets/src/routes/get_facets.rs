//! Count what is on sale where, and of which kind.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, get, web};
use common::{events::show::Category, http::Problem};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Context, revalidation};

/// How long the numbers may be shown unasked: they are there to choose by.
const FRESH: Duration = Duration::from_secs(30);

/// In how many cities, and of which kinds, there are upcoming shows that something is on sale of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FacetsView {
    /// The cities with the most of them first; a hundred at most.
    pub cities: Vec<CityFacet>,
    /// The kinds with the most of them first.
    pub categories: Vec<CategoryFacet>,
}

/// A city.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CityFacet {
    /// Its name: what to give as `city`.
    pub city: String,
    /// How many shows.
    pub shows: u32,
}

/// A kind of show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CategoryFacet {
    /// The kind.
    pub category: Category,
    /// How many shows.
    pub shows: u32,
}

/// Count what is on sale
#[utoipa::path(
    get,
    path = "/api/shows/facets",
    tag = "shows",
    responses(
        (status = 200, body = FacetsView, description = "The cities and kinds of upcoming shows that something is on sale of"),
        (status = 304, description = "The caller has it already"),
    ),
    security(()),
)]
#[get("/api/shows/facets")]
pub async fn get_facets(context: web::Data<Context>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let (cities, categories) = context.shows.counts(context.clock.now()).await?;
    let cities = cities.into_iter().map(|count| CityFacet { city: count.name, shows: count.shows });
    let categories =
        categories.into_iter().map(|count| CategoryFacet { category: count.name, shows: count.shows });
    let facets = FacetsView { cities: cities.collect(), categories: categories.collect() };
    revalidation::answer_for(&request, &facets, FRESH)
}

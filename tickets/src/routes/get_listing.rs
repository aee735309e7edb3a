//! Get a listing.

use actix_web::{HttpRequest, HttpResponse, get, web};
use common::{
    http::{Path, Problem, ProblemBody},
    ids::ListingId,
};

use super::{Context, revalidation, views::ListingView};

/// Get a listing
#[utoipa::path(
    get,
    path = "/api/listings/{id}",
    tag = "listings",
    responses(
        (status = 200, body = ListingView, description = "The listing and what is left of it"),
        (status = 304, description = "The caller has it already"),
        (status = 404, body = ProblemBody, description = "`not_found`"),
    ),
    security(()),
)]
#[get("/api/listings/{id}")]
pub async fn get_listing(
    context: web::Data<Context>,
    request: HttpRequest,
    id: Path<ListingId>,
) -> Result<HttpResponse, Problem> {
    let listing = context.listings.get(id.0).await?.ok_or_else(|| Problem::not_found("listing"))?;
    revalidation::answer(&request, &ListingView::from(listing.state))
}

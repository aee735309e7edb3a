//! List listings.

use actix_web::{HttpRequest, HttpResponse, get, web};
use common::{
    events::listing::ListingStatus,
    http::{Cursor, OptionalUser, Page, PageQuery, Problem, ProblemBody, Query},
    ids::{ShowId, UserId},
};
use garde::Validate;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Context, revalidation, views::ListingView};
use crate::{
    domain::listing::Listing,
    store::{ListingFilter, ListingPlace},
};

/// How often the database is asked to fill one page, if most listings have too few seats left.
const MAX_ROUNDS: u32 = 5;

/// Which listings to list.
#[derive(Debug, Clone, Copy, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct ListListings {
    /// Only for this show: the cheapest first. Without, the newest first.
    #[garde(skip)]
    show_id: Option<ShowId>,
    /// Only by this seller.
    #[garde(skip)]
    seller_id: Option<UserId>,
    /// `true`: only the caller's own, who must be signed in.
    #[garde(skip)]
    mine: Option<bool>,
    /// Only with so many seats left.
    #[garde(inner(range(min = 1, max = 50)))]
    #[param(minimum = 1, maximum = 50)]
    min_seats: Option<u32>,
    /// Only at this price of a seat or lower.
    #[garde(inner(range(min = 0)))]
    #[param(minimum = 0)]
    max_price_cents: Option<i64>,
    /// Only what is on sale (`active`), or only what is not (`withdrawn`).
    #[garde(skip)]
    status: Option<ListingStatus>,
}

/// List listings
///
/// With `minSeats` a page may have fewer items than `limit` and a `nextCursor` all the same.
#[utoipa::path(
    get,
    path = "/api/listings",
    tag = "listings",
    params(ListListings, PageQuery),
    responses(
        (status = 200, body = Page<ListingView>, description = "The listings"),
        (status = 401, body = ProblemBody, description = "`unauthorized`: `mine` of nobody"),
        (status = 422, body = ProblemBody, description = "`invalid`: a parameter is not acceptable"),
    ),
    security(()),
)]
#[get("/api/listings")]
pub async fn list_listings(
    context: web::Data<Context>,
    request: HttpRequest,
    user: OptionalUser,
    query: Query<ListListings>,
    page: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let (query, page) = (query.0, page.0);
    let filter = filter(query, &user)?;
    let found = fill(&context, &filter, &page).await?;
    if filter.seller_id.is_some() && filter.seller_id == user.0.map(|user| user.id) {
        return Ok(HttpResponse::Ok().json(found));
    }
    revalidation::answer(&request, &found)
}

fn filter(query: ListListings, user: &OptionalUser) -> Result<ListingFilter, Problem> {
    let seller_id = match (query.mine, query.seller_id) {
        (Some(true), None) => Some(user.0.ok_or_else(Problem::unauthorized)?.id),
        (Some(true), Some(_)) => return Err(Problem::invalid("/query/sellerId", "does not go with mine")),
        (Some(false) | None, seller_id) => seller_id,
    };
    Ok(ListingFilter {
        show_id: query.show_id,
        seller_id,
        status: query.status,
        max_price_cents: query.max_price_cents,
        min_seats: query.min_seats.unwrap_or(0),
    })
}

/// A page of listings with so many seats left. How many are left only the orders tell, so listings are
/// read and counted a page at a time until the page is full or enough was looked at.
async fn fill(
    context: &Context,
    filter: &ListingFilter,
    query: &PageQuery,
) -> Result<Page<ListingView>, Problem> {
    let mut items = Vec::new();
    let mut after: Option<ListingPlace> = query.after()?;
    let full = usize::try_from(query.fetch()).unwrap_or(usize::MAX);
    for _ in 0..MAX_ROUNDS {
        let found = context.listings.page(filter, after, query.fetch()).await?;
        let is_last = found.len() < full;
        after = found.last().map(place).or(after);
        let views = context.views(found).await?;
        items.extend(views.into_iter().filter(|view| view.seats_left >= filter.min_seats));
        if is_last || items.len() >= full {
            return Ok(Page::of(items, query, |view| (view.listing.price.amount_cents, view.listing.id)));
        }
    }
    Ok(Page { items, next_cursor: after.map(|place| Cursor::encode(&place)) })
}

fn place(listing: &Listing) -> ListingPlace {
    (listing.snapshot.price.amount_cents, listing.snapshot.id)
}

#[cfg(test)]
mod tests {
    use common::testing::anything::check_query;

    use super::*;

    #[test]
    fn any_query_gives_a_filter_or_names_the_parameter() {
        check_query::<ListListings>(&["showId", "sellerId", "mine", "minSeats", "maxPriceCents", "status"]);
    }
}

//! List listings.

use actix_web::{HttpRequest, HttpResponse, get, web};
use common::{
    events::listing::ListingStatus,
    http::{OptionalUser, Page, PageQuery, Problem, ProblemBody, Query},
    ids::{ShowId, UserId},
};
use garde::Validate;
use serde::{Deserialize, Deserializer, de};
use utoipa::{IntoParams, ToSchema};

use super::{Context, revalidation, views::ListingView};
use crate::store::{ListingFilter, ListingOrder, ListingPlace};

/// Which listings to list.
#[derive(Debug, Clone, Copy, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub struct ListListings {
    /// Only for this show.
    #[garde(skip)]
    show_id: Option<ShowId>,
    /// Only by this seller; `me` is the caller, who must be signed in.
    #[garde(skip)]
    #[param(value_type = Option<UserId>)]
    seller_id: Option<Seller>,
    /// `true` is the same as `sellerId=me`.
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
    /// In which order. Default: `total` of a show, and `newest` without.
    #[garde(skip)]
    #[param(inline)]
    sort: Option<Sort>,
}

/// Whose listings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seller {
    Me,
    Of(UserId),
}

impl<'de> Deserialize<'de> for Seller {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "me" {
            return Ok(Self::Me);
        }
        text.parse().map(Self::Of).map_err(|_| de::Error::custom("expected the id of a user, or `me`"))
    }
}

/// An order of listings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The one with the lowest total of a seat first; only of one show.
    Total,
    /// The one that was made last first.
    Newest,
}

/// List listings
///
/// One's own say how many seats of them are sold.
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
    let listings = context.listings.page(&filter, page.after()?, page.fetch()).await?;
    let views = listings.into_iter().map(ListingView::from).collect();
    let mut found = Page::of(views, &page, place);
    if filter.seller_id.is_some() && filter.seller_id == user.0.map(|user| user.id) {
        context.tell_sold(&mut found.items).await?;
        return Ok(HttpResponse::Ok().json(found));
    }
    revalidation::answer(&request, &found)
}

fn filter(query: ListListings, user: &OptionalUser) -> Result<ListingFilter, Problem> {
    let me = || user.0.map(|user| user.id).ok_or_else(Problem::unauthorized);
    let seller_id = match (query.mine, query.seller_id) {
        (_, Some(Seller::Me)) | (Some(true), None) => Some(me()?),
        (Some(true), Some(Seller::Of(_))) => {
            return Err(Problem::invalid("/query/sellerId", "does not go with mine"));
        }
        (Some(false) | None, Some(Seller::Of(seller))) => Some(seller),
        (Some(false) | None, None) => None,
    };
    let order = match (query.sort, query.show_id) {
        (Some(Sort::Newest), _) | (None, None) => ListingOrder::Newest,
        (Some(Sort::Total) | None, Some(_)) => ListingOrder::Total,
        (Some(Sort::Total), None) => {
            return Err(Problem::invalid("/query/sort", "total is an order of the listings of one show"));
        }
    };
    Ok(ListingFilter {
        show_id: query.show_id,
        order,
        seller_id,
        status: query.status,
        max_price_cents: query.max_price_cents,
        min_seats: query.min_seats.unwrap_or(0),
    })
}

fn place(view: &ListingView) -> ListingPlace {
    (view.listing.price.amount_cents, view.listing.id)
}

#[cfg(test)]
mod tests {
    use common::testing::anything::check_query;

    use super::*;

    #[test]
    fn any_query_gives_a_filter_or_names_the_parameter() {
        check_query::<ListListings>(&[
            "showId",
            "sellerId",
            "mine",
            "minSeats",
            "maxPriceCents",
            "status",
            "sort",
        ]);
    }
}

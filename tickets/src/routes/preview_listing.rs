//! Show a seller what an offer would bring.

use actix_web::{HttpResponse, post, web};
use common::{
    events::listing::{Fees, ListingSnapshot},
    http::{Body, CurrentUser, Problem, ProblemBody},
    ids::ListingId,
    money::Money,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Context, create_listing::CreateListing};
use crate::domain::{
    fees::{fees_in_all, fees_of},
    listing::Listing,
    price_range::PriceRange,
    show::Show,
};

/// What an offer would bring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewView {
    /// How many seats would be offered.
    pub quantity: u32,
    /// The price of each seat.
    pub price: Money,
    /// The fees for each seat, and what the seller receives for it.
    pub per_seat: Fees,
    /// The same for all seats together.
    pub in_all: Fees,
    /// What seats in the same section cost, fees included; null if there are none.
    pub in_section: Option<PriceRangeView>,
    /// What seats of the show cost, fees included; null if there are none.
    pub in_show: Option<PriceRangeView>,
}

/// What seats cost that are on sale in the same currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PriceRangeView {
    /// The least.
    pub lowest: Money,
    /// As many listings ask less as ask more.
    pub median: Money,
    /// The most.
    pub highest: Money,
    /// Of how many listings.
    pub listings: usize,
}

impl From<PriceRange> for PriceRangeView {
    fn from(range: PriceRange) -> Self {
        let PriceRange { lowest, median, highest, listings } = range;
        Self { lowest, median, highest, listings }
    }
}

/// Preview an offer
///
/// Says what the same body would be refused for, and offers nothing.
#[utoipa::path(
    post,
    path = "/api/listings/preview",
    tag = "listings",
    request_body = CreateListing,
    responses(
        (status = 200, body = PreviewView, description = "What the offer would bring, and what others ask"),
        (status = 404, body = ProblemBody, description = "`not_found`: there is no such show"),
        (status = 409, body = ProblemBody, description = "`show_started` or `show_cancelled`"),
        (status = 422, body = ProblemBody, description = "`invalid`: a field is not acceptable"),
    ),
    security(("bearer" = [])),
)]
#[post("/api/listings/preview")]
pub async fn preview_listing(
    context: web::Data<Context>,
    user: CurrentUser,
    body: Body<CreateListing>,
) -> Result<HttpResponse, Problem> {
    let show = body.0.show(&context).await?;
    let offer = body.0.offer(user.id)?;
    let offered = Listing::create(ListingId::generate(), &show, offer, context.clock.now())?.0;
    Ok(HttpResponse::Ok().json(preview(&context, &show, &offered).await?))
}

async fn preview(context: &Context, show: &Show, offered: &ListingSnapshot) -> Result<PreviewView, Problem> {
    let (mut in_section, mut in_show) = (Vec::new(), Vec::new());
    let see = |listing: &Listing| {
        let total = listing.total();
        if total.currency == offered.price.currency {
            in_show.push(total);
            in_section.extend(Some(total).filter(|_| listing.is_in_section(&offered.section)));
        }
    };
    context.recounts.each_on_sale(show, context.clock.now(), see).await?;
    let quantity = u32::try_from(offered.seats.len()).unwrap_or(u32::MAX);
    let per_seat = fees_of(offered.price);
    Ok(PreviewView {
        quantity,
        price: offered.price,
        per_seat,
        in_all: fees_in_all(per_seat, quantity),
        in_section: PriceRange::of(in_section).map(PriceRangeView::from),
        in_show: PriceRange::of(in_show).map(PriceRangeView::from),
    })
}

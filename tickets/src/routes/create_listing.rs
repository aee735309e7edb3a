//! Offer seats.

use actix_web::{FromRequest as _, HttpRequest, HttpResponse, http::header::LOCATION, post, web};
use common::{
    bus::{CommitError, Tx},
    events::listing::{ListingCreated, Seat, SplitRule},
    http::{
        Body, CurrentUser, IDEMPOTENCY_KEY, IdempotencyKey, Problem, ProblemBody, fingerprint, plain_text,
    },
    ids::{ListingId, ShowId, UserId},
};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Context,
    views::{ListingView, Price},
};
use crate::{
    domain::{
        listing::{Listing, NewListing, RequestMark},
        seats::Seats,
        show::Show,
    },
    store::REQUESTS,
};

/// Seats to be offered: numbered `seats`, or a `quantity` of general admission.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateListing {
    /// Which show they are for.
    #[garde(skip)]
    show_id: ShowId,
    /// The section of the house.
    #[garde(length(chars, max = 40), custom(plain_text))]
    #[schema(min_length = 1, max_length = 40, example = "Stalls")]
    section: String,
    /// The row, where there are rows.
    #[garde(inner(length(chars, max = 20), custom(plain_text)))]
    #[schema(min_length = 1, max_length = 20, example = "C")]
    row: Option<String>,
    /// The numbers of the seats, neighbours next to each other; all different.
    #[garde(skip)]
    #[schema(min_items = 1, max_items = 50)]
    seats: Option<Vec<Seat>>,
    /// How many places of general admission.
    #[garde(skip)]
    #[schema(minimum = 1, maximum = 50)]
    quantity: Option<u32>,
    /// How the seats may be divided among buyers.
    #[garde(skip)]
    split_rule: SplitRule,
    /// The price of each seat.
    #[garde(skip)]
    price: Price,
}

impl CreateListing {
    /// The show that the seats are for.
    pub(super) async fn show(&self, context: &Context) -> Result<Show, Problem> {
        let nowhere = || Problem::not_found("show").with_field("/showId", "names no show");
        Ok(context.shows.get(self.show_id).await?.ok_or_else(nowhere)?.state)
    }

    /// The domain's words for the offer.
    pub(super) fn offer(self, seller_id: UserId) -> Result<NewListing, Problem> {
        Ok(NewListing {
            seller_id,
            section: self.section,
            row: self.row,
            seats: Seats::parse(self.seats, self.quantity)?,
            split_rule: self.split_rule,
            price: self.price.into(),
        })
    }
}

/// Offer seats
///
/// With an `Idempotency-Key`, the same request sent again has the same answer and offers nothing twice.
#[utoipa::path(
    post,
    path = "/api/listings",
    tag = "listings",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")),
    request_body = CreateListing,
    responses(
        (status = 201, body = ListingView, description = "The seats are on sale"),
        (status = 404, body = ProblemBody, description = "`not_found`: there is no such show"),
        (status = 409, body = ProblemBody, description = "`show_started` or `show_cancelled`"),
        (status = 422, body = ProblemBody, description = "`invalid` or `idempotency_key_reused`"),
    ),
    security(("bearer" = [])),
)]
#[post("/api/listings")]
pub async fn create_listing(
    context: web::Data<Context>,
    request: HttpRequest,
    user: CurrentUser,
    body: Body<CreateListing>,
) -> Result<HttpResponse, Problem> {
    let mark = mark(&request, &body.0).await?;
    let listing = match made_before(&context, user.id, mark.as_ref()).await? {
        Some(listing) => listing,
        None => make(&context, user.id, body.0, mark).await?,
    };
    let view = ListingView::from(listing);
    let location = format!("/api/listings/{}", view.listing.id);
    Ok(HttpResponse::Created().insert_header((LOCATION, location)).json(view))
}

/// By what this request is recognised when it comes again, if the caller wants that.
async fn mark(request: &HttpRequest, body: &CreateListing) -> Result<Option<RequestMark>, Problem> {
    if !request.headers().contains_key(IDEMPOTENCY_KEY) {
        return Ok(None);
    }
    let key = IdempotencyKey::extract(request).await?;
    Ok(Some(RequestMark { key: key.as_str().to_owned(), fingerprint: fingerprint(body) }))
}

async fn made_before(
    context: &Context,
    seller: UserId,
    mark: Option<&RequestMark>,
) -> Result<Option<Listing>, Problem> {
    let Some(mark) = mark else { return Ok(None) };
    let Some(listing) = context.listings.by_request(seller, &mark.key).await? else { return Ok(None) };
    if listing.state.request.as_ref() == Some(mark) {
        Ok(Some(listing.state))
    } else {
        Err(Problem::idempotency_key_reused())
    }
}

async fn make(
    context: &Context,
    seller: UserId,
    body: CreateListing,
    mark: Option<RequestMark>,
) -> Result<Listing, Problem> {
    let show = body.show(context).await?;
    let offer = body.offer(seller)?;
    let created = Listing::create(ListingId::generate(), &show, offer, context.clock.now())?;
    match store(context, &created, mark.clone()).await {
        // The same request, at the same moment: the other one was faster.
        Err(CommitError::Duplicate { index }) if index == REQUESTS => {
            made_before(context, seller, mark.as_ref()).await?.ok_or_else(Problem::unavailable)
        }
        stored => Ok(stored?),
    }
}

async fn store(
    context: &Context,
    created: &ListingCreated,
    request: Option<RequestMark>,
) -> Result<Listing, CommitError> {
    let listing = Listing::new(created.0.clone(), request);
    let write = async |tx: &mut Tx| {
        tx.insert(listing.clone());
        tx.publish(created.clone());
        Ok::<_, CommitError>(())
    };
    context.bus.transact(write).await?;
    tracing::info!(listing.id = %listing.snapshot.id, "seats were offered");
    Ok(listing)
}

#[cfg(test)]
mod tests {
    use common::testing::anything::check_body;
    use serde_json::{Value, json};

    use super::*;

    fn offer(places: (&str, Value)) -> Value {
        let price = json!({ "amountCents": 12_500, "currency": "EUR" });
        let mut offer =
            json!({ "showId": ShowId::generate(), "section": "Stalls", "splitRule": "any", "price": price });
        offer[places.0] = places.1;
        offer
    }

    #[test]
    fn any_body_gives_an_offer_or_names_a_field() {
        for places in [("seats", json!(["1", "2"])), ("quantity", json!(2))] {
            check_body(&offer(places), |body: CreateListing| body.offer(UserId::generate()));
        }
    }
}

//! Ask another price.

use actix_web::{HttpResponse, patch, web};
use common::{
    bus::Tx,
    http::{Body, CurrentUser, Path, Problem, ProblemBody},
    ids::ListingId,
};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    Context,
    views::{ListingView, Price, actor},
};

/// What is to be changed.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EditListing {
    /// The price of each seat from now on, in the same currency.
    #[garde(skip)]
    price: Price,
}

/// Ask another price
///
/// By the seller or an admin. What was ordered stays ordered at the price that its buyer accepted.
#[utoipa::path(
    patch,
    path = "/api/listings/{id}",
    tag = "listings",
    request_body = EditListing,
    responses(
        (status = 200, body = ListingView, description = "The listing as it is now"),
        (status = 403, body = ProblemBody, description = "`forbidden`: it is somebody else's"),
        (status = 404, body = ProblemBody, description = "`not_found`"),
        (status = 409, body = ProblemBody, description = "`listing_withdrawn` or `show_started`"),
        (status = 422, body = ProblemBody, description = "`invalid`: a field is not acceptable"),
    ),
    security(("bearer" = [])),
)]
#[patch("/api/listings/{id}")]
pub async fn edit_listing(
    context: web::Data<Context>,
    user: CurrentUser,
    id: Path<ListingId>,
    body: Body<EditListing>,
) -> Result<HttpResponse, Problem> {
    let change = async |tx: &mut Tx| {
        let listing = context.listings.get(id.0).await?.ok_or_else(|| Problem::not_found("listing"))?;
        let Some(updated) = listing.state.edit_price(actor(&user), body.0.price.into(), tx.now())? else {
            return Ok::<_, Problem>(listing.state);
        };
        let next = listing.state.with(updated.0.clone());
        tx.save(&listing, next.clone());
        tx.publish(updated);
        Ok(next)
    };
    let listing = context.bus.transact(change).await?;
    Ok(HttpResponse::Ok().json(ListingView::from(listing)))
}

#[cfg(test)]
mod tests {
    use common::testing::anything::check_body;
    use serde_json::json;

    use super::*;

    #[test]
    fn any_body_gives_a_price_or_names_a_field() {
        let good = json!({ "price": { "amountCents": 12_500, "currency": "EUR" } });
        check_body(&good, Ok::<EditListing, Problem>);
    }
}

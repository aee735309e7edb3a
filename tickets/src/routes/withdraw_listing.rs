//! Take a listing off sale.

use actix_web::{HttpResponse, post, web};
use common::{
    bus::Tx,
    http::{CurrentUser, Path, Problem, ProblemBody},
    ids::ListingId,
};

use super::{
    Context,
    views::{ListingView, actor},
};

/// Take a listing off sale
///
/// By the seller or an admin, for good. What was ordered stays ordered. Withdrawing twice is withdrawing
/// once.
#[utoipa::path(
    post,
    path = "/api/listings/{id}/withdraw",
    tag = "listings",
    responses(
        (status = 200, body = ListingView, description = "The listing is off sale"),
        (status = 403, body = ProblemBody, description = "`forbidden`: it is somebody else's"),
        (status = 404, body = ProblemBody, description = "`not_found`"),
    ),
    security(("bearer" = [])),
)]
#[post("/api/listings/{id}/withdraw")]
pub async fn withdraw_listing(
    context: web::Data<Context>,
    user: CurrentUser,
    id: Path<ListingId>,
) -> Result<HttpResponse, Problem> {
    let change = async |tx: &mut Tx| {
        let listing = context.listings.get(id.0).await?.ok_or_else(|| Problem::not_found("listing"))?;
        let Some(withdrawn) = listing.state.withdraw(actor(&user))? else {
            return Ok::<_, Problem>(listing.state);
        };
        let next = listing.state.with(withdrawn.0.clone());
        tx.save(&listing, next.clone());
        tx.publish(withdrawn);
        Ok(next)
    };
    let listing = context.bus.transact(change).await?;
    Ok(HttpResponse::Ok().json(ListingView::from(listing)))
}

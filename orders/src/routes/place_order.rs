//! Claims seats. The insert of the order is the claim: no other service is asked, nothing is locked, and a
//! lost race costs another try.

use std::time::Duration;

use actix_web::{HttpResponse, http::header, post, web::Data};
use common::{
    bus::{CommitError, Tx},
    events::order::OrderSnapshot,
    http::{Body, CurrentUser, IdempotencyKey, Problem, ProblemBody, fingerprint},
    ids::{ListingId, OrderId, UserId},
    money::MAX_CENTS,
};
use garde::Validate;
use rand::Rng as _;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use utoipa::ToSchema;

use crate::{
    app::Context,
    domain::{
        order::{Order, RequestKey},
        placing::{Draw, MAX_SEATS, Situation, Wish, place},
    },
    problems,
    store::{Orders, REQUEST_OF_BUYER, SEATS_OF_LIVE_ORDERS, SLOT_OF_OPEN_ORDERS},
};

/// How often other seats are tried when somebody was faster.
const MAX_ATTEMPTS: u32 = 12;
/// How often, and how far apart, a listing is looked for that orders has not heard of yet: somebody may buy
/// within the moment that ListingCreated is on its way.
const LISTING_LOOKS: u32 = 10;
const LISTING_PAUSE: Duration = Duration::from_millis(100);

/// What a buyer wants.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlaceOrder {
    /// Seats of which listing.
    #[garde(skip)]
    listing_id: ListingId,
    /// How many.
    #[garde(range(min = 1, max = MAX_SEATS))]
    #[schema(minimum = 1, maximum = 8, example = 2)]
    quantity: u32,
    /// What one seat costs in all, fees included, as the buyer has seen and accepts it, in minor units.
    #[garde(range(min = 0, max = MAX_CENTS))]
    #[schema(minimum = 0, maximum = 1_000_000_000, example = 12_500)]
    expected_price_cents: i64,
}

impl PlaceOrder {
    fn wish(&self, buyer_id: UserId, key: &IdempotencyKey) -> Wish {
        let request = RequestKey { key: key.as_str().to_owned(), fingerprint: fingerprint(self) };
        Wish {
            buyer_id,
            listing_id: self.listing_id,
            quantity: self.quantity,
            expected_price_cents: self.expected_price_cents,
            request,
        }
    }
}

/// Place an order
///
/// Claims seats of a listing and holds them until `expiresAt`. Seats are chosen next to each other where
/// that is possible, and never so that a single one is left. The same key with the same body answers with
/// the same order.
#[utoipa::path(
    post,
    path = "/api/orders",
    tag = "orders",
    params(("Idempotency-Key" = String, Header, description = "A new key for each thing that you want done")),
    request_body = PlaceOrder,
    responses(
        (status = 201, body = OrderSnapshot, description = "The order, awaiting payment; `Location` names it"),
        (status = 400, body = ProblemBody, description = "`idempotency_key_required`, `malformed_json`"),
        (status = 404, body = ProblemBody, description = "`not_found`: there is no such listing"),
        (
            status = 409,
            body = ProblemBody,
            description = "`sold_out`, `price_changed`, `listing_closed`, `limit_reached`, `leaves_single_seat`, \
                           `split_rule`, `own_listing`"
        ),
        (status = 422, body = ProblemBody, description = "`invalid`, `idempotency_key_reused`"),
        (status = 503, body = ProblemBody, description = "`busy`: others were faster again and again"),
    ),
    security(("bearer" = [])),
)]
#[post("/api/orders")]
pub async fn place_order(
    context: Data<Context>,
    user: CurrentUser,
    key: IdempotencyKey,
    body: Body<PlaceOrder>,
) -> Result<HttpResponse, Problem> {
    let wish = body.0.wish(user.id, &key);
    let order = match placed_before(&context, &wish).await? {
        Some(order) => order,
        None => claim(&context, &wish).await?,
    };
    let location = format!("/api/orders/{}", order.id);
    Ok(HttpResponse::Created().insert_header((header::LOCATION, location)).json(order.snapshot()))
}

/// The order that this request has made already, if it is a retry.
async fn placed_before(context: &Context, wish: &Wish) -> Result<Option<Order>, Problem> {
    let found = context.orders.requested(wish.buyer_id, &wish.request.key).await?;
    match found.map(|found| found.state) {
        Some(order) if order.request != wish.request => Err(Problem::idempotency_key_reused()),
        order => Ok(order),
    }
}

/// Chooses and claims, with other seats when somebody was faster, within a bound.
async fn claim(context: &Context, wish: &Wish) -> Result<Order, Problem> {
    for attempt in 0..MAX_ATTEMPTS {
        let situation = situation(context, wish).await?;
        let attempted = match place(wish, &situation, context.terms, draw(context, attempt)) {
            Ok(order) => commit(context, order).await?,
            Err(refusal) => Claimed::Refused(refusal.into()),
        };
        if let Claimed::Placed(order) = attempted {
            return Ok(*order);
        }
        // What stood in the way may be this very request, sent twice.
        if let Some(order) = placed_before(context, wish).await? {
            return Ok(order);
        }
        if let Claimed::Refused(problem) = attempted {
            return Err(problem);
        }
        metrics::counter!("orders_lost_races_total").increment(1);
        step_aside(attempt).await;
    }
    let situation = situation(context, wish).await?;
    let answer = place(wish, &situation, context.terms, draw(context, MAX_ATTEMPTS));
    Err(answer.map_or_else(Problem::from, |_| problems::busy()))
}

/// What became of one attempt.
enum Claimed {
    /// The seats are the buyer's.
    Placed(Box<Order>),
    /// Somebody else has one of them, or the slot, or it was this request before.
    Lost,
    /// There is nothing to be had.
    Refused(Problem),
}

async fn commit(context: &Context, order: Order) -> Result<Claimed, Problem> {
    let insert = async |tx: &mut Tx| {
        Orders::place(tx, order.clone());
        Ok(())
    };
    match context.bus.transact(insert).await {
        Ok(()) => Ok(Claimed::Placed(Box::new(order))),
        Err(CommitError::Duplicate { index }) if is_lost_race(&index) => Ok(Claimed::Lost),
        Err(error) => Err(error.into()),
    }
}

fn is_lost_race(index: &str) -> bool {
    [SEATS_OF_LIVE_ORDERS, SLOT_OF_OPEN_ORDERS, REQUEST_OF_BUYER].contains(&index)
}

/// What is known of the listing and the buyer. A listing that is not known may be on its way.
async fn situation(context: &Context, wish: &Wish) -> Result<Situation, Problem> {
    for _ in 0..LISTING_LOOKS {
        let (inventory, taken, slots) = tokio::try_join!(
            context.inventories.get(wish.listing_id),
            context.orders.taken_seats(wish.listing_id),
            context.orders.taken_slots(wish.buyer_id),
        )?;
        if let Some(inventory) = inventory {
            return Ok(Situation { listing: inventory.state.listing, taken, slots });
        }
        sleep(LISTING_PAUSE).await;
    }
    Err(Problem::not_found("listing"))
}

/// The first attempt takes the first seats; those who lost a race scatter.
fn draw(context: &Context, attempt: u32) -> Draw {
    let spread = if attempt == 0 { 0 } else { rand::rng().random() };
    Draw { id: OrderId::generate(), now: context.clock.now(), spread }
}

/// A short random pause, longer after each loss.
async fn step_aside(attempt: u32) {
    let bound_micros = 1_000_u64 << attempt.min(5);
    sleep(Duration::from_micros(rand::rng().random_range(0..bound_micros))).await;
}

#[cfg(test)]
mod tests {
    use common::testing::anything::check_body;
    use serde_json::json;

    use super::*;

    #[test]
    fn any_body_gives_a_wish_or_names_a_field() {
        let good = json!({ "listingId": ListingId::generate(), "quantity": 2, "expectedPriceCents": 12_500 });
        check_body(&good, Ok::<PlaceOrder, Problem>);
    }
}

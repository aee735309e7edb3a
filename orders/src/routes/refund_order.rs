//! Asks for the money back.

use actix_web::{HttpResponse, post, web::Data};
use common::{
    bus::{CommitError, Loaded, Tx},
    events::order::OrderSnapshot,
    http::{CurrentUser, IdempotencyKey, Path, Problem, ProblemBody},
    ids::OrderId,
};

use super::{actor, visible_order};
use crate::{
    app::Context,
    domain::{
        decide::{Decision, Input, decide},
        order::{Order, RefundRequest},
    },
    store::{Orders, REFUND_OF_REQUESTER},
};

/// Refund an order
///
/// The buyer may ask for the money of a completed order until the show starts, an admin at any time. The
/// money is on its way when the order is `refunding`, and back when it is `refunded`; then its seats are free.
#[utoipa::path(
    post,
    path = "/api/orders/{id}/refund",
    tag = "orders",
    params(("Idempotency-Key" = String, Header, description = "A new key for each thing that you want done")),
    responses(
        (status = 202, body = OrderSnapshot, description = "The order; the money is on its way back"),
        (status = 400, body = ProblemBody, description = "`idempotency_key_required`"),
        (status = 404, body = ProblemBody, description = "`not_found`"),
        (status = 409, body = ProblemBody, description = "`not_refundable`: not completed, or the show has started"),
        (status = 422, body = ProblemBody, description = "`idempotency_key_reused`: for another order"),
    ),
    security(("bearer" = [])),
)]
#[post("/api/orders/{id}/refund")]
pub async fn refund_order(
    context: Data<Context>,
    user: CurrentUser,
    id: Path<OrderId>,
    key: IdempotencyKey,
) -> Result<HttpResponse, Problem> {
    let refund = async |tx: &mut Tx| {
        let loaded = visible_order(&context, &user, id.0).await?;
        let input = requested(&context, &user, &loaded, &key).await?;
        match decide(&loaded.state, input, tx.now()) {
            Decision::Changed(refunding) => {
                let snapshot = refunding.snapshot();
                Orders::change(tx, &loaded, *refunding);
                Ok(snapshot)
            }
            Decision::Unchanged(_) => Ok(loaded.state.snapshot()),
            Decision::Refused(why) => Err(RefundError::Refused(why.into())),
        }
    };
    let order: OrderSnapshot = context.bus.transact(refund).await?;
    Ok(HttpResponse::Accepted().json(order))
}

/// What the caller asks for, judged by the newest that is known of the show's start.
async fn requested(
    context: &Context,
    user: &CurrentUser,
    loaded: &Loaded<Order>,
    key: &IdempotencyKey,
) -> Result<Input<'static>, Problem> {
    // The order was chosen from the inventory, so it is missing only while it is being rebuilt.
    let inventory = context.inventories.get(loaded.state.listing_id).await?;
    let inventory = inventory.ok_or_else(Problem::unavailable)?;
    Ok(Input::RefundRequested {
        by: actor(&loaded.state, user),
        request: RefundRequest { requested_by: user.id, key: key.as_str().to_owned() },
        show_starts_at: inventory.state.listing.show_starts_at,
    })
}

/// Why a refund was not recorded.
enum RefundError {
    Refused(Problem),
    Commit(CommitError),
}

impl From<Problem> for RefundError {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

impl From<CommitError> for RefundError {
    fn from(error: CommitError) -> Self {
        Self::Commit(error)
    }
}

impl From<RefundError> for Problem {
    fn from(error: RefundError) -> Self {
        match error {
            RefundError::Refused(problem) => problem,
            RefundError::Commit(CommitError::Duplicate { index }) if index == REFUND_OF_REQUESTER => {
                Self::idempotency_key_reused()
            }
            RefundError::Commit(error) => error.into(),
        }
    }
}

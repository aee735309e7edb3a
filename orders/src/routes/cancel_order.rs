//! Gives an order up.

use actix_web::{HttpResponse, post, web::Data};
use common::{
    bus::Tx,
    events::order::OrderSnapshot,
    http::{CurrentUser, Path, Problem, ProblemBody},
    ids::OrderId,
};

use super::{actor, visible_order};
use crate::{
    app::Context,
    domain::decide::{Decision, Input, decide},
    store::Orders,
};

/// Cancel an order
///
/// Possible until a payment has confirmed it. To cancel a cancelled order again changes nothing.
#[utoipa::path(
    post,
    path = "/api/orders/{id}/cancel",
    tag = "orders",
    responses(
        (status = 200, body = OrderSnapshot, description = "The order, cancelled; its seats are free again"),
        (status = 404, body = ProblemBody, description = "`not_found`"),
        (status = 409, body = ProblemBody, description = "`not_cancellable`: it is paid or has ended otherwise"),
    ),
    security(("bearer" = [])),
)]
#[post("/api/orders/{id}/cancel")]
pub async fn cancel_order(
    context: Data<Context>,
    user: CurrentUser,
    id: Path<OrderId>,
) -> Result<HttpResponse, Problem> {
    let cancel = async |tx: &mut Tx| {
        let loaded = visible_order(&context, &user, id.0).await?;
        match decide(&loaded.state, Input::Cancel(actor(&loaded.state, &user)), tx.now()) {
            Decision::Changed(cancelled) => {
                let snapshot = cancelled.snapshot();
                Orders::change(tx, &loaded, *cancelled);
                Ok(snapshot)
            }
            Decision::Unchanged(_) => Ok(loaded.state.snapshot()),
            Decision::Refused(why) => Err(Problem::from(why)),
        }
    };
    let order = context.bus.transact(cancel).await?;
    Ok(HttpResponse::Ok().json(order))
}

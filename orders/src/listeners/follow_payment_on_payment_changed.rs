//! Follows the payments of an order.

use common::{
    bus::{HandlerError, Listener, Loaded, Meta, Outcome, Tx},
    events::payment::PaymentChanged,
};

use crate::{
    app::Context,
    domain::{
        decide::{Decision, Input, Unchanged, decide},
        order::Order,
        payments::{News, news},
    },
    store::Orders,
};

/// Confirms an order on the authorisation of its payment, completes it on the capture, ends it on the
/// failure, and frees its seats when the money is back.
///
/// One listener follows all facts about payments, and decides from the *state* of the payment and not from
/// the name of the fact. After the loss of a stream only the current state is published again, under the
/// latest fact; whoever waited for one fact by name could wait forever. It also keeps the facts about one
/// payment in one lane, so that a capture is never handled before the authorisation that it follows.
///
/// The snapshot is kept in any case; one that is known already is decided from again, which changes nothing
/// unless the order missed it.
#[derive(Debug)]
pub struct FollowPaymentOnPaymentChanged;

impl Listener for FollowPaymentOnPaymentChanged {
    const NAME: &'static str = "orders-follow-payment-on-payment-changed";
    type Event = PaymentChanged;
    type Context = Context;

    async fn handle(
        event: &PaymentChanged,
        _: &Meta,
        tx: &mut Tx,
        context: &Context,
    ) -> Result<Outcome, HandlerError> {
        let payment = &event.0;
        let loaded = context.orders.known(payment.order_id).await?;
        let order = match news(&loaded.state, payment) {
            News::Newer(order) => *order,
            News::Known => loaded.state.clone(),
            News::Stale => return Ok(Outcome::Skipped("stale")),
        };
        let Some(input) = Input::of(payment) else { return Ok(keep(tx, &loaded, order)) };
        match decide(&order, input, tx.now()) {
            Decision::Changed(next) => {
                Orders::change(tx, &loaded, *next);
                Ok(Outcome::Done)
            }
            Decision::Unchanged(why) => {
                if why == Unchanged::Mismatch {
                    tracing::error!(order.id = %order.id, payment.id = %payment.id, "a payment does not fit its order");
                }
                keep(tx, &loaded, order);
                Ok(Outcome::Skipped(why.reason()))
            }
            Decision::Refused(why) => Err(HandlerError::dead_letter(why)),
        }
    }
}

fn keep(tx: &mut Tx, loaded: &Loaded<Order>, order: Order) -> Outcome {
    if order == loaded.state {
        return Outcome::Skipped("duplicate");
    }
    Orders::remember(tx, loaded, order);
    Outcome::Done
}

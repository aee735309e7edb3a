//! When an order changes: keep what is known of it, and let its payment follow. What was confirmed is
//! captured, what is not wanted any more is released, what is to be returned is refunded.

use common::{
    bus::{HandlerError, Listener, Meta, Outcome, Tx},
    events::order::OrderChanged,
};

use crate::{
    app::Context,
    domain::{Decision, Input, decide, is_under_way},
    reconciler::Hint,
};

/// See the module.
#[derive(Debug)]
pub struct FollowOrderOnOrderChanged;

impl Listener for FollowOrderOnOrderChanged {
    const NAME: &'static str = "payments-follow-order-on-order-changed";
    type Event = OrderChanged;
    type Context = Context;

    async fn handle(
        OrderChanged(order): &OrderChanged,
        _: &Meta,
        tx: &mut Tx,
        context: &Context,
    ) -> Result<Outcome, HandlerError> {
        let known = context.orders.get(order.id).await?;
        let kept = context.orders.keep(tx, known.as_ref(), order);
        // An older run may have kept the snapshot and died before the payment learnt of it.
        let newest = known.as_ref().filter(|_| !kept).map_or(order, |known| &known.state.order);
        let Some(payment_id) = known.as_ref().and_then(|known| known.state.payment_id) else {
            return Ok(if kept { Outcome::Done } else { Outcome::Skipped("stale") });
        };
        let payment = context.payments.known(payment_id).await?;
        match decide(&payment.state, Input::Order(Box::new(newest.clone())), tx.now()) {
            Decision::Next(next, told) => {
                if is_under_way(next.status) {
                    context.hints.give(Hint::Expect(payment_id));
                }
                context.payments.save(tx, &payment, *next, told);
                Ok(Outcome::Done)
            }
            Decision::Skipped(_) if kept => Ok(Outcome::Done),
            Decision::Skipped(why) => Ok(Outcome::Skipped(why)),
        }
    }
}

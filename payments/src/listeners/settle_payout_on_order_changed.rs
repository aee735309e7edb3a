//! When an order is completed, its seller is owed the price; when it is refunded, nothing any more.

use common::{
    bus::{HandlerError, Listener, Meta, Outcome, Tx},
    events::order::OrderChanged,
};

use crate::{
    app::Context,
    domain::{PayoutDecision, decide_payout},
};

/// See the module.
#[derive(Debug)]
pub struct SettlePayoutOnOrderChanged;

impl Listener for SettlePayoutOnOrderChanged {
    const NAME: &'static str = "payments-settle-payout-on-order-changed";
    type Event = OrderChanged;
    type Context = Context;

    async fn handle(
        OrderChanged(order): &OrderChanged,
        _: &Meta,
        tx: &mut Tx,
        context: &Context,
    ) -> Result<Outcome, HandlerError> {
        let known = context.payouts.of_order(order.id).await?;
        match decide_payout(known.as_ref().map(|known| &known.state), order, tx.now()) {
            PayoutDecision::Next(next, fact) => {
                context.payouts.save(tx, known.as_ref(), *next, fact);
                Ok(Outcome::Done)
            }
            PayoutDecision::Skipped(why) => Ok(Outcome::Skipped(why)),
        }
    }
}

//! Ends an order whose hold is over.

use common::{
    bus::{HandlerError, Listener, Meta, Outcome, Tx},
    events::timer::ExpirationCompleted,
};

use crate::{
    app::Context,
    domain::decide::{Decision, Input, Unchanged, decide},
    store::Orders,
};

/// Expires an order that still awaits payment and frees its seats, in one write. The timer is a hint:
/// whether the deadline has passed is judged by orders' own clock, and if it has not, the hint is taken up
/// again at the deadline.
#[derive(Debug)]
pub struct ExpireOnExpirationCompleted;

impl Listener for ExpireOnExpirationCompleted {
    const NAME: &'static str = "orders-expire-on-expiration-completed";
    type Event = ExpirationCompleted;
    type Context = Context;

    async fn handle(
        event: &ExpirationCompleted,
        _: &Meta,
        tx: &mut Tx,
        context: &Context,
    ) -> Result<Outcome, HandlerError> {
        let loaded = context.orders.known(event.0.id).await?;
        match decide(&loaded.state, Input::TimerFired, tx.now()) {
            Decision::Changed(expired) => {
                Orders::change(tx, &loaded, *expired);
                Ok(Outcome::Done)
            }
            Decision::Unchanged(Unchanged::NotDue(deadline)) => Err(HandlerError::not_before(deadline)),
            Decision::Unchanged(why) => Ok(Outcome::Skipped(why.reason())),
            Decision::Refused(why) => Err(HandlerError::dead_letter(why)),
        }
    }
}

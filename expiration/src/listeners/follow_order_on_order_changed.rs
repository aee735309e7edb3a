//! Sets the timer of an order that awaits payment, and clears it when the order no longer does.

use common::{
    bus::{HandlerError, Listener, Loaded, Meta, Outcome, Tx},
    events::order::OrderChanged,
};

use crate::{
    app::Context,
    domain::{Followed, News, Ticked, Timer},
};

/// Follows every order, so that each that awaits payment has a timer and no other has.
#[derive(Debug)]
pub struct FollowOrderOnOrderChanged;

impl Listener for FollowOrderOnOrderChanged {
    const NAME: &'static str = "expiration-follow-order-on-order-changed";
    type Event = OrderChanged;
    type Context = Context;

    /// The index is written before the timer is committed, because after it there is nobody left to do so.
    /// If the commit then fails, the entry is one too many, which is ignored when it fires, or one too few
    /// for a moment, until the event is delivered again. If Redis is away the timer is stored all the same:
    /// the index is rebuilt when Redis is back, and until then the worker finds timers in MongoDB.
    ///
    /// An order that is heard of only after its deadline needs no index: its timer fires in the same write.
    async fn handle(
        event: &OrderChanged,
        _meta: &Meta,
        tx: &mut Tx,
        context: &Context,
    ) -> Result<Outcome, HandlerError> {
        let news = News::from(&event.0);
        let timer = context.timers.get(news.id).await?;
        match Timer::follow(timer.as_ref().map(|timer| &timer.state), news) {
            Followed::Set(next) => match next.tick(tx.now()) {
                Ticked::Fire(fired, fact) => {
                    record(tx, timer.as_ref(), fired);
                    tx.publish(fact);
                }
                Ticked::Early(deadline) => {
                    let _rebuilt_later = context.schedule.add(next.id, deadline).await;
                    record(tx, timer.as_ref(), next);
                }
                Ticked::Skip(skip) => return Ok(Outcome::Skipped(skip.reason())),
            },
            Followed::Clear(next) => {
                let _ignored_later = context.schedule.remove(next.id).await;
                record(tx, timer.as_ref(), next);
            }
            Followed::Skip(skip) => return Ok(Outcome::Skipped(skip.reason())),
        }
        Ok(Outcome::Done)
    }
}

fn record(tx: &mut Tx, timer: Option<&Loaded<Timer>>, next: Timer) {
    match timer {
        Some(timer) => tx.save(timer, next),
        None => tx.insert(next),
    }
}

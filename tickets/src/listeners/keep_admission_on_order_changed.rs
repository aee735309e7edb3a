//! Every change of an order is kept, for the seats that are left; a completed order gets its passes, and
//! one that is completed no more loses them.
//!
//! One listener does all of it. Two would have a consumer each, which could see the events of one order in
//! different orders: passes could be issued after the refund was noted.

use common::{
    bus::{HandlerError, Listener, Meta, Outcome, Tx},
    events::order::OrderChanged,
};

use super::Context;
use crate::domain::admission::{Admission, Reaction};

/// Follows orders and keeps their passes.
///
/// A seat that was refunded and sold again may be heard of in the wrong order, as the two orders are
/// different aggregates: then the unique index refuses the new pass until the old one is void, and the
/// event is tried again meanwhile.
#[derive(Debug)]
pub struct KeepAdmissionOnOrderChanged;

impl Listener for KeepAdmissionOnOrderChanged {
    const NAME: &'static str = "tickets-keep-admission-on-order-changed";
    type Event = OrderChanged;
    type Context = Context;

    async fn handle(
        OrderChanged(order): &OrderChanged,
        _meta: &Meta,
        tx: &mut Tx,
        context: &Context,
    ) -> Result<Outcome, HandlerError> {
        let known = context.admissions.get(order.id).await?;
        let now = tx.now();
        let reaction = match &known {
            Some(known) => known.state.follow(order.clone(), now),
            None => Admission::begin(order.clone(), now),
        };
        let mut keep = |admission| match &known {
            Some(known) => tx.save(known, admission),
            None => tx.insert(admission),
        };
        match reaction {
            Reaction::Stale => return Ok(Outcome::Skipped("stale")),
            Reaction::Duplicate => return Ok(Outcome::Skipped("duplicate")),
            Reaction::Noted(admission) => keep(admission),
            Reaction::Issued(admission, facts) => {
                keep(admission);
                for fact in facts {
                    tx.publish(fact);
                }
            }
            Reaction::Voided(admission, facts) => {
                keep(admission);
                for fact in facts {
                    tx.publish(fact);
                }
            }
        }
        Ok(Outcome::Done)
    }
}

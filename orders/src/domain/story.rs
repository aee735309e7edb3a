//! An order's story: when it entered each of its states, through whom, and why. The order keeps the states and
//! the times; the rest follows from what it knows anyway.

use common::{
    clock::Timestamp,
    events::order::{CancelReason, OrderStatus},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::order::Order;

/// A state that an order has entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// Which.
    pub status: OrderStatus,
    /// When, by orders' clock.
    pub at: Timestamp,
}

/// One step of an order's story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Step {
    /// The state that the order entered.
    pub status: OrderStatus,
    /// When, by orders' clock.
    pub at: Timestamp,
    /// Through whom.
    pub by: By,
    /// Why.
    pub reason: Reason,
}

/// Through whom an order entered a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The one who placed it.
    Buyer,
    /// An admin who did not.
    Admin,
    /// Nobody: time passed, or the gateway answered.
    System,
}

/// Why an order entered a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Seats were claimed.
    Placed,
    /// The money was reserved in time.
    PaymentAuthorized,
    /// The buyer was charged.
    PaymentCaptured,
    /// The money that was reserved could not be charged.
    PaymentFailed,
    /// It was not paid in time.
    HoldOver,
    /// It was given up before it was paid.
    GivenUp,
    /// The money is wanted back.
    RefundRequested,
    /// The money is back.
    MoneyReturned,
}

impl Order {
    /// The story so far, from the beginning on; at most one step for each state.
    pub fn story(&self) -> Vec<Step> {
        self.history.iter().map(|passage| self.step(*passage)).collect()
    }

    fn step(&self, Passage { status, at }: Passage) -> Step {
        let (by, reason) = match status {
            OrderStatus::AwaitingPayment => (By::Buyer, Reason::Placed),
            OrderStatus::Confirmed => (By::System, Reason::PaymentAuthorized),
            OrderStatus::Completed => (By::System, Reason::PaymentCaptured),
            OrderStatus::Refunding => (self.refunded_by(), Reason::RefundRequested),
            OrderStatus::Refunded => (By::System, Reason::MoneyReturned),
            OrderStatus::Cancelled => match self.cancel_reason {
                Some(CancelReason::ByBuyer) => (By::Buyer, Reason::GivenUp),
                Some(CancelReason::ByAdmin) => (By::Admin, Reason::GivenUp),
                Some(CancelReason::PaymentFailed) | None => (By::System, Reason::PaymentFailed),
            },
            OrderStatus::Expired => (By::System, Reason::HoldOver),
        };
        Step { status, at, by, reason }
    }

    fn refunded_by(&self) -> By {
        match &self.refund {
            Some(refund) if refund.requested_by != self.buyer_id => By::Admin,
            Some(_) | None => By::Buyer,
        }
    }
}

#[cfg(test)]
mod tests {
    use common::{
        events::{order::OrderStatus::*, payment::PaymentStatus},
        ids::UserId,
    };

    use super::*;
    use crate::domain::{
        decide::{Decision, Input, decide},
        order::{
            Actor, RefundRequest,
            examples::{at, order, payment},
        },
    };

    /// What is told of an order to which all this happens, one after the other.
    fn told<'a>(order: &Order, inputs: impl IntoIterator<Item = (u64, Input<'a>)>) -> Vec<Step> {
        let mut order = order.clone();
        for (secs, input) in inputs {
            match decide(&order, input, at(secs)) {
                Decision::Changed(next) => order = *next,
                Decision::Unchanged(_) | Decision::Refused(_) => {}
            }
        }
        order.story()
    }

    fn step(status: OrderStatus, secs: u64, by: By, reason: Reason) -> Step {
        Step { status, at: at(secs), by, reason }
    }

    #[test]
    fn a_refunded_order_tells_all_its_steps() {
        let order = order();
        let paid = payment(&order, PaymentStatus::Authorized);
        for (asks, by) in [(order.buyer_id, By::Buyer), (UserId::generate(), By::Admin)] {
            let request = RefundRequest { requested_by: asks, key: "key".to_owned() };
            let refund = Input::RefundRequested { by: Actor::Admin, request, show_starts_at: at(1_000) };
            let story = told(
                &order,
                [
                    (5, Input::PaymentAuthorized(&paid)),
                    (6, Input::PaymentAuthorized(&paid)),
                    (7, Input::PaymentCaptured(&paid)),
                    (8, refund),
                    (9, Input::PaymentRefunded(&paid)),
                    (10, Input::TimerFired),
                ],
            );
            let expected = [
                step(AwaitingPayment, 0, By::Buyer, Reason::Placed),
                step(Confirmed, 5, By::System, Reason::PaymentAuthorized),
                step(Completed, 7, By::System, Reason::PaymentCaptured),
                step(Refunding, 8, by, Reason::RefundRequested),
                step(Refunded, 9, By::System, Reason::MoneyReturned),
            ];
            assert_eq!(story, expected);
        }
    }

    #[test]
    fn every_end_tells_by_whom_and_why() {
        let order = order();
        let paid = payment(&order, PaymentStatus::Authorized);
        for (inputs, by, reason) in [
            (vec![(900, Input::TimerFired)], By::System, Reason::HoldOver),
            (vec![(10, Input::Cancel(Actor::Buyer))], By::Buyer, Reason::GivenUp),
            (vec![(10, Input::Cancel(Actor::Admin))], By::Admin, Reason::GivenUp),
            (
                vec![(10, Input::PaymentAuthorized(&paid)), (20, Input::PaymentFailed(&paid))],
                By::System,
                Reason::PaymentFailed,
            ),
        ] {
            let end = told(&order, inputs).pop().unwrap();
            assert_eq!((end.by, end.reason), (by, reason));
        }
    }
}

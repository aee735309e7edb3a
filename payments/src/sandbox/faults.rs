//! Faults that tests order: the gateway hangs or answers 500, before or after the effect, for some kind of
//! request and so many times.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// How many faults may be waiting.
const MAX_FAULTS: usize = 64;

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Every kind.
    Any,
    /// `POST /v1/authorizations`
    Authorize,
    /// `POST …/capture`
    Capture,
    /// `POST …/void`
    Void,
    /// `POST …/refund`
    Refund,
    /// `GET /v1/authorizations/{reference}`
    Lookup,
}

/// What happens to the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It hangs and has no effect.
    HangBefore,
    /// It has its effect and hangs.
    HangAfter,
    /// It answers 500 and has no effect.
    ErrorBefore,
    /// It has its effect and answers 500.
    ErrorAfter,
}

/// The order of a fault.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Order {
    /// Which requests it is for.
    pub operation: Operation,
    /// What happens to them.
    pub fault: Fault,
    /// To how many; to all until the faults are cleared, if absent.
    #[serde(default)]
    pub times: Option<u32>,
}

/// The faults that are to happen.
#[derive(Debug, Default)]
pub struct Faults {
    orders: Mutex<Vec<Order>>,
}

impl Faults {
    /// Adds an order; false if there are too many.
    pub fn add(&self, order: Order) -> bool {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let accepted = orders.len() < MAX_FAULTS;
        if accepted {
            orders.push(order);
        }
        accepted
    }

    /// Forgets all orders.
    pub fn clear(&self) {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The fault that this request meets, if any.
    pub fn meet(&self, operation: Operation) -> Option<Fault> {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let index = orders.iter().position(|order| {
            order.times != Some(0) && (order.operation == operation || order.operation == Operation::Any)
        })?;
        let fault = orders[index].fault;
        match &mut orders[index].times {
            Some(1) => drop(orders.remove(index)),
            Some(times) => *times -= 1,
            None => {}
        }
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_happens_to_its_requests_and_as_often_as_ordered() {
        let faults = Faults::default();
        faults.add(Order { operation: Operation::Capture, fault: Fault::ErrorAfter, times: Some(2) });
        faults.add(Order { operation: Operation::Any, fault: Fault::HangBefore, times: Some(1) });
        assert_eq!(faults.meet(Operation::Capture), Some(Fault::ErrorAfter));
        assert_eq!(faults.meet(Operation::Lookup), Some(Fault::HangBefore));
        assert_eq!(faults.meet(Operation::Lookup), None);
        assert_eq!(faults.meet(Operation::Capture), Some(Fault::ErrorAfter));
        assert_eq!(faults.meet(Operation::Capture), None);
    }
}

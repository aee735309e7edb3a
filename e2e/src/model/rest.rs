//! Liveness, as the absence of bad ends.
//!
//! A state is at rest when nothing that is bound to happen would change it: clocks go on, services that died
//! come back, and JetStream brings the current state of everything to everybody at last. Then L1 to L6 must
//! hold. What may happen or not (a buyer's wish, a lost request) keeps no state from being at rest.

use common::events::order::OrderStatus;
use payments::domain::is_under_way;
use tickets::domain::admission::Admission;

use super::{
    Marketplace,
    actions::Action,
    gateway::{Bank, EFFECTS, Money},
    state::{OrderDocs, PaymentDocs, State},
};

impl Marketplace {
    /// Whether everything has come to a good end, or somebody still has something to do.
    pub(super) fn rests_well(&self, state: &State) -> bool {
        self.has_ended_well(state) || !self.is_at_rest(state)
    }

    fn is_at_rest(&self, state: &State) -> bool {
        let mut bound = vec![Action::TellInventory(state.listing)];
        for (n, docs) in state.orders.iter().enumerate() {
            bound.extend(docs.iter().flat_map(|docs| self.bound_to_happen_to_order(n, docs)));
        }
        for (n, docs) in state.payments.iter().enumerate() {
            bound.extend(docs.iter().flat_map(|docs| self.bound_to_happen_to_payment(n, docs)));
        }
        bound.into_iter().all(|action| self.step(state, action).is_none())
    }

    fn bound_to_happen_to_order(&self, n: usize, docs: &OrderDocs) -> [Action; 6] {
        let version = self.version_of(docs);
        [
            Action::PassDeadline(n),
            Action::TellTimer(n, version),
            Action::Fire(n),
            Action::TellFired(n),
            Action::TellPayments(n, version),
            Action::TellTickets(n, version),
        ]
    }

    fn bound_to_happen_to_payment(&self, n: usize, docs: &PaymentDocs) -> Vec<Action> {
        let mut bound =
            vec![Action::Name(n), Action::Load(n), Action::Ask(n, Bank::Agrees), Action::Learn(n)];
        let version = self.version_of_payment(docs);
        bound.extend((version > 0).then_some(Action::TellOrders(n, version)));
        let flying = EFFECTS.into_iter().filter(|call| docs.flights.has(*call));
        bound.extend(flying.map(|call| Action::Arrive(n, call, Bank::Agrees)));
        bound
    }

    fn has_ended_well(&self, state: &State) -> bool {
        let orders = state.orders.iter().flatten().all(|docs| self.order_has_ended_well(docs));
        orders && state.payments.iter().flatten().all(|docs| self.payment_has_ended_well(state, docs))
    }

    /// L1: it has ended or is paid. L2: an ended order has no seats. L3: it has its passes if it is completed,
    /// and else none. L8: everybody knows its newest version.
    fn order_has_ended_well(&self, docs: &OrderDocs) -> bool {
        let order = self.orders.get(docs.state);
        let settled = match order.status {
            OrderStatus::Completed => order.live,
            OrderStatus::Refunded | OrderStatus::Cancelled | OrderStatus::Expired => !order.live,
            OrderStatus::AwaitingPayment | OrderStatus::Confirmed | OrderStatus::Refunding => false,
        };
        let admission = docs.admission.map(|admission| self.admissions.get(admission));
        let passes = admission.as_deref().map_or(0, valid_passes);
        let owed = if order.status == OrderStatus::Completed { order.seats.len() } else { 0 };
        let version = self.version_of(docs);
        let is_known = docs.view.is_some_and(|view| view.version == version)
            && admission.is_some_and(|admission| admission.order.version == u64::from(version));
        settled && passes == owed && is_known
    }

    /// L4: it is at rest. L5: nothing of it is reserved. L6: what is charged was for something.
    fn payment_has_ended_well(&self, state: &State, docs: &PaymentDocs) -> bool {
        let payment = self.payments.get(docs.state);
        let earned = docs.money != Money::Charged
            || state.orders.iter().flatten().any(|of| {
                let order = self.orders.get(of.state);
                order.payment_id == Some(payment.id) && order.status == OrderStatus::Completed
            });
        !is_under_way(payment.status) && !docs.money.is_open() && earned
    }
}

fn valid_passes(admission: &Admission) -> usize {
    if admission.admits { admission.passes.len() } else { 0 }
}

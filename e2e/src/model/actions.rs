//! What can happen next.

use payments::domain::Call;

use super::{
    Marketplace,
    cast::{Moment, ORDERS, PAYMENTS},
    gateway::{Bank, EFFECTS, Money},
    scope::{Event, Follower},
    state::{Driver, OrderDocs, PaymentDocs, State},
};

/// One step of somebody or something. Orders and payments are named by their number, versions as they are
/// published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// The seller raises the price, then withdraws the listing.
    EditListing,
    /// Orders is told this version of the listing.
    TellInventory(u8),
    /// A buyer who has seen this version of the listing places the order.
    Place(usize, u8),
    /// The deadline of the order passes, by orders' clock.
    PassDeadline(usize),
    /// The buyer gives the order up.
    Cancel(usize),
    /// The buyer wants the money back.
    RequestRefund(usize),
    /// Orders finds the order overdue.
    Sweep(usize),
    /// Expiration is told this version of the order.
    TellTimer(usize, u8),
    /// Expiration's clock is at the deadline.
    Fire(usize),
    /// Orders is told that the timer fired.
    TellFired(usize),
    /// Tickets is told this version of the order.
    TellTickets(usize, u8),
    /// Payments is told this version of the order.
    TellPayments(usize, u8),
    /// The same, and payments dies between the two documents that it writes.
    TellPaymentsHalf(usize, u8),
    /// Orders is told this version of the payment.
    TellOrders(usize, u8),
    /// The buyer pays.
    Pay(usize),
    /// Payments names the payment in what it knows of the order.
    Name(usize),
    /// Somebody who is slow is about to name it.
    Consider(usize),
    /// And does so.
    NameLate(usize),
    /// Somebody loads the payment, to ask the gateway.
    Load(usize),
    /// Somebody is to ask the gateway, and MongoDB does not show the payment when it is to be named.
    LoadUnseen(usize),
    /// The gateway is asked, and answers.
    Ask(usize, Bank),
    /// The gateway is asked, does it, and the answer is lost.
    AskUnanswered(usize, Bank),
    /// The gateway is asked, and the request is lost.
    AskInVain(usize),
    /// The gateway is asked, and the request is still on its way when nobody waits for it any more.
    AskSlowly(usize),
    /// A request that nobody waits for any more arrives.
    Arrive(usize, Call, Bank),
    /// The owner of the card confirms with the bank, or fails to.
    Confirm(usize, Bank),
    /// Payments writes down what the gateway has said.
    Learn(usize),
    /// Whoever asks the gateway dies.
    Crash(usize),
}

impl Marketplace {
    /// Everything that can happen, and some of what changes nothing.
    pub fn possible(&self, state: &State, actions: &mut Vec<Action>) {
        self.possible_to_listing(state, actions);
        for (n, order) in state.orders.iter().enumerate().take(self.scope.orders) {
            match order {
                Some(docs) => self.possible_to_order(n, docs, actions),
                None => actions.extend((1..=state.listing.min(2)).map(|seen| Action::Place(n, seen))),
            }
        }
        for (n, payment) in state.payments.iter().enumerate().take(self.scope.payments.len()) {
            match payment {
                Some(docs) => self.possible_to_payment(n, docs, actions),
                None => actions.push(Action::Pay(n)),
            }
        }
    }

    fn possible_to_listing(&self, state: &State, actions: &mut Vec<Action>) {
        if self.scope.has(Event::Edit) {
            actions.push(Action::EditListing);
        }
        actions.extend((1..=state.listing).map(Action::TellInventory));
    }

    fn possible_to_order(&self, n: usize, docs: &OrderDocs, actions: &mut Vec<Action>) {
        if docs.clock == Moment::Before {
            actions.push(Action::PassDeadline(n));
        }
        for (event, action) in [
            (Event::Cancel, Action::Cancel(n)),
            (Event::Refund, Action::RequestRefund(n)),
            (Event::Sweep, Action::Sweep(n)),
        ] {
            actions.extend(self.scope.has(event).then_some(action));
        }
        if docs.clock == Moment::Due || self.scope.has(Event::Skew) {
            actions.push(Action::Fire(n));
        }
        actions.push(Action::TellFired(n));
        for version in 1..=self.version_of(docs) {
            actions.extend([
                Action::TellTimer(n, version),
                Action::TellTickets(n, version),
                Action::TellPayments(n, version),
            ]);
            if self.scope.has(Event::Half) {
                actions.push(Action::TellPaymentsHalf(n, version));
            }
        }
    }

    fn possible_to_payment(&self, n: usize, docs: &PaymentDocs, actions: &mut Vec<Action>) {
        actions.extend((1..=self.version_of_payment(docs)).map(|version| Action::TellOrders(n, version)));
        match docs.driver {
            None | Some(Driver::Maker) => actions.extend([Action::Name(n), Action::Load(n)]),
            Some(Driver::Asking(loaded, heard)) => match self.next_call(loaded, heard) {
                Some(call) => self.possible_calls(n, docs.money, call, actions),
                None => actions.push(Action::Learn(n)),
            },
        }
        if self.scope.has(Event::Slow) {
            actions.extend([Action::Consider(n), Action::NameLate(n)]);
        }
        if self.scope.has(Event::Stale) {
            actions.push(Action::LoadUnseen(n));
        }
        if docs.driver.is_some() && self.scope.has(Event::Crash) {
            actions.push(Action::Crash(n));
        }
        for call in EFFECTS.into_iter().filter(|call| docs.flights.has(*call)) {
            actions.extend(self.choices(docs.money, call).map(|bank| Action::Arrive(n, call, bank)));
        }
        if docs.money == Money::ToConfirm {
            actions.extend([Action::Confirm(n, Bank::Agrees), Action::Confirm(n, Bank::Refuses)]);
        }
    }

    fn possible_calls(&self, n: usize, money: Money, call: Call, actions: &mut Vec<Action>) {
        actions.extend(self.choices(money, call).map(|bank| Action::Ask(n, bank)));
        if self.scope.has(Event::Loss) {
            actions.push(Action::AskInVain(n));
            actions.extend(self.choices(money, call).map(|bank| Action::AskUnanswered(n, bank)));
        }
        if self.scope.has(Event::Delay) && call != Call::Lookup {
            actions.push(Action::AskSlowly(n));
        }
    }

    fn choices(&self, money: Money, call: Call) -> impl Iterator<Item = Bank> {
        let may = |bank: &&Bank| match bank {
            Bank::Agrees => true,
            Bank::Refuses => self.scope.has(Event::Refusal),
            Bank::Asks => self.scope.has(Event::Confirmation),
        };
        money.choices(call).iter().filter(may).copied()
    }

    /// What comes of it; `None` if it cannot happen now or changes nothing.
    pub fn step(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        self.act(&mut next, action)?;
        self.tell_the_prompt(&mut next);
        for docs in next.payments.iter_mut().flatten() {
            docs.flights = docs.flights.that_matter(docs.money);
        }
        (next != *state).then_some(next)
    }

    /// Those who hear of everything at once hear of it.
    fn tell_the_prompt(&self, state: &mut State) {
        for follower in self.scope.prompt {
            for n in 0..ORDERS {
                let Some(version) = state.orders[n].as_ref().map(|docs| self.version_of(docs)) else {
                    continue;
                };
                let _no_news = match follower {
                    Follower::Expiration => self.tell_timer(state, n, version),
                    Follower::Tickets => self.tell_tickets(state, n, version),
                    Follower::Payments => self.tell_payments(state, n, version),
                    Follower::Orders => None,
                };
            }
            for n in 0..PAYMENTS {
                let version = state.payments[n].as_ref().map_or(0, |docs| self.version_of_payment(docs));
                if *follower == Follower::Orders && version > 0 {
                    let _no_news = self.tell_orders(state, n, version);
                }
            }
        }
    }

    fn act(&self, state: &mut State, action: Action) -> Option<()> {
        match action {
            Action::EditListing => Self::edit_listing(state),
            Action::TellInventory(version) => self.tell_inventory(state, version),
            Action::Place(n, seen) => self.place(state, n, seen),
            Action::PassDeadline(n) => Self::pass_deadline(state, n),
            Action::Cancel(n) => self.cancel(state, n),
            Action::RequestRefund(n) => self.request_refund(state, n),
            Action::Sweep(n) => self.sweep(state, n),
            Action::TellTimer(n, version) => self.tell_timer(state, n, version),
            Action::Fire(n) => self.fire(state, n),
            Action::TellFired(n) => self.tell_fired(state, n),
            Action::TellTickets(n, version) => self.tell_tickets(state, n, version),
            Action::TellPayments(n, version) => self.tell_payments(state, n, version),
            Action::TellPaymentsHalf(n, version) => Self::keep_view(state, n, version).map(drop),
            Action::TellOrders(n, version) => self.tell_orders(state, n, version),
            Action::Pay(n) => self.pay(state, n),
            Action::Name(n) => self.name(state, n),
            Action::Consider(n) => self.consider(state, n),
            Action::NameLate(n) => self.name_late(state, n),
            Action::Load(n) => self.load(state, n),
            Action::LoadUnseen(n) => self.load_unseen(state, n),
            Action::Ask(n, bank) => self.ask(state, n, bank),
            Action::AskUnanswered(n, bank) => self.ask_unanswered(state, n, bank),
            Action::AskInVain(n) => self.ask_in_vain(state, n),
            Action::AskSlowly(n) => self.ask_slowly(state, n),
            Action::Arrive(n, call, bank) => Self::arrive(state, n, call, bank),
            Action::Confirm(n, bank) => Self::confirm(state, n, bank),
            Action::Learn(n) => self.learn(state, n),
            Action::Crash(n) => Self::crash(state, n),
        }
    }
}

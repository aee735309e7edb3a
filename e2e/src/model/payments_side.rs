//! What payments does: its routes, its listener and its reconciler, over its own decisions.

use common::events::{
    order::{OrderSnapshot, OrderStatus},
    payment::{PaymentSnapshot, PaymentStatus},
};
use payments::domain::{
    Call, Decision, Input, Naming, NewPayment, Payment, PaymentMethod, decide, is_under_way, naming,
    next_call,
};

use super::{
    Marketplace,
    cast::{Moment, payment_id},
    gateway::{Bank, Flights, Money},
    state::{Driver, PaymentDocs, State, View},
    tables::{History, Key},
};

/// What a payment learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum News {
    /// A version of its order.
    Order(History<OrderSnapshot>, u8),
    /// What the gateway says.
    Gateway(Money),
    /// That nobody knows what the gateway did.
    Unknown,
}

/// What comes of it: the next state, and whether it is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Learnt {
    next: Key<Payment>,
    told: bool,
}

impl Marketplace {
    /// As `POST /api/payments` stores it; payments' own clock may be behind, so the deadline is no obstacle.
    pub(super) fn pay(&self, state: &mut State, n: usize) -> Option<()> {
        let of = self.scope.payments[n];
        let docs = state.orders[of]?;
        let order = self.snapshot(docs.history, docs.view?.version)?;
        if order.status != OrderStatus::AwaitingPayment || self.has_live_payment(state, of) {
            return None;
        }
        let now = Moment::Before.time();
        let new = NewPayment {
            id: payment_id(n),
            order,
            payment_method: PaymentMethod::parse("tok_visa").ok()?,
            idempotency_key: n.to_string(),
            fingerprint: "body".to_owned(),
            next_attempt_at: now,
        };
        state.payments[n] = Some(PaymentDocs {
            state: self.payments.key(canonical(Payment::new(new, now))),
            history: self.payment_histories.key(Vec::new()),
            driver: Some(Driver::Maker),
            namer: None,
            money: Money::Unseen,
            flights: Flights::default(),
        });
        Some(())
    }

    /// What `live_payment_of_order` says.
    fn has_live_payment(&self, state: &State, of: usize) -> bool {
        let payments = state.payments.iter().zip(self.scope.payments);
        let mut of_order = payments.filter(|(_, order)| **order == of).filter_map(|(docs, _)| docs.as_ref());
        of_order.any(|docs| self.payments.get(docs.state).live)
    }

    /// The first half of asking: whoever learns of the order from now on finds the payment.
    pub(super) fn name(&self, state: &mut State, n: usize) -> Option<()> {
        let docs = state.payments[n]?;
        let view = state.orders[self.scope.payments[n]].as_mut()?.view.as_mut()?;
        if !self.is_to_be_asked(&docs) || self.naming(n, Some(&docs), *view) != Naming::Due {
            return None;
        }
        view.named = u8::try_from(n).ok();
        Some(())
    }

    fn naming(&self, n: usize, seen: Option<&PaymentDocs>, view: View) -> Naming {
        let payment = seen.map(|docs| self.payments.get(docs.state));
        naming(payment_id(n), payment.as_deref(), view.named.map(|named| payment_id(named.into())))
    }

    /// The same by somebody who is slow: reads what is known of the order, then the payment.
    pub(super) fn consider(&self, state: &mut State, n: usize) -> Option<()> {
        let docs = state.payments[n]?;
        let view = state.orders[self.scope.payments[n]]?.view?;
        if docs.namer.is_some() || self.naming(n, Some(&docs), view) != Naming::Due {
            return None;
        }
        state.payments[n].as_mut()?.namer = Some(view);
        Some(())
    }

    /// And names it later, unless what is known of the order has changed since.
    pub(super) fn name_late(&self, state: &mut State, n: usize) -> Option<()> {
        let seen = state.payments[n].as_mut()?.namer.take()?;
        let view = state.orders[self.scope.payments[n]].as_mut()?.view.as_mut()?;
        if *view == seen {
            view.named = u8::try_from(n).ok();
        }
        Some(())
    }

    /// The second half: load the payment, with the newest that is known of its order.
    pub(super) fn load(&self, state: &mut State, n: usize) -> Option<()> {
        let docs = state.payments[n]?;
        let view = state.orders[self.scope.payments[n]]?.view?;
        let is_authorizing = self.payments.get(docs.state).status == PaymentStatus::Authorizing;
        let is_ready = !is_authorizing || view.named == u8::try_from(n).ok();
        if is_ready { self.begin_to_ask(state, n) } else { None }
    }

    /// The same, when MongoDB does not show the payment to whoever is about to name it.
    pub(super) fn load_unseen(&self, state: &mut State, n: usize) -> Option<()> {
        let view = state.orders[self.scope.payments[n]]?.view?;
        match self.naming(n, None, view) {
            Naming::Settled => self.begin_to_ask(state, n),
            Naming::Due | Naming::Unseen => None,
        }
    }

    fn begin_to_ask(&self, state: &mut State, n: usize) -> Option<()> {
        let docs = state.payments[n]?;
        if !self.is_to_be_asked(&docs) {
            return None;
        }
        let heard = (docs.driver == Some(Driver::Maker)).then_some(Money::Unseen);
        if self.payments.get(docs.state).status == PaymentStatus::Authorizing {
            let order = state.orders[self.scope.payments[n]]?;
            let view = order.view?;
            let _known = self.payment_learns(state, n, News::Order(order.history, view.version));
        }
        let docs = state.payments[n].as_mut()?;
        docs.driver = Some(Driver::Asking(docs.state, heard));
        if self.next_call(docs.state, heard).is_none() && heard.is_none() {
            docs.driver = None;
        }
        Some(())
    }

    /// Whether there is something to ask, and somebody who knows it.
    fn is_to_be_asked(&self, docs: &PaymentDocs) -> bool {
        let payment = self.payments.get(docs.state);
        let found = docs.driver == Some(Driver::Maker)
            || (docs.driver.is_none() && payment.next_attempt_at.is_some());
        found && is_under_way(payment.status)
    }

    pub(super) fn next_call(&self, loaded: Key<Payment>, heard: Option<Money>) -> Option<Call> {
        self.memos.calls.recall((loaded, heard), || {
            next_call(&self.payments.get(loaded), heard.map(Money::told).as_ref())
        })
    }

    pub(super) fn ask(&self, state: &mut State, n: usize, bank: Bank) -> Option<()> {
        let (call, loaded) = self.call(state, n)?;
        let docs = state.payments[n].as_mut()?;
        docs.money = docs.money.after(call, bank);
        docs.driver = Some(Driver::Asking(loaded, Some(docs.money)));
        Some(())
    }

    pub(super) fn ask_unanswered(&self, state: &mut State, n: usize, bank: Bank) -> Option<()> {
        let (call, _) = self.call(state, n)?;
        let docs = state.payments[n].as_mut()?;
        docs.money = docs.money.after(call, bank);
        self.learn_nothing(state, n)
    }

    pub(super) fn ask_slowly(&self, state: &mut State, n: usize) -> Option<()> {
        let (call, _) = self.call(state, n)?;
        let docs = state.payments[n].as_mut()?;
        docs.flights = docs.flights.with(call);
        self.learn_nothing(state, n)
    }

    pub(super) fn ask_in_vain(&self, state: &mut State, n: usize) -> Option<()> {
        match state.payments[n]?.driver? {
            Driver::Maker => None,
            Driver::Asking(..) => self.learn_nothing(state, n),
        }
    }

    /// The request that is due; an authorisation needs the token.
    fn call(&self, state: &State, n: usize) -> Option<(Call, Key<Payment>)> {
        let Driver::Asking(loaded, heard) = state.payments[n]?.driver? else { return None };
        let call = self.next_call(loaded, heard)?;
        let can = call != Call::Authorize || self.payments.get(loaded).payment_method.is_some();
        can.then_some((call, loaded))
    }

    fn learn_nothing(&self, state: &mut State, n: usize) -> Option<()> {
        let _at_rest = self.payment_learns(state, n, News::Unknown);
        state.payments[n].as_mut()?.driver = None;
        Some(())
    }

    pub(super) fn learn(&self, state: &mut State, n: usize) -> Option<()> {
        let Driver::Asking(_, heard) = state.payments[n]?.driver? else { return None };
        let _at_rest = self.payment_learns(state, n, News::Gateway(heard?));
        state.payments[n].as_mut()?.driver = None;
        Some(())
    }

    pub(super) fn arrive(state: &mut State, n: usize, call: Call, bank: Bank) -> Option<()> {
        let docs = state.payments[n].as_mut()?;
        docs.flights = docs.flights.without(call);
        docs.money = docs.money.after(call, bank);
        Some(())
    }

    pub(super) fn confirm(state: &mut State, n: usize, bank: Bank) -> Option<()> {
        state.payments[n].as_mut()?.money = match bank {
            Bank::Agrees => Money::Reserved,
            Bank::Refuses | Bank::Asks => Money::Refused,
        };
        Some(())
    }

    pub(super) fn crash(state: &mut State, n: usize) -> Option<()> {
        state.payments[n].as_mut()?.driver = None;
        Some(())
    }

    /// As `payments-follow-order-on-order-changed` does.
    pub(super) fn tell_payments(&self, state: &mut State, n: usize, version: u8) -> Option<()> {
        let view = Self::keep_view(state, n, version)?;
        if let Some(payment) = view.named {
            let news = News::Order(state.orders[n]?.history, view.version);
            let _skipped = self.payment_learns(state, usize::from(payment), news);
        }
        Some(())
    }

    /// Keeps a version of an order if it is newer; says what is known then.
    pub(super) fn keep_view(state: &mut State, n: usize, version: u8) -> Option<View> {
        let docs = state.orders[n].as_mut()?;
        let known = docs.view.unwrap_or(View { version: 0, named: None });
        let newest = View { version: known.version.max(version), ..known };
        docs.view = Some(newest);
        Some(newest)
    }

    fn payment_learns(&self, state: &mut State, n: usize, news: News) -> Option<()> {
        let docs = state.payments[n].as_mut()?;
        let learnt = self.memos.payment.recall((docs.state, news), || {
            let payment = self.payments.get(docs.state);
            self.payment_decides(&payment, news)
        })?;
        let (before, after) = (self.payments.get(docs.state), self.payments.get(learnt.next));
        state.went_back |= after.order.version < before.order.version;
        docs.state = learnt.next;
        if learnt.told {
            docs.history = self.told(docs.history, learnt.next);
        }
        Some(())
    }

    fn payment_decides(&self, payment: &Payment, news: News) -> Option<Learnt> {
        let input = match news {
            News::Order(history, version) => Input::Order(Box::new(self.snapshot(history, version)?)),
            News::Gateway(money) => Input::Gateway(money.told()),
            News::Unknown => Input::Unknown,
        };
        match decide(payment, input, Moment::Before.time()) {
            Decision::Next(next, told) => {
                Some(Learnt { next: self.payments.key(canonical(*next)), told: told.is_some() })
            }
            Decision::Skipped(_) => None,
        }
    }

    fn told(&self, history: History<PaymentSnapshot>, payment: Key<Payment>) -> History<PaymentSnapshot> {
        self.memos.payment_history.recall((history, payment), || {
            let mut history = self.payment_histories.get(history).to_vec();
            history.extend(self.payments.get(payment).published.clone());
            self.payment_histories.key(history)
        })
    }

    /// A version of an order.
    pub(super) fn snapshot(&self, history: History<OrderSnapshot>, version: u8) -> Option<OrderSnapshot> {
        self.order_histories.get(history).get(usize::from(version.checked_sub(1)?)).cloned()
    }

    /// How many versions of a payment were published.
    pub(super) fn version_of_payment(&self, docs: &PaymentDocs) -> u8 {
        u8::try_from(self.payment_histories.get(docs.history).len()).unwrap_or(u8::MAX)
    }
}

/// Drops what only says how often and when the gateway is asked.
fn canonical(payment: Payment) -> Payment {
    let next_attempt_at = payment.next_attempt_at.map(|_| Moment::Before.time());
    Payment { attempts: 0, next_attempt_at, traceparent: None, ..payment }
}

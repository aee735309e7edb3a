//! A model of the whole marketplace, over the decisions of production: can *any* sequence of what people,
//! networks, banks, clocks and crashes do break an invariant, or leave something undone?
//!
//! The checker walks through every state that can be reached from a listing and nothing else. What the
//! services decide in it is what they decide in production, as the model calls the same functions:
//! [`orders::domain::placing::place`], [`orders::domain::decide::decide`], [`payments::domain::decide`] and
//! [`payments::domain::next_call`], [`expiration::domain::Timer`], [`tickets::domain::admission::Admission`] and
//! [`tickets::domain::listing::Listing`]. What is judged is judged by the predicates of production.
//!
//! What the model itself supplies is what lies between the decisions: which document is loaded and saved,
//! what MongoDB's unique indexes refuse, what may happen on the way to JetStream and back ([`state`]), what
//! the gateway does ([`gateway`]), and who forgets what in a crash.
//!
//! **Abstractions.** Time is two moments, before and after the deadline, for each order by itself
//! ([`cast::Moment`]). How often the gateway was asked and when it is to be asked next are dropped, except
//! for *whether* it is to be asked. Traces, and what a timer that is settled knows, are dropped.
//!
//! **Liveness** is the absence of bad ends: in every state in which nobody has anything left to do,
//! everything must have come to a good end (`rest`).

pub mod actions;
pub mod cast;
mod followers;
pub mod gateway;
mod laws;
mod orders_side;
mod payments_side;
pub mod report;
mod rest;
pub mod scope;
pub mod state;
mod tables;

use common::events::{listing::ListingSnapshot, order::OrderSnapshot, payment::PaymentSnapshot};
use expiration::domain::Timer;
use orders::domain::order::Order;
use payments::domain::{Call, Payment};
use stateright::{Model, Property};
use tickets::domain::admission::Admission;

use actions::Action;
use cast::Moment;
use gateway::Money;
use scope::Scope;
use state::State;
use tables::{History, Key, Memo, Table};

/// The marketplace to be checked.
pub struct Marketplace {
    scope: Scope,
    listings: [ListingSnapshot; 3],
    orders: Table<Order>,
    order_histories: Table<Vec<OrderSnapshot>>,
    payments: Table<Payment>,
    payment_histories: Table<Vec<PaymentSnapshot>>,
    timers: Table<Timer>,
    admissions: Table<Admission>,
    memos: Memos,
}

type Orders = History<OrderSnapshot>;
type Payments = History<PaymentSnapshot>;
/// What somebody who follows orders makes of a version of one.
type Following<T> = Memo<(Option<Key<T>>, Orders, u8), Option<Key<T>>>;

/// What the decisions have said.
#[derive(Default)]
struct Memos {
    order: Memo<(Key<Order>, orders_side::News, Moment), Option<Key<Order>>>,
    order_history: Memo<(Orders, Key<Order>), Orders>,
    payment: Memo<(Key<Payment>, payments_side::News), Option<payments_side::Learnt>>,
    payment_history: Memo<(Payments, Key<Payment>), Payments>,
    calls: Memo<(Key<Payment>, Option<Money>), Option<Call>>,
    timer: Following<Timer>,
    admission: Following<Admission>,
    laws: laws::Verdicts,
}

impl Marketplace {
    /// A marketplace in which so much can happen.
    pub fn of(scope: Scope) -> Self {
        Self {
            scope,
            listings: cast::listings(),
            orders: Table::default(),
            order_histories: Table::default(),
            payments: Table::default(),
            payment_histories: Table::default(),
            timers: Table::default(),
            admissions: Table::default(),
            memos: Memos::default(),
        }
    }

    /// How much can happen in it.
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }
}

impl Model for Marketplace {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::beginning()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.possible(state, actions);
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        self.step(state, action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let ends = laws::ENDS.iter().filter(|(name, _)| self.scope.reaches(name));
        let ends = ends.map(|(name, condition)| Property::sometimes(name, *condition));
        laws::LAWS.iter().map(|(name, condition)| Property::always(name, *condition)).chain(ends).collect()
    }
}

//! One state of the whole marketplace.

use common::events::{order::OrderSnapshot, payment::PaymentSnapshot};
use expiration::domain::Timer;
use orders::domain::order::Order;
use payments::domain::Payment;
use tickets::domain::admission::Admission;

use super::{
    cast::{Moment, ORDERS, PAYMENTS},
    gateway::{Flights, Money},
    tables::{History, Key},
};

/// What lies in the databases of the services, in the gateway, and in the memory of those who ask it.
///
/// There is no network in it. JetStream may repeat, reorder and lose messages, and what is lost is told
/// again as the current state; so a consumer can be handed any version that was ever committed, at any
/// time and any number of times. That is more than the relay and JetStream can do to it, and needs
/// nothing but the histories.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// The version of the listing at tickets.
    pub listing: u8,
    /// The version of it that orders knows.
    pub inventory: u8,
    /// The orders that were placed, each with all that follows it.
    pub orders: [Option<OrderDocs>; ORDERS],
    /// The payments that were made.
    pub payments: [Option<PaymentDocs>; PAYMENTS],
    /// Whether a consumer replaced what it knew by something older.
    pub went_back: bool,
}

/// An order, and the documents about it in other services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OrderDocs {
    /// Orders' own document.
    pub state: Key<Order>,
    /// What was published about it, oldest first.
    pub history: History<OrderSnapshot>,
    /// Which version of the listing its buyer had seen.
    pub seen: u8,
    /// Orders' clock, as far as this order is concerned.
    pub clock: Moment,
    /// Expiration's document.
    pub timer: Option<Key<Timer>>,
    /// What payments knows of the order.
    pub view: Option<View>,
    /// Tickets' document.
    pub admission: Option<Key<Admission>>,
}

/// What payments knows of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct View {
    /// The newest version.
    pub version: u8,
    /// The payment that is to hear of the next one.
    pub named: Option<u8>,
}

/// A payment, and the gateway's side of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PaymentDocs {
    /// Payments' own document.
    pub state: Key<Payment>,
    /// What was published about it, oldest first.
    pub history: History<PaymentSnapshot>,
    /// Who is about to ask the gateway. In memory only: a crash takes it.
    pub driver: Option<Driver>,
    /// What is known of the order, as it was read by somebody who is slow to name the payment in it.
    pub namer: Option<View>,
    /// What the gateway has done under our reference.
    pub money: Money,
    /// Requests that nobody waits for any more and that may still arrive.
    pub flights: Flights,
}

/// Somebody who sees a payment through one question to the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Driver {
    /// The request of the buyer, which has just stored the payment and knows that the gateway has not seen
    /// it.
    Maker,
    /// Anybody, with the payment as it was when it was loaded, and what the gateway has said since.
    Asking(Key<Payment>, Option<Money>),
}

impl State {
    /// Nothing but a listing.
    pub fn beginning() -> Self {
        Self {
            listing: 1,
            inventory: 0,
            orders: [None; ORDERS],
            payments: [None; PAYMENTS],
            went_back: false,
        }
    }
}

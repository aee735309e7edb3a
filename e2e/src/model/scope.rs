//! How much can happen in a model. What all of it together would make is more than can be walked through, so
//! there are several scopes, each with everything in it that can make a difference to what it is about.

use clap::ValueEnum;

/// How much can happen.
#[derive(Debug, Clone)]
pub struct Scope {
    /// What it is called.
    pub name: &'static str,
    /// How many orders there may be.
    pub orders: usize,
    /// Which order each payment is for.
    pub payments: &'static [usize],
    /// What may happen besides a purchase for which everybody does his part.
    pub events: Vec<Event>,
    /// Who hears of everything at once. What somebody may hear late multiplies the states by all that he may
    /// know meanwhile.
    pub prompt: &'static [Follower],
    /// The ends that must be among what can be reached.
    pub ends: &'static [&'static str],
}

/// Something that may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Event {
    /// The seller raises the price and withdraws the listing, and orders may not know it yet.
    Edit,
    /// A buyer gives an order up.
    Cancel,
    /// A buyer wants the money back.
    Refund,
    /// Orders itself looks for what is overdue.
    Sweep,
    /// Expiration's clock is ahead of orders'.
    Skew,
    /// A unit of work over two documents is cut in the middle.
    Half,
    /// Whoever names a payment in what payments knows of the order is slow.
    Slow,
    /// MongoDB does not show for a while what was written before.
    Stale,
    /// Whoever asks the gateway dies.
    Crash,
    /// A request to the gateway has no answer: it is lost, or its answer is.
    Loss,
    /// A request to the gateway arrives long after nobody waits for it any more.
    Delay,
    /// The bank refuses to reserve or to charge.
    Refusal,
    /// The bank wants the owner of the card to confirm.
    Confirmation,
}

/// Somebody who follows what others publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follower {
    /// Expiration, of orders.
    Expiration,
    /// Tickets, of orders.
    Tickets,
    /// Payments, of orders.
    Payments,
    /// Orders, of payments.
    Orders,
}

impl Scope {
    /// The same without these events. Which ends can be reached then is not written down.
    #[must_use]
    pub fn without(mut self, events: &[Event]) -> Self {
        let all = self.events.len();
        self.events.retain(|event| !events.contains(event));
        if self.events.len() < all {
            self.ends = &[];
        }
        self
    }

    /// Whether this may happen.
    pub fn has(&self, event: Event) -> bool {
        self.events.contains(&event)
    }

    /// Whether this end must be among what can be reached.
    pub fn reaches(&self, end: &str) -> bool {
        self.ends.contains(&end)
    }
}

/// All of them: what is walked through when there are minutes.
pub fn all() -> Vec<Scope> {
    vec![one_order(), two_cards(), prices(), a_seat_twice(), late_tickets(), three_cards(), two_orders()]
}

/// All that can happen to one order and one payment.
pub fn one_order() -> Scope {
    Scope {
        name: "one order",
        orders: 1,
        payments: &[0],
        events: vec![
            Event::Cancel,
            Event::Refund,
            Event::Sweep,
            Event::Skew,
            Event::Half,
            Event::Slow,
            Event::Stale,
            Event::Crash,
            Event::Loss,
            Event::Delay,
            Event::Refusal,
            Event::Confirmation,
        ],
        prompt: &[],
        ends: &[
            "completed",
            "expired",
            "cancelled",
            "not charged after all",
            "refunded",
            "reserved too late and released",
            "closed before the gateway had seen it",
        ],
    }
}

/// One order that is paid with up to two cards, when a replica of payments is slow and no other machine fails.
pub fn two_cards() -> Scope {
    Scope {
        name: "two cards",
        orders: 1,
        payments: &[0, 0],
        events: vec![Event::Cancel, Event::Refund, Event::Slow, Event::Refusal],
        prompt: &[Follower::Expiration, Follower::Tickets],
        ends: &[
            "completed",
            "expired",
            "cancelled",
            "not charged after all",
            "refunded",
            "declined, then paid by another card",
        ],
    }
}

/// What buyers accept while the seller edits the listing, and orders does not know it yet.
pub fn prices() -> Scope {
    Scope {
        name: "prices",
        orders: 2,
        payments: &[0],
        events: vec![Event::Edit, Event::Cancel, Event::Refusal],
        prompt: &[Follower::Expiration, Follower::Tickets],
        ends: &["completed", "expired", "cancelled", "sold again after an expiry"],
    }
}

/// One seat for two buyers, when people and banks do what they may and no machine fails.
pub fn a_seat_twice() -> Scope {
    Scope {
        name: "a seat twice",
        orders: 2,
        payments: &[0, 1],
        events: vec![Event::Refund, Event::Refusal],
        prompt: &[Follower::Expiration, Follower::Tickets],
        ends: &[
            "completed",
            "expired",
            "refunded",
            "sold again after an expiry",
            "sold again after a refund",
        ],
    }
}

/// The same, and tickets hears of the two orders late and in any order.
fn late_tickets() -> Scope {
    Scope { name: "late tickets", prompt: &[Follower::Expiration], ..a_seat_twice() }
}

/// One order that is paid with up to three cards.
fn three_cards() -> Scope {
    Scope {
        name: "three cards",
        payments: &[0, 0, 0],
        prompt: &[Follower::Expiration, Follower::Tickets],
        ends: &["completed", "declined, then paid by another card", "reserved too late and released"],
        ..one_order()
    }
}

/// Two orders for the same two seats, and three payments: some eleven million states.
fn two_orders() -> Scope {
    Scope {
        name: "two orders",
        orders: 2,
        payments: &[0, 0, 1],
        events: vec![
            Event::Cancel,
            Event::Refund,
            Event::Sweep,
            Event::Half,
            Event::Crash,
            Event::Loss,
            Event::Delay,
            Event::Refusal,
            Event::Confirmation,
        ],
        prompt: &[Follower::Expiration, Follower::Tickets],
        ends: &[
            "completed",
            "expired",
            "cancelled",
            "not charged after all",
            "refunded",
            "reserved too late and released",
            "declined, then paid by another card",
            "closed before the gateway had seen it",
            "sold again after an expiry",
            "sold again after a refund",
        ],
    }
}

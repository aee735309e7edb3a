//! Whole marketplaces in small: several buyers, one listing, payments that come late, twice and in any order.
//! Whatever happens, the invariants hold; and what happens twice happens once.

use std::{collections::BTreeSet, time::Duration};

use common::{
    clock::Timestamp,
    events::{
        listing::{Admission, ListingStatus, SplitRule},
        payment::{PaymentSnapshot, PaymentStatus},
    },
    ids::{ListingId, PaymentId, ShowId, UserId},
    money::{Currency, Money},
};
use proptest::prelude::*;

use super::*;
use crate::domain::{
    decide::{Decision, Input, decide},
    order::{Actor, RefundRequest, RequestKey, examples::at},
    payments::{News, news},
    placing::{Draw, Situation, Terms, Wish, place},
};

const SEATS: u32 = 6;
const BUYERS: usize = 3;
const TERMS: Terms = Terms { hold: Duration::from_mins(15), max_open_orders: 2 };

/// Something that happens; the numbers are taken modulo what there is.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// A buyer who saw the seats as they were when nobody had ordered, or as they are, wants some.
    Place {
        buyer: usize,
        quantity: u32,
        spread: u64,
        fresh: bool,
    },
    TimerFires(usize),
    Cancel(usize),
    Refund(usize),
    /// One of two payments of an order says where it stands: first, second or third version.
    Payment {
        order: usize,
        payment: usize,
        version: u64,
        fails: bool,
    },
    TimePasses(u64),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let order = 0_usize..6;
    let event = prop_oneof![
        3 => (0..BUYERS, 1_u32..4, any::<u64>(), any::<bool>())
            .prop_map(|(buyer, quantity, spread, fresh)| Event::Place { buyer, quantity, spread, fresh }),
        1 => order.clone().prop_map(Event::TimerFires),
        1 => order.clone().prop_map(Event::Cancel),
        1 => order.clone().prop_map(Event::Refund),
        6 => (order, 0_usize..2, 1_u64..4, any::<bool>())
            .prop_map(|(order, payment, version, fails)| Event::Payment { order, payment, version, fails }),
        1 => (1_u64..600).prop_map(Event::TimePasses),
    ];
    proptest::collection::vec(event, 0..60)
}

/// What orders has in its database, and what it has published.
struct Shop {
    listing: ListingSnapshot,
    buyers: Vec<UserId>,
    orders: Vec<Order>,
    payments: Vec<[PaymentId; 2]>,
    histories: Vec<Vec<OrderSnapshot>>,
    now_secs: u64,
}

impl Shop {
    fn open() -> Self {
        let listing = ListingSnapshot {
            id: ListingId::generate(),
            version: 1,
            show_id: ShowId::generate(),
            show_starts_at: at(1_000_000),
            seller_id: UserId::generate(),
            section: "A".into(),
            row: None,
            admission: Admission::Numbered,
            seats: (1..=SEATS).map(Seat::ordinal).collect(),
            split_rule: SplitRule::Any,
            price: Money::new(5_000, Currency::Eur),
            fees: None,
            status: ListingStatus::Active,
            created_at: at(0),
        };
        let buyers = (0..BUYERS).map(|_| UserId::generate()).collect();
        let (orders, payments, histories) = (Vec::new(), Vec::new(), Vec::new());
        Self { listing, buyers, orders, payments, histories, now_secs: 0 }
    }

    fn now(&self) -> Timestamp {
        at(self.now_secs)
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Place { buyer, quantity, spread, fresh } => self.place(buyer, quantity, spread, fresh),
            Event::TimePasses(secs) => self.now_secs += secs,
            Event::TimerFires(order) => self.learn(order, |_| Some(Input::TimerFired)),
            Event::Cancel(order) => self.learn(order, |_| Some(Input::Cancel(Actor::Admin))),
            Event::Refund(order) => self.learn(order, |order| {
                let request = RefundRequest { requested_by: order.buyer_id, key: "k".into() };
                Some(Input::RefundRequested { by: Actor::Buyer, request, show_starts_at: at(1_000_000) })
            }),
            Event::Payment { order, payment, version, fails } => self.pay(order, payment, version, fails),
        }
    }

    fn place(&mut self, buyer: usize, quantity: u32, spread: u64, fresh: bool) {
        let buyer_id = self.buyers[buyer];
        let live = self.orders.iter().filter(|order| order.live && fresh);
        let taken: BTreeSet<Seat> = live.flat_map(|order| order.seats.clone()).collect();
        let open = self.orders.iter().filter(|order| order.open && order.buyer_id == buyer_id && fresh);
        let slots = open.map(|order| order.slot).collect();
        let request = RequestKey { key: "k".into(), fingerprint: "f".into() };
        let listing_id = self.listing.id;
        let wish = Wish { buyer_id, listing_id, quantity, expected_price_cents: 5_000, request };
        let situation = Situation { listing: self.listing.clone(), taken, slots };
        let draw = Draw { id: OrderId::generate(), now: self.now(), spread };
        let Ok(order) = place(&wish, &situation, TERMS, draw) else { return };
        if !self.indexes_refuse(&order) {
            self.histories.push(vec![order.snapshot()]);
            self.orders.push(order);
            self.payments.push([PaymentId::generate(), PaymentId::generate()]);
        }
    }

    /// What MongoDB's unique indexes say.
    fn indexes_refuse(&self, new: &Order) -> bool {
        self.orders.iter().any(|order| {
            let seat = order.live && order.seats.iter().any(|seat| new.seats.contains(seat));
            seat || (order.open && (order.buyer_id, order.slot) == (new.buyer_id, new.slot))
        })
    }

    fn learn<'a>(&mut self, order: usize, input: impl Fn(&Order) -> Option<Input<'a>>) {
        let Some(n) = order.checked_rem(self.orders.len()) else { return };
        let Some(input) = input(&self.orders[n]) else { return };
        if let Decision::Changed(next) = decide(&self.orders[n], input, self.now()) {
            self.histories[n].push(next.snapshot());
            self.orders[n] = *next;
        }
    }

    /// As the listener does: keep the newest, decide from it.
    fn pay(&mut self, order: usize, payment: usize, version: u64, fails: bool) {
        let Some(n) = order.checked_rem(self.orders.len()) else { return };
        let told = snapshot(&self.orders[n], self.payments[n][payment], version, fails);
        match news(&self.orders[n], &told) {
            News::Newer(order) => self.orders[n] = *order,
            News::Known => {}
            News::Stale => return,
        }
        self.learn(n, |_| Input::of(&told));
    }
}

/// A version of a payment: authorised, then captured and refunded, or failed.
fn snapshot(order: &Order, id: PaymentId, version: u64, fails: bool) -> PaymentSnapshot {
    let status = match (version, fails) {
        (1, _) => PaymentStatus::Authorized,
        (2, false) => PaymentStatus::Captured,
        (_, false) => PaymentStatus::Refunded,
        (_, true) => PaymentStatus::Failed,
    };
    PaymentSnapshot {
        id,
        version,
        order_id: order.id,
        buyer_id: order.buyer_id,
        amount: order.total,
        status,
        card: None,
        decline_reason: None,
        created_at: at(0),
        changed_at: at(0),
    }
}

fn shop_after(events: &[Event]) -> Shop {
    let mut shop = Shop::open();
    for event in events {
        shop.happen(*event);
    }
    shop
}

proptest! {
    #[test]
    fn whatever_happens_to_all_orders_of_a_listing_keeps_the_invariants(events in events()) {
        let mut shop = Shop::open();
        for event in events {
            shop.happen(event);
            prop_assert_eq!(audit_listing(&shop.listing, &shop.orders), []);
            prop_assert_eq!(s12(&shop.orders, TERMS.max_open_orders), []);
        }
        for history in &shop.histories {
            prop_assert_eq!(audit_history(history), []);
        }
    }

    /// JetStream may deliver everything again, at any later time.
    #[test]
    fn what_payments_told_before_changes_nothing_when_it_is_told_again(
        events in events(),
        again in proptest::collection::vec(any::<proptest::sample::Index>(), 0..20),
    ) {
        let mut shop = shop_after(&events);
        let told: Vec<_> = events.into_iter().filter(|event| matches!(event, Event::Payment { .. })).collect();
        // Everything once more, so that every order has heard all there is; then in any order.
        for event in &told {
            shop.happen(*event);
        }
        let (before, histories) = (shop.orders.clone(), shop.histories.clone());
        for index in again.iter().filter(|_| !told.is_empty()) {
            let Event::Payment { order, payment, version, fails } = *index.get(&told) else { continue };
            let Some(n) = order.checked_rem(shop.orders.len()) else { continue };
            let known = shop.orders[n].payments.iter().find(|known| known.id == shop.payments[n][payment]);
            let told = snapshot(&shop.orders[n], shop.payments[n][payment], version, fails);
            if known.is_some_and(|known| known.version > told.version || *known == told) {
                shop.pay(n, payment, version, fails);
            }
        }
        prop_assert_eq!(shop.orders, before);
        prop_assert_eq!(shop.histories, histories);
    }
}

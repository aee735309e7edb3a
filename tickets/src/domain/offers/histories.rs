//! Random changes of the listings of one show and of their orders, and two replicas that follow the orders and count
//! the show, in any order of their steps.

use std::mem;

use common::{
    events::{
        listing::{ListingStatus, Seat},
        order::{OrderSnapshot, OrderStatus},
    },
    money::Money,
};
use proptest::prelude::*;

use super::*;
use crate::domain::{
    admission::tests::order,
    listing::{Listing, Taken, tests::listing_at},
    show::tests::show,
};

const LISTINGS: usize = 2;
const ORDERS: usize = 5;
const REPLICAS: usize = 2;

/// One thing that happens.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// An order begins or ends, and is kept.
    Ordered(usize),
    /// An order is heard of again.
    Again(usize),
    /// A listing has another price.
    Priced(usize, i64),
    /// A listing is off sale.
    Withdrawn(usize),
    /// A replica goes on with having a listing follow an order: reads the listing, then the order, then saves.
    Follow(usize),
    /// A replica goes on with its count: reads the show, then each listing, then saves.
    Count(usize),
    /// It is written down with an order that it was counted.
    Mark,
}

/// An order that somebody wants counted, by its number, and the version that he knew when he began.
type Known = (usize, u64);

/// Where a replica stands that has a listing follow an order.
#[derive(Debug, Clone)]
struct Follow {
    order: Known,
    /// The listing as it was read, and its revision.
    listing: (u32, Listing),
    /// The order as it was read after that.
    read: Option<OrderSnapshot>,
}

/// Where the count of a replica stands.
#[derive(Debug, Clone)]
struct Count {
    /// The revision of the show that was read first.
    rev: u32,
    offers: Offers,
    /// How many listings are read.
    read: usize,
    /// The orders that are counted by it.
    orders: Vec<Known>,
}

struct World {
    listings: Vec<(u32, Listing)>,
    orders: Vec<OrderSnapshot>,
    /// Whether each order was live when it was counted.
    counted: [Option<bool>; ORDERS],
    rev: u32,
    kept: Offers,
    /// Orders that nobody has begun to follow.
    unfollowed: Vec<usize>,
    /// Changes of listings that nobody has begun to count.
    changes: usize,
    /// Orders that are followed, and that nobody has begun to count.
    uncounted: Vec<Known>,
    /// Orders that are counted, and that it is not written down with.
    unmarked: Vec<Known>,
    follows: [Option<Follow>; REPLICAS],
    counts: [Option<Count>; REPLICAS],
}

impl World {
    fn new() -> Self {
        let listings: Vec<_> = (1..).take(LISTINGS).map(|n| (1, listing_at(n * 1_000))).collect();
        let ordered = |n: usize| {
            let seat = u32::try_from(n % 3).unwrap();
            let seats = vec![Seat::ordinal(seat + 1), Seat::ordinal(seat + 2)];
            let listing_id = listings[n % LISTINGS].1.snapshot.id;
            OrderSnapshot { listing_id, seats, ..order(0, OrderStatus::AwaitingPayment) }
        };
        Self {
            orders: (0..ORDERS).map(ordered).collect(),
            listings,
            counted: [None; ORDERS],
            rev: 1,
            kept: Offers::default(),
            unfollowed: Vec::new(),
            changes: 1,
            uncounted: Vec::new(),
            unmarked: Vec::new(),
            follows: [None, None],
            counts: [None, None],
        }
    }

    /// What is on sale, as the orders say themselves.
    fn source(&self) -> Offers {
        let left = |(_, listing): &(u32, Listing)| {
            let its = self.orders.iter().filter(|order| order.listing_id == listing.snapshot.id);
            let live = its.filter(|order| order.version > 0 && order.status.is_live());
            listing.clone().left_by(live.map(Taken::from).collect())
        };
        self.listings.iter().map(left).fold(Offers::default(), |offers, listing| and(offers, &listing))
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Ordered(n) => self.ordered(n),
            Step::Again(n) if self.orders[n].version > 0 => self.unfollowed.push(n),
            Step::Again(_) => {}
            Step::Priced(n, cents) => {
                let price = &mut self.changed(n).snapshot.price;
                *price = Money::new(cents, price.currency);
            }
            Step::Withdrawn(n) => self.changed(n).snapshot.status = ListingStatus::Withdrawn,
            Step::Follow(replica) => self.follow(replica),
            Step::Count(replica) => self.count(replica),
            Step::Mark => self.mark(),
        }
    }

    fn ordered(&mut self, n: usize) {
        let order = &mut self.orders[n];
        match order.version {
            0 => order.version = 1,
            1 => (order.version, order.status) = (2, OrderStatus::Expired),
            _ => return,
        }
        self.unfollowed.push(n);
    }

    fn changed(&mut self, n: usize) -> &mut Listing {
        self.changes += 1;
        self.listings[n].0 += 1;
        &mut self.listings[n].1
    }

    /// As the listener does, and then `Recounts::follow_order`; a save that comes too late is made again from the start.
    fn follow(&mut self, replica: usize) {
        let Some(follow) = self.follows[replica].take() else {
            let next = self.unfollowed.pop().filter(|n| self.counted[*n] != Some(self.is_live(*n)));
            self.follows[replica] = next.map(|n| self.begin_to_follow((n, self.orders[n].version)));
            return;
        };
        let n = follow.order.0;
        let Some(order) = follow.read.clone() else {
            let read = Some(self.orders[n].clone());
            self.follows[replica] = Some(Follow { read, ..follow });
            return;
        };
        let (rev, listing) = &follow.listing;
        match listing.follow_order(&order) {
            Some(_) if self.listings[n % LISTINGS].0 != *rev => {
                self.follows[replica] = Some(self.begin_to_follow(follow.order));
                return;
            }
            Some(next) => *self.changed(n % LISTINGS) = next,
            None => {}
        }
        self.uncounted.push(follow.order);
    }

    fn begin_to_follow(&self, order: Known) -> Follow {
        Follow { order, listing: self.listings[order.0 % LISTINGS].clone(), read: None }
    }

    fn is_live(&self, n: usize) -> bool {
        self.orders[n].status.is_live()
    }

    /// As `Recounts::count` does; a save that comes too late is made again from the start.
    fn count(&mut self, replica: usize) {
        match self.counts[replica].take() {
            None if self.changes == 0 && self.uncounted.is_empty() => {}
            None => {
                // One count for all who wait.
                self.changes = 0;
                let orders = mem::take(&mut self.uncounted);
                self.begin_to_count(replica, orders);
            }
            Some(Count { rev, offers, read, orders }) if read < LISTINGS => {
                let offers = and(offers, &self.listings[read].1);
                self.counts[replica] = Some(Count { rev, offers, read: read + 1, orders });
            }
            Some(Count { rev, orders, .. }) if rev != self.rev => self.begin_to_count(replica, orders),
            Some(Count { offers, orders, .. }) => {
                (self.kept, self.rev) = (offers, self.rev + 1);
                self.unmarked.extend(orders);
            }
        }
    }

    fn begin_to_count(&mut self, replica: usize, orders: Vec<Known>) {
        self.counts[replica] = Some(Count { rev: self.rev, offers: Offers::default(), read: 0, orders });
    }

    /// Of an order that has changed meanwhile it is not written down, and the listener begins again.
    fn mark(&mut self) {
        let Some((n, version)) = self.unmarked.pop() else { return };
        if self.orders[n].version == version {
            self.counted[n] = Some(self.is_live(n));
        } else {
            self.unfollowed.push(n);
        }
    }

    fn is_at_rest(&self) -> bool {
        let nobody_follows = self.unfollowed.is_empty() && self.follows.iter().all(Option::is_none);
        let nobody_counts = self.uncounted.is_empty() && self.counts.iter().all(Option::is_none);
        nobody_follows && nobody_counts && self.changes == 0 && self.unmarked.is_empty()
    }
}

/// These and one more listing, if anything of it is on sale.
fn and(offers: Offers, listing: &Listing) -> Offers {
    if listing.seats_left == 0 || !listing.is_active() {
        return offers;
    }
    let total = listing.total();
    let is_cheaper = offers.cheapest.is_none_or(|cheapest| total.amount_cents < cheapest.amount_cents);
    Offers {
        cheapest: if is_cheaper { Some(total) } else { offers.cheapest },
        seats_left: offers.seats_left + listing.seats_left,
        listings_count: offers.listings_count + 1,
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..ORDERS).prop_map(Step::Ordered),
        1 => (0..ORDERS).prop_map(Step::Again),
        1 => (0..LISTINGS, 1_i64..9_000).prop_map(|(n, cents)| Step::Priced(n, cents)),
        1 => (0..LISTINGS).prop_map(Step::Withdrawn),
        8 => (0..REPLICAS).prop_map(Step::Follow),
        8 => (0..REPLICAS).prop_map(Step::Count),
        4 => Just(Step::Mark),
    ]
}

proptest! {
    #[test]
    fn what_is_kept_ends_as_what_is_on_sale(steps in proptest::collection::vec(step(), 0..120)) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
            prop_assert!(!world.is_at_rest() || world.kept == world.source(), "L8: {:?}", world.kept);
        }
        for n in 0..400 {
            world.step(Step::Follow(n % REPLICAS));
            world.step(Step::Count(n % REPLICAS));
            world.step(Step::Mark);
        }
        prop_assert!(world.is_at_rest(), "it never comes to rest");
        prop_assert_eq!(world.kept, world.source());
        let (show, kept) = (show(), world.kept);
        prop_assert_eq!(kept.cheapest.is_some(), kept.seats_left > 0);
        prop_assert_eq!(kept.at(&show, show.snapshot.starts_at), Offers::default());
    }
}

//! Random changes of the listings of one show, and two replicas that count it, in any order of their steps.

use common::{events::listing::ListingStatus, money::Money};
use proptest::prelude::*;

use super::*;
use crate::domain::{listing::tests::listing_at, show::tests::show};

const LISTINGS: usize = 3;
const REPLICAS: usize = 2;

/// One thing that happens.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// So many seats of a listing are left.
    Left(usize, u32),
    /// A listing has another price.
    Priced(usize, i64),
    /// A listing is off sale.
    Withdrawn(usize),
    /// A replica goes on with its count: reads the show, then each listing, then saves.
    Count(usize),
}

/// Where the count of a replica stands.
#[derive(Debug, Clone, Copy)]
struct Count {
    /// The revision of the show that was read first.
    rev: u32,
    offers: Offers,
    /// How many listings are read.
    read: usize,
}

struct World {
    listings: Vec<(Listing, u32)>,
    rev: u32,
    kept: Offers,
    /// Changes that nobody has begun to count.
    uncounted: usize,
    counts: [Option<Count>; REPLICAS],
}

impl World {
    fn new() -> Self {
        let listings = (1..).take(LISTINGS).map(|n| (listing_at(n * 1_000), 4)).collect();
        Self { listings, rev: 1, kept: Offers::default(), uncounted: 1, counts: [None; REPLICAS] }
    }

    fn source(&self) -> Offers {
        self.listings.iter().fold(Offers::default(), |offers, (listing, left)| offers.and(listing, *left))
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Left(n, left) => self.listings[n].1 = left,
            Step::Priced(n, cents) => {
                let price = &mut self.listings[n].0.snapshot.price;
                *price = Money::new(cents, price.currency);
            }
            Step::Withdrawn(n) => self.listings[n].0.snapshot.status = ListingStatus::Withdrawn,
            Step::Count(replica) => return self.count(replica),
        }
        self.uncounted += 1;
    }

    /// As `Recounts::count` does; a save that comes too late is made again from the start.
    fn count(&mut self, replica: usize) {
        match self.counts[replica] {
            None if self.uncounted == 0 => {}
            None => {
                // One count for all who wait.
                self.uncounted = 0;
                self.begin(replica);
            }
            Some(Count { rev, offers, read }) if read < LISTINGS => {
                let (listing, left) = &self.listings[read];
                self.counts[replica] =
                    Some(Count { rev, offers: offers.and(listing, *left), read: read + 1 });
            }
            Some(Count { rev, .. }) if rev != self.rev => self.begin(replica),
            Some(Count { offers, .. }) => {
                (self.kept, self.rev, self.counts[replica]) = (offers, self.rev + 1, None);
            }
        }
    }

    fn begin(&mut self, replica: usize) {
        self.counts[replica] = Some(Count { rev: self.rev, offers: Offers::default(), read: 0 });
    }

    fn is_at_rest(&self) -> bool {
        self.uncounted == 0 && self.counts.iter().all(Option::is_none)
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => (0..LISTINGS, 0_u32..5).prop_map(|(n, left)| Step::Left(n, left)),
        1 => (0..LISTINGS, 1_i64..9_000).prop_map(|(n, cents)| Step::Priced(n, cents)),
        1 => (0..LISTINGS).prop_map(Step::Withdrawn),
        8 => (0..REPLICAS).prop_map(Step::Count),
    ]
}

proptest! {
    #[test]
    fn what_is_kept_with_a_show_ends_as_what_is_on_sale(steps in proptest::collection::vec(step(), 0..80)) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
            prop_assert!(!world.is_at_rest() || world.kept == world.source(), "L8: {:?}", world.kept);
        }
        for n in 0..100 {
            world.step(Step::Count(n % REPLICAS));
        }
        prop_assert!(world.is_at_rest(), "it never comes to rest");
        prop_assert_eq!(world.kept, world.source());
        let (show, kept) = (show(), world.kept);
        prop_assert_eq!(kept.cheapest.is_some(), kept.seats_left > 0);
        prop_assert_eq!(kept.at(&show, show.snapshot.starts_at), Offers::default());
    }
}

//! What is on sale, as the crowd tells each other.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use common::{
    events::listing::ListingSnapshot,
    ids::{ListingId, ShowId},
};
use rand::{Rng as _, rngs::StdRng};

/// How many listings are talked about; older ones are forgotten, sold out or not.
const TALKED_ABOUT: usize = 60;
/// How many of the newest everybody wants.
const HOT: usize = 2;
/// How often somebody wants one of those.
const HOT_SHARE: f64 = 0.4;

/// Listings that somebody may want.
pub struct MarketPlace {
    /// The show that all of them are for.
    pub show: ShowId,
    listings: Mutex<VecDeque<ListingSnapshot>>,
}

impl MarketPlace {
    /// Nothing on sale yet.
    pub fn new(show: ShowId) -> Self {
        Self { show, listings: Mutex::default() }
    }

    /// Tells everybody of a new listing, or of a new price.
    pub fn tell(&self, listing: ListingSnapshot) {
        let mut listings = self.listings();
        if let Some(known) = listings.iter_mut().find(|known| known.id == listing.id) {
            *known = listing;
            return;
        }
        listings.push_front(listing);
        listings.truncate(TALKED_ABOUT);
    }

    /// It is worth nobody's while any more.
    pub fn forget(&self, listing: ListingId) {
        self.listings().retain(|known| known.id != listing);
    }

    /// How many are talked about.
    pub fn count(&self) -> usize {
        self.listings().len()
    }

    /// One that somebody wants.
    pub fn pick(&self, random: &mut StdRng) -> Option<ListingSnapshot> {
        let listings = self.listings();
        let range = if random.random_bool(HOT_SHARE) { HOT } else { listings.len() }.min(listings.len());
        if range == 0 { None } else { listings.get(random.random_range(0..range)).cloned() }
    }

    fn listings(&self) -> MutexGuard<'_, VecDeque<ListingSnapshot>> {
        self.listings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Keeps what is left: of a listing with the listing, and what is on sale of a show with the show.
//!
//! **A listing** follows each order of its seats. It is read first and the orders' admissions after that, and the save
//! is refused if the listing was saved in between. So whoever saves has read an order that is at least as new as
//! what the listing knew of it, and as an order takes its seats once and frees them once, no listing goes back.
//!
//! **A show** is counted again whenever one of its listings or orders changes. The last count is right, whoever makes it:
//! a count reads the show first and what is on sale after that, and its save is refused if another count was saved
//! in between. So the count that is saved last has read everything that was written before any other count
//! was saved, and whoever changed something has counted after that.
//!
//! Hundreds of orders of one listing or show may come in a second, and after the loss of a stream all of them come again.
//! So both are done in [turns](crate::turns), each for all who have asked by then.

use std::collections::BTreeSet;

use common::{
    bus::{Bus, CommitError, HandlerError, StoreError, Tx},
    clock::Timestamp,
    ids::{ListingId, OrderId, ShowId},
};

use crate::{
    domain::{listing::Listing, offers::Offers, show::Show},
    store::{Admissions, ListingFilter, Listings, OnSale, Shows},
    turns::{Turns, Unfinished},
};

/// How many listings are read at a time.
const PAGE: i64 = 500;
/// How many pages of them are read at most: 50,000 listings.
const MAX_PAGES: usize = 100;

/// Why something was not counted.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RecountError {
    /// What is on sale could not be read.
    #[error("read what is on sale")]
    Store(#[from] StoreError),
    /// The count was not committed.
    #[error("keep what is on sale")]
    Commit(#[from] CommitError),
    /// The count did not come to its end.
    #[error("count what is on sale")]
    Unfinished(#[from] Unfinished),
}

impl From<RecountError> for HandlerError {
    fn from(error: RecountError) -> Self {
        match error {
            RecountError::Store(error) => error.into(),
            RecountError::Commit(error) => error.into(),
            RecountError::Unfinished(Unfinished::Panicked) => Self::failed(error),
            // No event can make a count slow.
            RecountError::Unfinished(Unfinished::Late) => Self::unavailable(error),
        }
    }
}

/// Counts listings and shows.
#[derive(Clone)]
pub struct Recounts {
    bus: Bus,
    shows: Shows,
    listings: Listings,
    admissions: Admissions,
    of_listings: Turns<ListingId, OrderId, RecountError>,
    of_shows: Turns<ShowId, (), RecountError>,
}

impl Recounts {
    /// Counts what these hold.
    pub fn new(bus: Bus, shows: Shows, listings: Listings, admissions: Admissions) -> Self {
        let (of_listings, of_shows) = (Turns::default(), Turns::default());
        Self { bus, shows, listings, admissions, of_listings, of_shows }
    }

    /// Has a listing follow an order as it is kept now.
    pub async fn follow_order(&self, listing: ListingId, order: OrderId) -> Result<(), RecountError> {
        let recounts = self.clone();
        let follow = async move |orders| recounts.follow(listing, orders).await;
        self.of_listings.ask(listing, order, follow).await
    }

    /// Those of some listings that do not know their orders as they are kept.
    pub async fn wrong(&self, listings: &[Listing]) -> Result<Vec<Listing>, StoreError> {
        let wrong = self.admissions.unknown_to(listings).await?;
        Ok(wrong.into_iter().map(|(listing, _)| listing.clone()).collect())
    }

    /// Makes right what a listing knows of its orders; false if it was.
    pub async fn mend(&self, listing: ListingId) -> Result<bool, RecountError> {
        let recounts = self.clone();
        let mend = async move |tx: &mut Tx| {
            let Some(listing) = recounts.listings.get(listing).await? else { return Ok(false) };
            let admissions = recounts.admissions.of_listing(listing.state.snapshot.id).await?;
            let next = listing.state.as_ordered(&admissions);
            let was_wrong = next != listing.state;
            if was_wrong {
                tx.save(&listing, next);
            }
            Ok(was_wrong)
        };
        self.bus.transact(mend).await
    }

    /// Counts what is on sale of a show; it is kept when this returns.
    pub async fn recount(&self, show: ShowId) -> Result<(), RecountError> {
        let recounts = self.clone();
        self.of_shows.ask(show, (), async move |_| recounts.count(show).await).await
    }

    /// What is on sale of a show now.
    pub async fn offers(&self, show: &Show, now: Timestamp) -> Result<Offers, StoreError> {
        if !show.sells_at(now) {
            return Ok(Offers::default());
        }
        let id = show.snapshot.id;
        let cheapest = self.listings.page(&ListingFilter::on_sale(id), None, 1).await?;
        let OnSale { seats, listings } = self.listings.count_on_sale(id).await?;
        let cheapest = cheapest.first().map(Listing::total);
        Ok(Offers { cheapest, seats_left: seats, listings_count: listings })
    }

    /// Shows each listing that is on sale of a show now.
    pub async fn each_on_sale(
        &self,
        show: &Show,
        now: Timestamp,
        mut see: impl FnMut(&Listing) + Send,
    ) -> Result<(), StoreError> {
        if !show.sells_at(now) {
            return Ok(());
        }
        let filter = ListingFilter::on_sale(show.snapshot.id);
        let mut after = None;
        for _ in 0..MAX_PAGES {
            let page = self.listings.page(&filter, after, PAGE).await?;
            page.iter().for_each(&mut see);
            after = match page.last() {
                Some(last) => Some((last.snapshot.price.amount_cents, last.snapshot.id)),
                None => return Ok(()),
            };
        }
        tracing::error!(show.id = %show.snapshot.id, "a show has more listings than are read");
        Ok(())
    }

    async fn follow(&self, listing: ListingId, orders: BTreeSet<OrderId>) -> Result<(), RecountError> {
        // By value, as the future is sent between threads: see `Bus::transact`.
        let recounts = self.clone();
        let follow = async move |tx: &mut Tx| {
            let listing = recounts.listings.known(listing).await?;
            let kept = recounts.admissions.of_orders(&orders).await?;
            if let Some(next) = listing.state.follow_orders(kept.iter().map(|known| &known.order)) {
                tx.save(&listing, next);
            }
            Ok(())
        };
        self.bus.transact(follow).await
    }

    /// Saves also what is as it was: a count by another replica that has read less is refused by that.
    async fn count(&self, id: ShowId) -> Result<(), RecountError> {
        let recounts = self.clone();
        let count = async move |tx: &mut Tx| {
            let show = recounts.shows.known(id).await?;
            let offers = recounts.offers(&show.state, tx.now()).await?;
            tx.save(&show, show.state.offering(offers));
            Ok(())
        };
        self.bus.transact(count).await
    }
}

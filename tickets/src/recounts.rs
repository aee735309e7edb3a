//! Counts what is on sale of a show and keeps it with the show.
//!
//! Each listing and each order is a reason to count all of its show again. Hundreds of orders of one show may
//! come in a second; so whoever asks while others are counting waits for the next count, which is one for
//! all who have asked by then.
//!
//! Why the last count is right, whoever makes it: a count reads the show first and what is on sale after
//! that, and its save is refused if another count was saved in between. So the count that is saved last has
//! read everything that was written before any other count was saved, and whoever changed something has
//! counted after that.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use common::{
    bus::{Bus, CommitError, HandlerError, StoreError, Tx},
    clock::Timestamp,
    events::listing::ListingStatus,
    ids::ShowId,
};
use tokio::sync;

use crate::{
    domain::{listing::Listing, offers::Offers, show::Show},
    store::{Admissions, ListingFilter, ListingOrder, Listings, Shows},
};

/// How many listings are read at a time.
const PAGE: i64 = 500;
/// How many pages of them are read at most: 50,000 listings.
const MAX_PAGES: usize = 100;

/// Why a show was not counted.
#[derive(Debug, thiserror::Error)]
pub enum RecountError {
    /// What is on sale could not be read.
    #[error("read what is on sale")]
    Store(#[from] StoreError),
    /// The count was not committed.
    #[error("keep what is on sale")]
    Commit(#[from] CommitError),
}

impl From<RecountError> for HandlerError {
    fn from(error: RecountError) -> Self {
        match error {
            RecountError::Store(error) => error.into(),
            RecountError::Commit(error) => error.into(),
        }
    }
}

/// Counts shows.
#[derive(Clone)]
pub struct Recounts {
    bus: Bus,
    shows: Shows,
    listings: Listings,
    admissions: Admissions,
    lines: Arc<Mutex<HashMap<ShowId, Arc<Line>>>>,
}

/// Those who want one show counted.
#[derive(Default)]
struct Line {
    /// How many have asked.
    asked: AtomicU64,
    /// How many of them had asked when the last count began. Whoever holds it counts.
    answered: sync::Mutex<u64>,
}

impl Recounts {
    /// Counts what these hold.
    pub fn new(bus: Bus, shows: Shows, listings: Listings, admissions: Admissions) -> Self {
        Self { bus, shows, listings, admissions, lines: Arc::default() }
    }

    /// Counts what is on sale of a show; it is kept when this returns.
    pub async fn recount(&self, show: ShowId) -> Result<(), RecountError> {
        let line = self.enter(show);
        let answer = self.answer(show, &line).await;
        self.leave(show, line);
        answer
    }

    /// What is on sale of a show now.
    pub async fn offers(&self, show: &Show, now: Timestamp) -> Result<Offers, StoreError> {
        let mut offers = Offers::default();
        self.each_on_sale(show, now, |listing, left| offers = offers.and(listing, left)).await?;
        Ok(offers)
    }

    /// Shows each listing that is on sale of a show now, with the seats left of it.
    pub async fn each_on_sale(
        &self,
        show: &Show,
        now: Timestamp,
        mut see: impl FnMut(&Listing, u32) + Send,
    ) -> Result<(), StoreError> {
        if !show.sells_at(now) {
            return Ok(());
        }
        let (show_id, status) = (Some(show.snapshot.id), Some(ListingStatus::Active));
        let order = ListingOrder::Total;
        let filter = ListingFilter { show_id, order, status, ..ListingFilter::default() };
        let mut after = None;
        for _ in 0..MAX_PAGES {
            let page = self.listings.page(&filter, after, PAGE).await?;
            let left = self.admissions.seats_left(&page).await?;
            for listing in &page {
                let left = left.get(&listing.snapshot.id).copied().unwrap_or_default();
                if left > 0 {
                    see(listing, left);
                }
            }
            after = match page.last() {
                Some(last) => Some((last.snapshot.price.amount_cents, last.snapshot.id)),
                None => return Ok(()),
            };
        }
        tracing::error!(show.id = %show.snapshot.id, "a show has more listings than are counted");
        Ok(())
    }

    async fn answer(&self, show: ShowId, line: &Line) -> Result<(), RecountError> {
        let number = line.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let mut answered = line.answered.lock().await;
        if *answered >= number {
            return Ok(());
        }
        let answering = line.asked.load(Ordering::SeqCst);
        self.count(show).await?;
        *answered = answering;
        Ok(())
    }

    /// Saves also what is as it was: a count by another replica that has read less is refused by that.
    async fn count(&self, id: ShowId) -> Result<(), RecountError> {
        // By value, as the future is sent between threads: see `Bus::transact`.
        let recounts = self.clone();
        let count = async move |tx: &mut Tx| {
            let Some(show) = recounts.shows.get(id).await? else { return Ok(()) };
            let offers = recounts.offers(&show.state, tx.now()).await?;
            tx.save(&show, show.state.offering(offers));
            Ok(())
        };
        self.bus.transact(count).await
    }

    fn enter(&self, show: ShowId) -> Arc<Line> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).entry(show).or_default().clone()
    }

    /// The last to leave takes the line with him.
    fn leave(&self, show: ShowId, line: Arc<Line>) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        drop(line);
        if lines.get(&show).is_some_and(|line| Arc::strong_count(line) == 1) {
            lines.remove(&show);
        }
    }
}

//! The sweeper: what is kept with the listings and the shows is made right again if it is not.
//!
//! No event tells that a show has begun; and what is kept may be of an older build, or lack what the dead letters
//! hold. So the sweeper looks for shows that have begun and seem to be on sale, and at all others and all listings
//! in turn.

use std::time::Duration;

use common::{
    bus::StoreError,
    clock::Clock,
    ids::{ListingId, ShowId},
};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{listing::Listing, offers::Offers, show::Show},
    recounts::{RecountError, Recounts},
    store::{Listings, Shows},
};

/// How often to look.
const INTERVAL: Duration = Duration::from_secs(15);
/// How many shows that have begun one look closes at most; the next look goes on.
const BATCH: i64 = 200;
/// How many of all shows, and of all listings, one look compares with what they are counted from.
const PAGE: i64 = 50;

/// Looks at the listings and the shows.
#[derive(Clone)]
pub struct Sweeper {
    /// The time.
    pub clock: Clock,
    /// The shows.
    pub shows: Shows,
    /// The listings.
    pub listings: Listings,
    /// Counts both.
    pub recounts: Recounts,
}

/// How far the sweeper came, by the ids; nothing at the beginning, and when the end was reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    show: Option<ShowId>,
    listing: Option<ListingId>,
}

impl Sweeper {
    /// Looks every now and then, until told to stop.
    pub async fn run(self, stopping: CancellationToken) {
        let mut ticks = interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut seen = Seen::default();
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                _ = ticks.tick() => {}
            }
            match self.sweep(seen).await {
                Ok(last) => seen = last,
                Err(error) => {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(error, "the listings and the shows were not swept");
                }
            }
        }
    }

    /// Closes what has begun, and mends some listings and shows, from those on; tells how far it came.
    pub async fn sweep(&self, seen: Seen) -> Result<Seen, RecountError> {
        for show in self.shows.begun_on_sale(self.clock.now(), BATCH).await? {
            self.recounts.recount(show.snapshot.id).await?;
        }
        Ok(Seen {
            listing: self.sweep_listings(seen.listing).await?,
            show: self.sweep_shows(seen.show).await?,
        })
    }

    async fn sweep_listings(&self, after: Option<ListingId>) -> Result<Option<ListingId>, RecountError> {
        let page = self.listings.following(after, PAGE).await?;
        for Listing { snapshot, .. } in self.recounts.wrong(&page).await? {
            if self.recounts.mend(snapshot.id).await? {
                self.recounts.recount(snapshot.show_id).await?;
                metrics::counter!("tickets_listings_mended_total").increment(1);
            }
        }
        Ok(page.last().map(|listing| listing.snapshot.id))
    }

    async fn sweep_shows(&self, after: Option<ShowId>) -> Result<Option<ShowId>, RecountError> {
        let page = self.shows.following(after, PAGE).await?;
        for show in &page {
            if !self.is_right(show).await? {
                self.recounts.recount(show.snapshot.id).await?;
                metrics::counter!("tickets_shows_mended_total").increment(1);
            }
        }
        Ok(page.last().map(|show| show.snapshot.id))
    }

    async fn is_right(&self, show: &Show) -> Result<bool, StoreError> {
        let offers: Offers = self.recounts.offers(show, self.clock.now()).await?;
        Ok(*show == show.offering(offers))
    }
}

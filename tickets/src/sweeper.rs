//! The sweeper: what is kept with the shows is made right again if it is not.
//!
//! No event tells that a show has begun; and what is kept with a show may be of an older build, or lack what
//! the dead letters hold. So the sweeper looks for shows that have begun and seem to be on sale, and at all
//! others in turn.

use std::time::Duration;

use common::{bus::StoreError, clock::Clock, ids::ShowId};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{offers::Offers, show::Show},
    recounts::{RecountError, Recounts},
    store::Shows,
};

/// How often to look.
const INTERVAL: Duration = Duration::from_secs(15);
/// How many shows that have begun one look closes at most; the next look goes on.
const BATCH: i64 = 200;
/// How many of all shows one look compares with what is on sale.
const PAGE: i64 = 50;

/// Looks at the shows.
#[derive(Clone)]
pub struct Sweeper {
    /// The time.
    pub clock: Clock,
    /// The shows.
    pub shows: Shows,
    /// Counts them.
    pub recounts: Recounts,
}

impl Sweeper {
    /// Looks every now and then, until told to stop.
    pub async fn run(self, stopping: CancellationToken) {
        let mut ticks = interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut seen_to = None;
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                _ = ticks.tick() => {}
            }
            match self.sweep(seen_to).await {
                Ok(last) => seen_to = last,
                Err(error) => {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(error, "the shows were not swept");
                }
            }
        }
    }

    /// Closes what has begun, and mends some of all shows, from those with this id on; tells how far it came,
    /// and nothing at the end.
    pub async fn sweep(&self, after: Option<ShowId>) -> Result<Option<ShowId>, RecountError> {
        for show in self.shows.begun_on_sale(self.clock.now(), BATCH).await? {
            self.recounts.recount(show.snapshot.id).await?;
        }
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

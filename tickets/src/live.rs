//! What can be followed: what is on sale in a show.

use common::{
    bus::{Aggregate as _, Change, StoreError},
    ids::{ListingId, ShowId},
    live::{All, Live},
};

use crate::{
    domain::listing::Listing,
    routes::views::ListingView,
    store::{ListingFilter, Listings},
};

/// The most listings that are told of at the beginning, the cheapest ones.
const MAX_AT_FIRST: usize = 500;

/// The listings of each show, with what is left of them.
#[derive(Debug, Clone)]
pub struct ListingsLive {
    /// The listings.
    pub listings: Listings,
}

impl Live for ListingsLive {
    type Topic = ShowId;
    type Subject = ListingId;
    type View = ListingView;

    const EVENT: &'static str = "listing";
    const COLLECTIONS: &'static [&'static str] = &[Listing::COLLECTION];

    fn concerns(change: &Change) -> Option<(ShowId, ListingId)> {
        change.of::<Listing>().map(|listing| (listing.snapshot.show_id, listing.snapshot.id))
    }

    async fn look(&self, ids: &[ListingId]) -> Result<Vec<(ListingId, ListingView)>, StoreError> {
        let listings = self.listings.with_ids(ids).await?;
        Ok(listings.into_iter().map(|listing| (listing.snapshot.id, listing.into())).collect())
    }

    async fn all(&self, show: &ShowId) -> Result<All<ListingView>, StoreError> {
        let on_sale = ListingFilter::on_sale(*show);
        let limit = i64::try_from(MAX_AT_FIRST).unwrap_or(i64::MAX);
        let mut listings = self.listings.page(&on_sale, None, limit.saturating_add(1)).await?;
        let complete = listings.len() <= MAX_AT_FIRST;
        listings.truncate(MAX_AT_FIRST);
        Ok(All { views: listings.into_iter().map(ListingView::from).collect(), complete })
    }
}

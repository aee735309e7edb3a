//! What can be followed: what is on sale in a show.

use common::{
    bus::{Aggregate as _, Change, StoreError},
    events::listing::ListingStatus,
    ids::{ListingId, ShowId},
    live::{All, Live},
};

use crate::{
    domain::{admission::Admission, listing::Listing},
    routes::views::{self, ListingView},
    store::{Admissions, ListingFilter, ListingOrder, Listings},
};

/// The most listings that are told of at the beginning, the cheapest ones.
const MAX_AT_FIRST: usize = 500;

/// The listings of each show. What is left of one changes with the orders, which the admissions follow.
#[derive(Debug, Clone)]
pub struct ListingsLive {
    /// The listings.
    pub listings: Listings,
    /// The admissions.
    pub admissions: Admissions,
}

impl Live for ListingsLive {
    type Topic = ShowId;
    type Subject = ListingId;
    type View = ListingView;

    const EVENT: &'static str = "listing";
    const COLLECTIONS: &'static [&'static str] = &[Listing::COLLECTION, Admission::COLLECTION];

    fn concerns(change: &Change) -> Option<(ShowId, ListingId)> {
        let listing = change.of::<Listing>().map(|listing| (listing.snapshot.show_id, listing.snapshot.id));
        listing.or_else(|| {
            let order = change.of::<Admission>()?.order;
            Some((order.show_id, order.listing_id))
        })
    }

    async fn look(&self, ids: &[ListingId]) -> Result<Vec<(ListingId, ListingView)>, StoreError> {
        let listings = self.listings.with_ids(ids).await?;
        let views = views::views(&self.admissions, listings).await?;
        Ok(views.into_iter().map(|view| (view.listing.id, view)).collect())
    }

    async fn all(&self, show: &ShowId) -> Result<All<ListingView>, StoreError> {
        let on_sale = ListingFilter {
            show_id: Some(*show),
            status: Some(ListingStatus::Active),
            order: ListingOrder::Total,
            ..ListingFilter::default()
        };
        let limit = i64::try_from(MAX_AT_FIRST).unwrap_or(i64::MAX);
        let mut listings = self.listings.page(&on_sale, None, limit.saturating_add(1)).await?;
        let complete = listings.len() <= MAX_AT_FIRST;
        listings.truncate(MAX_AT_FIRST);
        Ok(All { views: views::views(&self.admissions, listings).await?, complete })
    }
}

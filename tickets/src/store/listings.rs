//! The collection `listings`.

use bson::{Document, doc};
use common::{
    bus::{Aggregate, Index, Loaded, Publication, Repository, StoreError},
    control::Control,
    events::{
        listing::{ListingCreated, ListingStatus, ListingUpdated, ListingWithdrawn},
        show::{ShowSnapshot, ShowStatus},
    },
    ids::{ListingId, ShowId, UserId},
};
use serde::Deserialize;

use crate::domain::listing::Listing;

/// The index by which a request that comes again is recognised.
pub const REQUESTS: &str = "requests";

const SHOW_ID: &str = "state.snapshot.showId";
const SHOW_STARTS_AT: &str = "state.snapshot.showStartsAt";
const SELLER_ID: &str = "state.snapshot.sellerId";
const STATUS: &str = "state.snapshot.status";
const PRICE: &str = "state.snapshot.price.amountCents";
const REQUEST_KEY: &str = "state.request.key";
const SEATS_LEFT: &str = "state.seatsLeft";

impl Aggregate for Listing {
    const COLLECTION: &'static str = "listings";

    fn document_id(&self) -> String {
        self.snapshot.id.to_string()
    }

    fn indexes() -> Vec<Index> {
        vec![
            Index::on("by_price", doc! { SHOW_ID: 1, PRICE: 1, "_id": 1 }),
            // However many were sold out, what is on sale is found at once; and counted without reading a listing, as
            // all is in the index that the count asks for, the status too.
            Index::on("offers", doc! { SHOW_ID: 1, PRICE: 1, "_id": 1, SEATS_LEFT: 1, STATUS: 1 })
                .partial(doc! { STATUS: status_name(ListingStatus::Active), SEATS_LEFT: { "$gt": 0 } }),
            Index::on("by_show", doc! { SHOW_ID: 1, "_id": -1 }),
            Index::on("by_seller", doc! { SELLER_ID: 1, "_id": -1 }),
            Index::on(REQUESTS, doc! { SELLER_ID: 1, REQUEST_KEY: 1 })
                .unique_unless(Control::NoKeyIndex)
                .partial(doc! { REQUEST_KEY: { "$exists": true } }),
        ]
    }

    fn current_facts(&self) -> Vec<Publication> {
        let snapshot = self.snapshot.clone();
        vec![match (snapshot.status, snapshot.version) {
            (ListingStatus::Withdrawn, _) => ListingWithdrawn(snapshot).into(),
            (ListingStatus::Active, 1) => ListingCreated(snapshot).into(),
            (ListingStatus::Active, _) => ListingUpdated(snapshot).into(),
        }]
    }
}

/// In which order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ListingOrder {
    /// The cheapest first. A higher price is a higher total, so the order by price is the order by total.
    Total,
    /// Ids made later sort later.
    #[default]
    Newest,
}

/// Which listings a list is of; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct ListingFilter {
    /// Only for this show.
    pub show_id: Option<ShowId>,
    /// In which order.
    pub order: ListingOrder,
    /// Only by this seller.
    pub seller_id: Option<UserId>,
    /// Only what is on sale, or only what is not.
    pub status: Option<ListingStatus>,
    /// Only at this price or lower.
    pub max_price_cents: Option<i64>,
    /// Only with so many seats left; 0 takes all.
    pub min_seats: u32,
}

impl ListingFilter {
    /// What is on sale of a show, the cheapest first.
    pub fn on_sale(show: ShowId) -> Self {
        Self {
            show_id: Some(show),
            order: ListingOrder::Total,
            status: Some(ListingStatus::Active),
            min_seats: 1,
            ..Self::default()
        }
    }
}

/// How much is on sale of a show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct OnSale {
    /// How many seats.
    pub seats: u32,
    /// Of how many listings.
    pub listings: u32,
}

/// A place in a list of listings: the price in cents, then the id.
pub type ListingPlace = (i64, ListingId);

/// Reads listings.
#[derive(Debug, Clone)]
pub struct Listings {
    repository: Repository<Listing>,
}

impl Listings {
    /// The listings in this repository.
    pub fn new(repository: Repository<Listing>) -> Self {
        Self { repository }
    }

    /// Those of these that exist.
    pub async fn with_ids(&self, ids: &[ListingId]) -> Result<Vec<Listing>, StoreError> {
        let found = self.repository.find(doc! { "_id": { "$in": ids } }, doc! { "_id": 1 }, i64::MAX).await?;
        Ok(found.into_iter().map(|loaded| loaded.state).collect())
    }

    /// The listing with this id.
    pub async fn get(&self, id: ListingId) -> Result<Option<Loaded<Listing>>, StoreError> {
        self.repository.get(id).await
    }

    /// The listing with this id, which something else tells of.
    pub async fn known(&self, id: ListingId) -> Result<Loaded<Listing>, StoreError> {
        self.repository.known(id).await
    }

    /// The listing that this seller made with a request of this key.
    pub async fn by_request(&self, seller: UserId, key: &str) -> Result<Option<Loaded<Listing>>, StoreError> {
        self.repository.find_one(doc! { SELLER_ID: seller, REQUEST_KEY: key }).await
    }

    /// The next listings of a list, in its order.
    pub async fn page(
        &self,
        filter: &ListingFilter,
        after: Option<ListingPlace>,
        limit: i64,
    ) -> Result<Vec<Listing>, StoreError> {
        let (query, order) = match filter.order {
            ListingOrder::Total => cheapest_first(query(filter), after),
            ListingOrder::Newest => newest_first(query(filter), after),
        };
        let found = self.repository.find(query, order, limit).await?;
        Ok(found.into_iter().map(|loaded| loaded.state).collect())
    }

    /// How much is on sale of a show.
    pub async fn count_on_sale(&self, show: ShowId) -> Result<OnSale, StoreError> {
        let pipeline = vec![
            doc! { "$match": query(&ListingFilter::on_sale(show)) },
            doc! { "$group": {
                "_id": null,
                "seats": { "$sum": format!("${SEATS_LEFT}") },
                "listings": { "$sum": 1 },
            } },
        ];
        let counted = self.repository.aggregate(pipeline).await?.into_iter().next();
        Ok(counted.and_then(|counted| bson::deserialize_from_document(counted).ok()).unwrap_or_default())
    }

    /// The listings that follow this one by their ids, or the first.
    pub async fn following(&self, after: Option<ListingId>, limit: i64) -> Result<Vec<Listing>, StoreError> {
        self.repository.after(after, limit).await
    }

    /// Listings of a show that do not say yet what the show says.
    pub async fn out_of_step(
        &self,
        show: &ShowSnapshot,
        limit: i64,
    ) -> Result<Vec<Loaded<Listing>>, StoreError> {
        self.repository.find(differs_from(show), doc! { PRICE: 1, "_id": 1 }, limit).await
    }

    /// How many they are.
    pub async fn count_out_of_step(&self, show: &ShowSnapshot) -> Result<u64, StoreError> {
        self.repository.count(differs_from(show)).await
    }
}

fn differs_from(show: &ShowSnapshot) -> Document {
    let moved = doc! { SHOW_STARTS_AT: { "$ne": show.starts_at } };
    let differs = match show.status {
        ShowStatus::Scheduled => moved,
        ShowStatus::Cancelled => doc! { "$or": [moved, { STATUS: status_name(ListingStatus::Active) }] },
    };
    doc! { "$and": [{ SHOW_ID: show.id }, differs] }
}

fn cheapest_first(mut query: Document, after: Option<ListingPlace>) -> (Document, Document) {
    if let Some((price, id)) = after {
        let rest = doc! { "$or": [{ PRICE: { "$gt": price } }, { "_id": { "$gt": id } }] };
        query.insert("$and", [doc! { PRICE: { "$gte": price } }, rest]);
    }
    (query, doc! { PRICE: 1, "_id": 1 })
}

fn newest_first(mut query: Document, after: Option<ListingPlace>) -> (Document, Document) {
    if let Some((_, id)) = after {
        query.insert("_id", doc! { "$lt": id });
    }
    (query, doc! { "_id": -1 })
}

fn query(filter: &ListingFilter) -> Document {
    let mut query = Document::new();
    if let Some(show_id) = filter.show_id {
        query.insert(SHOW_ID, show_id);
    }
    if let Some(seller_id) = filter.seller_id {
        query.insert(SELLER_ID, seller_id);
    }
    if let Some(status) = filter.status {
        query.insert(STATUS, status_name(status));
    }
    if let Some(cents) = filter.max_price_cents {
        query.insert(PRICE, doc! { "$lte": cents });
    }
    if filter.min_seats > 0 {
        query.insert(SEATS_LEFT, doc! { "$gte": filter.min_seats });
    }
    query
}

/// As serde writes it.
const fn status_name(status: ListingStatus) -> &'static str {
    match status {
        ListingStatus::Active => "active",
        ListingStatus::Withdrawn => "withdrawn",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_asked_for_as_they_are_written() {
        for status in [ListingStatus::Active, ListingStatus::Withdrawn] {
            let written = bson::serialize_to_bson(&status).unwrap();
            assert_eq!(written.as_str(), Some(status_name(status)));
        }
    }
}

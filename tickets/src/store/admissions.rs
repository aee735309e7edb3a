//! The collection `admissions`: one document per order, with the order's passes.

use std::collections::{BTreeMap, BTreeSet};

use bson::{Document, doc};
use common::{
    bus::{Aggregate, Index, Loaded, Publication, Repository, StoreError},
    clock::Timestamp,
    control::Control,
    events::pass::{PassCheckedIn, PassIssued, PassSnapshot, PassStatus, PassVoided},
    ids::{ListingId, OrderId, PassId, UserId},
};

use crate::domain::{admission::Admission, listing::Listing};

/// Of so many listings at a time all admissions that count can be read: with 50 seats each they have 1,000 at most.
const LISTINGS_AT_ONCE: usize = 20;

/// The index by which a scan that comes again is recognised.
pub const CHECK_INS: &str = "check_ins";

const LISTING_ID: &str = "state.order.listingId";
const SEATS: &str = "state.order.seats";
const HOLDER_ID: &str = "state.order.buyerId";
const LIVE: &str = "state.live";
const ADMITS: &str = "state.admits";
const PASS_ID: &str = "state.passes.id";
const CHECKED_IN_BY: &str = "state.checkIns.by";
const CHECK_IN_KEY: &str = "state.checkIns.key";

impl Aggregate for Admission {
    const COLLECTION: &'static str = "admissions";

    fn document_id(&self) -> String {
        self.order.id.to_string()
    }

    /// `valid_passes` is what makes S7 true: MongoDB itself refuses a second valid pass for a seat.
    fn indexes() -> Vec<Index> {
        vec![
            Index::on("valid_passes", doc! { LISTING_ID: 1, SEATS: 1 })
                .unique_unless(Control::NoPassIndex)
                .partial(doc! { ADMITS: true }),
            Index::on("live_orders", doc! { LISTING_ID: 1 }).partial(doc! { LIVE: true }),
            Index::on("by_holder", doc! { HOLDER_ID: 1, "_id": -1 }),
            Index::on("by_pass", doc! { PASS_ID: 1 }),
            Index::on(CHECK_INS, doc! { CHECKED_IN_BY: 1, CHECK_IN_KEY: 1 })
                .unique()
                .partial(doc! { CHECK_IN_KEY: { "$exists": true } }),
        ]
    }

    fn current_facts(&self) -> Vec<Publication> {
        let fact = |pass: &PassSnapshot| match (pass.status, pass.checked_in_at) {
            (PassStatus::Valid, None) => PassIssued(pass.clone()).into(),
            (PassStatus::Valid, Some(_)) => PassCheckedIn(pass.clone()).into(),
            (PassStatus::Voided, _) => PassVoided(pass.clone()).into(),
        };
        self.passes.iter().map(fact).collect()
    }
}

/// A place in a list of passes: the order, newest first, then the number of the pass within it.
pub type PassPlace = (OrderId, usize);

/// Reads admissions.
#[derive(Debug, Clone)]
pub struct Admissions {
    repository: Repository<Admission>,
}

impl Admissions {
    /// The admissions in this repository.
    pub fn new(repository: Repository<Admission>) -> Self {
        Self { repository }
    }

    /// The admission of this order.
    pub async fn get(&self, id: OrderId) -> Result<Option<Loaded<Admission>>, StoreError> {
        self.repository.get(id).await
    }

    /// The admission that this pass is of.
    pub async fn with_pass(&self, id: PassId) -> Result<Option<Loaded<Admission>>, StoreError> {
        self.repository.find_one(doc! { PASS_ID: id }).await
    }

    /// The pass with this id.
    pub async fn pass(&self, id: PassId) -> Result<Option<PassSnapshot>, StoreError> {
        let found = self.with_pass(id).await?;
        Ok(found.and_then(|loaded| loaded.state.passes.into_iter().find(|pass| pass.id == id)))
    }

    /// The next passes of one order.
    pub async fn passes_of_order(
        &self,
        order: OrderId,
        after: Option<PassPlace>,
    ) -> Result<Vec<(PassPlace, PassSnapshot)>, StoreError> {
        let found = self.get(order).await?;
        Ok(found
            .into_iter()
            .flat_map(|found| placed(found.state))
            .filter(|(place, _)| is_next(*place, after))
            .collect())
    }

    /// The next passes of one holder, those of the newest order first.
    pub async fn passes_of_holder(
        &self,
        holder: UserId,
        after: Option<PassPlace>,
        limit: i64,
    ) -> Result<Vec<(PassPlace, PassSnapshot)>, StoreError> {
        let mut query = doc! { HOLDER_ID: holder, "state.passes.0": { "$exists": true } };
        if let Some((order, _)) = after {
            query.insert("_id", doc! { "$lte": order });
        }
        // Each order has one pass at least, and all passes of the first may have been seen.
        let found = self.repository.find(query, doc! { "_id": -1 }, limit.saturating_add(1)).await?;
        let passes = found.into_iter().flat_map(|found| placed(found.state));
        let limit = usize::try_from(limit).unwrap_or_default();
        Ok(passes.filter(|(place, _)| is_next(*place, after)).take(limit).collect())
    }

    /// Those of these that were saved then or later.
    pub async fn saved_since(
        &self,
        ids: &BTreeSet<OrderId>,
        then: Timestamp,
    ) -> Result<BTreeSet<OrderId>, StoreError> {
        if ids.is_empty() {
            return Ok(BTreeSet::new());
        }
        let filter = doc! { "_id": one_of(ids), "updatedAt": { "$gte": then } };
        let found = self.repository.find(filter, doc! { "_id": 1 }, i64::MAX).await?;
        Ok(found.into_iter().map(|loaded| loaded.state.order.id).collect())
    }

    /// The admissions of these orders.
    pub async fn of_orders(&self, ids: &BTreeSet<OrderId>) -> Result<Vec<Admission>, StoreError> {
        let found = self.repository.find(doc! { "_id": one_of(ids) }, Document::new(), i64::MAX).await?;
        Ok(found.into_iter().map(|loaded| loaded.state).collect())
    }

    /// The admissions to a listing that admit somebody, or count as taking seats.
    pub async fn of_listing(&self, listing: ListingId) -> Result<Vec<Admission>, StoreError> {
        self.of_few(&[listing]).await
    }

    /// The same of each of these listings.
    pub async fn of_listings(
        &self,
        listings: &[ListingId],
    ) -> Result<BTreeMap<ListingId, Vec<Admission>>, StoreError> {
        let mut of_listings: BTreeMap<_, _> = listings.iter().map(|id| (*id, Vec::new())).collect();
        for few in listings.chunks(LISTINGS_AT_ONCE) {
            for admission in self.of_few(few).await? {
                of_listings.entry(admission.order.listing_id).or_default().push(admission);
            }
        }
        Ok(of_listings)
    }

    /// Those of these listings that do not know their orders as they are kept, and the admissions to them.
    pub async fn unknown_to<'a>(
        &self,
        listings: &'a [Listing],
    ) -> Result<Vec<(&'a Listing, Vec<Admission>)>, StoreError> {
        let ids: Vec<ListingId> = listings.iter().map(|listing| listing.snapshot.id).collect();
        let mut of_listings = self.of_listings(&ids).await?;
        let with_admissions = listings
            .iter()
            .map(|listing| (listing, of_listings.remove(&listing.snapshot.id).unwrap_or_default()));
        Ok(with_admissions.filter(|(listing, kept)| listing.as_ordered(kept) != **listing).collect())
    }

    async fn of_few(&self, listings: &[ListingId]) -> Result<Vec<Admission>, StoreError> {
        let listings = doc! { "$in": listings };
        let admitting = doc! { LISTING_ID: listings.clone(), ADMITS: true };
        let filter = doc! { "$or": [admitting, { LISTING_ID: listings, LIVE: true }] };
        let found = self.repository.find(filter, Document::new(), i64::MAX).await?;
        Ok(found.into_iter().map(|loaded| loaded.state).collect())
    }

    /// How many seats of each of these listings are sold: there are valid passes for them.
    pub async fn seats_sold(&self, listings: &[ListingId]) -> Result<BTreeMap<ListingId, u32>, StoreError> {
        if listings.is_empty() {
            return Ok(BTreeMap::new());
        }
        let pipeline = vec![
            doc! { "$match": { ADMITS: true, LISTING_ID: { "$in": listings } } },
            doc! { "$group": { "_id": format!("${LISTING_ID}"), "sold": { "$sum": { "$size": format!("${SEATS}") } } } },
        ];
        let counts = self.repository.aggregate(pipeline).await?;
        Ok(counts.iter().filter_map(read_count).collect())
    }
}

fn one_of(ids: &BTreeSet<OrderId>) -> Document {
    doc! { "$in": ids.iter().collect::<Vec<_>>() }
}

fn read_count(count: &Document) -> Option<(ListingId, u32)> {
    let listing = count.get_str("_id").ok()?.parse().ok()?;
    let sold = count.get_i32("sold").ok()?;
    Some((listing, u32::try_from(sold).ok()?))
}

fn placed(admission: Admission) -> impl Iterator<Item = (PassPlace, PassSnapshot)> {
    let order = admission.order.id;
    admission.passes.into_iter().enumerate().map(move |(at, pass)| ((order, at), pass))
}

/// Whether `place` comes after what was seen of a list: in an older order, or later in the same.
fn is_next(place: PassPlace, seen: Option<PassPlace>) -> bool {
    seen.is_none_or(|seen| place.0 < seen.0 || (place.0 == seen.0 && place.1 > seen.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_of_older_orders_come_after_those_of_newer_ones() {
        let (older, newer) = (OrderId::generate(), OrderId::generate());
        assert!(is_next((older, 0), Some((newer, 7))));
        assert!(is_next((newer, 1), Some((newer, 0))));
        assert!(is_next((newer, 0), None));
        assert!(!is_next((newer, 0), Some((newer, 0))));
        assert!(!is_next((newer, 0), Some((older, 0))));
    }
}

//! How timers are stored and found. MongoDB is the truth about them; the index in Redis is made from here.

use bson::doc;
use common::{
    bus::{Aggregate, Index, Loaded, Publication, Repository, StoreError},
    clock::Timestamp,
    events::timer::ExpirationCompleted,
    ids::OrderId,
};

use crate::domain::{Timer, TimerStatus};

/// How many timers are read at a time: bounds the memory of a rebuild, however many timers there are.
pub const PAGE: usize = 1_000;

impl Aggregate for Timer {
    const COLLECTION: &'static str = "timers";

    fn document_id(&self) -> String {
        self.id.to_string()
    }

    fn indexes() -> Vec<Index> {
        // Only pending timers are in it, so it stays small however many orders there ever were.
        let keys = doc! { "state.status": 1, "state.expiresAt": 1, "_id": 1 };
        vec![Index::on("pending_by_deadline", keys).partial(doc! { "state.status": "pending" })]
    }

    fn current_facts(&self) -> Vec<Publication> {
        self.told.iter().map(|told| ExpirationCompleted(told.clone()).into()).collect()
    }

    /// A timer that has fired waits for orders to act: until a newer snapshot of the order clears it, what
    /// it told is published again every few minutes, in case orders never received it. That snapshot always
    /// comes: either orders expires the order now, or the order was settled before the timer fired.
    /// A pending timer waits for nobody, it fires by itself; a cleared one is at rest.
    fn awaits_peer(&self) -> bool {
        match self.status {
            TimerStatus::Fired => true,
            TimerStatus::Pending | TimerStatus::Cleared => false,
        }
    }
}

/// Where a page of pending timers ends, in the order of their deadlines.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    expires_at: Timestamp,
    id: OrderId,
}

impl From<&Timer> for Place {
    fn from(timer: &Timer) -> Self {
        Self { expires_at: timer.expires_at, id: timer.id }
    }
}

/// The timers of this service.
#[derive(Debug, Clone)]
pub struct Timers {
    repository: Repository<Timer>,
}

impl Timers {
    /// Reads through `repository`.
    pub fn new(repository: Repository<Timer>) -> Self {
        Self { repository }
    }

    /// The timer of an order.
    pub async fn get(&self, id: OrderId) -> Result<Option<Loaded<Timer>>, StoreError> {
        self.repository.get(id).await
    }

    /// The first [`PAGE`] pending timers, the next deadline first.
    pub async fn first_pending(&self) -> Result<Vec<Timer>, StoreError> {
        self.page(doc! { "state.status": "pending" }).await
    }

    /// The [`PAGE`] pending timers that follow `place`.
    pub async fn pending_after(&self, place: Place) -> Result<Vec<Timer>, StoreError> {
        // The lower bound places the scan in the index; the alternative then drops, within the index,
        // what was seen of the deadline that the last page ended in.
        self.page(doc! {
            "state.status": "pending",
            "state.expiresAt": { "$gte": place.expires_at },
            "$or": [{ "state.expiresAt": { "$gt": place.expires_at } }, { "_id": { "$gt": place.id } }],
        })
        .await
    }

    /// The [`PAGE`] pending timers that were due first, of those due at `time`.
    pub async fn due_at(&self, time: Timestamp) -> Result<Vec<Timer>, StoreError> {
        self.page(doc! { "state.status": "pending", "state.expiresAt": { "$lte": time } }).await
    }

    /// Timers that fired before that time, of orders that have not been heard of since.
    pub async fn fired_before(&self, time: Timestamp) -> Result<Vec<Timer>, StoreError> {
        let filter = doc! { "awaitsPeer": true, "updatedAt": { "$lt": time } };
        let limit = i64::try_from(PAGE).unwrap_or(i64::MAX);
        let found = self.repository.find(filter, doc! { "updatedAt": 1 }, limit).await?;
        Ok(found.into_iter().map(|loaded| loaded.state).collect())
    }

    async fn page(&self, filter: bson::Document) -> Result<Vec<Timer>, StoreError> {
        let sort = doc! { "state.status": 1, "state.expiresAt": 1, "_id": 1 };
        let found = self.repository.find(filter, sort, i64::try_from(PAGE).unwrap_or(i64::MAX)).await?;
        Ok(found.into_iter().map(|loaded| loaded.state).collect())
    }
}

//! Aggregates: what they are, and how they are read.

use std::{fmt::Debug, time::Duration};

use bson::{Document, doc};
use futures::TryStreamExt as _;
use mongodb::{
    ClientSession, Collection, Database,
    action::{Action as _, Find},
    options::Hint,
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::timeout;

use super::{
    causality::Causality,
    documents::Stored,
    outbox::{OutboxEntry, Publication},
};
use crate::control::{Control, is_broken};

/// How long MongoDB may take to answer a read: less than a listener may take in all.
const READ_TIMEOUT: Duration = Duration::from_secs(8);
/// The most that one read may bring into memory.
const MAX_RESULTS: i64 = 1_000;

/// A thing with an identity and a state of its own, stored as one document.
///
/// The document is `{_id, rev, state, outbox, awaitsPeer, updatedAt}`; `Self`, as serde writes it, is
/// `state`, so filters and indexes address its fields as `state.listingId`.
pub trait Aggregate: Serialize + DeserializeOwned + Clone + Debug + Send + Sync + 'static {
    /// The MongoDB collection.
    const COLLECTION: &'static str;

    /// What `_id` is.
    fn document_id(&self) -> String;

    /// The indexes that the queries and the uniqueness rules of this aggregate need.
    fn indexes() -> Vec<Index> {
        Vec::new()
    }

    /// The facts that tell the current public state; published again when a stream was lost.
    fn current_facts(&self) -> Vec<Publication> {
        Vec::new()
    }

    /// Whether another service has to act before this aggregate can go on. While that is so, its current
    /// facts are published again every few minutes, in case they were lost on the way.
    fn awaits_peer(&self) -> bool {
        false
    }
}

/// An index of an aggregate's collection.
#[derive(Debug, Clone)]
pub struct Index {
    pub(super) name: &'static str,
    pub(super) keys: Document,
    pub(super) unique: bool,
    pub(super) partial: Option<Document>,
    pub(super) expiring: bool,
}

impl Index {
    /// An index over `keys`; `name` is what [`CommitError::Duplicate`](super::CommitError) will say.
    pub fn on(name: &'static str, keys: Document) -> Self {
        Self { name, keys, unique: false, partial: None, expiring: false }
    }

    /// No two documents may have the same keys.
    #[must_use]
    pub fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// No two documents may have the same keys, unless this mistake is being made.
    #[must_use]
    pub fn unique_unless(self, control: Control) -> Self {
        if is_broken(control) { self } else { self.unique() }
    }

    /// MongoDB deletes a document within a minute or so when the time in the field has come. Only for what is
    /// remembered for a while: what tells events must not be gone before it has told them.
    #[must_use]
    pub fn expiring(mut self) -> Self {
        self.expiring = true;
        self
    }

    /// Only documents that match `filter` are in the index.
    #[must_use]
    pub fn partial(mut self, filter: Document) -> Self {
        self.partial = Some(filter);
        self
    }
}

/// An aggregate as it was read, with the revision that guards its next save.
#[derive(Debug, Clone)]
pub struct Loaded<A> {
    /// The state that was read.
    pub state: A,
    pub(super) rev: i64,
    pub(super) pending: Vec<OutboxEntry>,
}

/// MongoDB did not answer, or not with what is needed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The database is away, refused the query, or has a document that this build does not understand.
    #[error("read from MongoDB")]
    Unavailable(#[from] mongodb::error::Error),
    /// The database is too slow.
    #[error("read from MongoDB: no answer in {READ_TIMEOUT:?}")]
    Late,
    /// The database does not show what was written before; it will.
    #[error("{id} of {collection} cannot be seen for now")]
    Unseen {
        /// Where it is to be.
        collection: &'static str,
        /// What it is called there.
        id: String,
    },
}

impl StoreError {
    /// An aggregate that was written before is not there, or not as it was written.
    pub fn unseen<A: Aggregate>(id: &impl ToString) -> Self {
        Self::Unseen { collection: A::COLLECTION, id: id.to_string() }
    }
}

/// Which of the aggregates, the newest first.
pub(super) struct Newest {
    pub filter: Document,
    /// The index that leads to them, where MongoDB would rather walk through all ids.
    pub index: Option<Hint>,
    pub limit: i64,
}

/// Reads aggregates of one kind. It cannot write: writes are recorded in a [`Tx`](super::Tx).
#[derive(Debug)]
pub struct Repository<A: Aggregate> {
    collection: Collection<Stored<A>>,
    causality: Causality,
}

impl<A: Aggregate> Clone for Repository<A> {
    fn clone(&self) -> Self {
        Self { collection: self.collection.clone(), causality: self.causality.clone() }
    }
}

impl<A: Aggregate> Repository<A> {
    pub(super) fn new(database: &Database, causality: Causality) -> Self {
        Self { collection: database.collection(A::COLLECTION), causality }
    }

    pub(super) fn collection(&self) -> &Collection<Stored<A>> {
        &self.collection
    }

    /// The aggregate with this id.
    pub async fn get(&self, id: impl ToString) -> Result<Option<Loaded<A>>, StoreError> {
        self.find_one(doc! { "_id": id.to_string() }).await
    }

    /// The aggregate with this id, of which something else tells that it was written: if it is not there, it is to be tried
    /// again, and nothing may be concluded from that.
    pub async fn known(&self, id: impl ToString) -> Result<Loaded<A>, StoreError> {
        let id = id.to_string();
        self.get(&id).await?.ok_or_else(|| StoreError::unseen::<A>(&id))
    }

    /// The first aggregate that matches.
    pub async fn find_one(&self, filter: Document) -> Result<Option<Loaded<A>>, StoreError> {
        let read =
            async |session: &mut ClientSession| self.collection.find_one(filter).session(session).await;
        Ok(self.read(read).await?.map(Stored::into_loaded))
    }

    /// The aggregates that match, at most `limit` (and never more than 1,000) of them.
    pub async fn find(
        &self,
        filter: Document,
        sort: Document,
        limit: i64,
    ) -> Result<Vec<Loaded<A>>, StoreError> {
        let limit = limit.clamp(1, MAX_RESULTS);
        let found = self.all(self.collection.find(filter).sort(sort).limit(limit)).await?;
        Ok(found.into_iter().map(Stored::into_loaded).collect())
    }

    /// Those with the highest ids, which are the newest.
    pub(super) async fn newest(&self, Newest { filter, index, limit }: Newest) -> Result<Vec<A>, StoreError> {
        let found = self.collection.find(filter).sort(doc! { "_id": -1 }).limit(limit);
        let found = self.all(found.optional(index, Find::hint)).await?;
        Ok(found.into_iter().map(|stored| stored.state).collect())
    }

    async fn all(&self, found: Find<'_, Stored<A>>) -> Result<Vec<Stored<A>>, StoreError> {
        let read = async |session: &mut ClientSession| {
            let mut found = found.session(&mut *session).await?;
            found.stream(session).try_collect().await
        };
        self.read(read).await
    }

    /// The aggregates that follow an id in the order of the ids, or the first of all.
    pub async fn after(&self, id: Option<impl ToString>, limit: i64) -> Result<Vec<A>, StoreError> {
        let filter = id.map_or_else(Document::new, |id| doc! { "_id": { "$gt": id.to_string() } });
        let found = self.find(filter, doc! { "_id": 1 }, limit).await?;
        Ok(found.into_iter().map(|loaded| loaded.state).collect())
    }

    /// How many aggregates match.
    pub async fn count(&self, filter: Document) -> Result<u64, StoreError> {
        let count = self.collection.count_documents(filter);
        self.read(async |session: &mut ClientSession| count.session(session).await).await
    }

    /// The results of a read-only pipeline, at most 1,000 of them.
    pub async fn aggregate(&self, mut pipeline: Vec<Document>) -> Result<Vec<Document>, StoreError> {
        pipeline.push(doc! { "$limit": MAX_RESULTS });
        let found = self.collection.aggregate(pipeline);
        let read = async |session: &mut ClientSession| {
            let mut found = found.session(&mut *session).await?;
            found.stream(session).try_collect().await
        };
        self.read(read).await
    }

    /// What MongoDB does not answer in time counts as away: a listener whose reads hang is to wait, not to give up.
    async fn read<T>(
        &self,
        read: impl AsyncFnOnce(&mut ClientSession) -> mongodb::error::Result<T>,
    ) -> Result<T, StoreError> {
        let read = async {
            let mut session = self.causality.session(self.collection.client()).await?;
            let found = read(&mut session).await?;
            self.causality.note(&session);
            Ok::<_, mongodb::error::Error>(found)
        };
        Ok(timeout(READ_TIMEOUT, read).await.map_err(|_| StoreError::Late)??)
    }
}

//! Aggregates page by page, for those who look at all of them: by their changes, and by their ids.

use bson::{Document, RawDocumentBuf, doc};
use futures::TryStreamExt as _;
use serde::Deserialize;

use super::{Aggregate, Repository, StoreError, documents::Stored};
use crate::{clock::Timestamp, telemetry::chain};

/// A place in the order of changes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Place {
    pub updated_at: Timestamp,
    #[serde(rename = "_id")]
    pub id: String,
}

impl Place {
    /// Before everything that changes at that time.
    pub fn at(time: Timestamp) -> Self {
        Self { updated_at: time, id: String::new() }
    }
}

/// A page of what was read, with the place of each; one that this build cannot read has a place only.
pub(crate) type Page<A> = Vec<(Place, Option<A>)>;

impl<A: Aggregate> Repository<A> {
    /// What changed after `place` and before `until`, in the order of the changes.
    pub(crate) async fn changed(
        &self,
        place: &Place,
        until: Timestamp,
        limit: i64,
    ) -> Result<Page<A>, StoreError> {
        let filter = doc! {
            "updatedAt": { "$gte": place.updated_at, "$lt": until },
            "$or": [{ "updatedAt": { "$gt": place.updated_at } }, { "_id": { "$gt": &place.id } }],
        };
        self.page(filter, doc! { "updatedAt": 1, "_id": 1 }, limit).await
    }

    /// What follows an id, in the order of the ids.
    pub(crate) async fn following(&self, id: &str, limit: i64) -> Result<Page<A>, StoreError> {
        self.page(doc! { "_id": { "$gt": id } }, doc! { "_id": 1 }, limit).await
    }

    /// Those of these that exist.
    pub(crate) async fn with_ids(&self, ids: &[String]) -> Result<Page<A>, StoreError> {
        let limit = i64::try_from(ids.len()).unwrap_or(i64::MAX);
        self.page(doc! { "_id": { "$in": ids } }, doc! { "_id": 1 }, limit).await
    }

    async fn page(&self, filter: Document, sort: Document, limit: i64) -> Result<Page<A>, StoreError> {
        let documents = self.collection().clone_with_type::<RawDocumentBuf>();
        let mut found = documents.find(filter).sort(sort).limit(limit).await?;
        let mut page = Page::new();
        while let Some(document) = found.try_next().await? {
            let place = bson::deserialize_from_slice::<Place>(document.as_bytes());
            let place = place.map_err(mongodb::error::Error::custom)?;
            match bson::deserialize_from_slice::<Stored<A>>(document.as_bytes()) {
                Ok(stored) => page.push((place, Some(stored.state))),
                Err(error) => {
                    let (collection, id) = (A::COLLECTION, &place.id);
                    tracing::warn!(collection, id, error = %chain(&error), "a document cannot be read");
                    page.push((place, None));
                }
            }
        }
        Ok(page)
    }
}

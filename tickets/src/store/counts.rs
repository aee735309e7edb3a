//! The collection `counts`: for which version of a listing its show was counted. Apart from the listing, since everybody who
//! follows the show is told of each write of that.

use common::{
    bus::{Aggregate, Loaded, Repository, StoreError, Tx},
    ids::ListingId,
};
use serde::{Deserialize, Serialize};

/// What a show was counted for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counted {
    /// The listing.
    pub listing: ListingId,
    /// Its version.
    pub version: u64,
}

impl Aggregate for Counted {
    const COLLECTION: &'static str = "counts";

    fn document_id(&self) -> String {
        self.listing.to_string()
    }
}

/// Reads and records what shows were counted for.
#[derive(Debug, Clone)]
pub struct Counts {
    repository: Repository<Counted>,
}

impl Counts {
    /// The counts in this repository.
    pub fn new(repository: Repository<Counted>) -> Self {
        Self { repository }
    }

    /// For which version of this listing its show was counted.
    pub async fn get(&self, id: ListingId) -> Result<Option<Loaded<Counted>>, StoreError> {
        self.repository.get(id).await
    }

    /// Records that the show was counted for a version of the listing.
    pub fn keep(tx: &mut Tx, known: Option<&Loaded<Counted>>, listing: ListingId, version: u64) {
        let count = Counted { listing, version };
        match known {
            Some(known) => tx.save(known, count),
            None => tx.insert(count),
        }
    }
}

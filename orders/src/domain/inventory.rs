//! The inventory: orders' own view of a listing, used to choose seats and never to decide who has them.

use common::events::listing::ListingSnapshot;
use serde::{Deserialize, Serialize};

/// What orders knows of a listing: the newest that tickets told. Which of its seats are free is not in
/// here: the live orders say that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Inventory {
    /// The listing.
    pub listing: ListingSnapshot,
}

/// How a snapshot relates to what is known of its listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// It is newer.
    Newer,
    /// It is known already.
    Known,
    /// Something newer is known.
    Stale,
}

impl Inventory {
    /// Compares a snapshot with this one.
    pub fn news(&self, listing: &ListingSnapshot) -> News {
        match self.listing.version.cmp(&listing.version) {
            std::cmp::Ordering::Less => News::Newer,
            std::cmp::Ordering::Equal => News::Known,
            std::cmp::Ordering::Greater => News::Stale,
        }
    }
}

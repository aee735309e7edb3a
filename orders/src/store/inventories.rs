//! Inventories: the newest that tickets told of each listing.

use bson::doc;
use common::{
    bus::{Aggregate, Bus, Loaded, Repository, StoreError, Tx},
    ids::ListingId,
};

use crate::domain::inventory::Inventory;

impl Aggregate for Inventory {
    const COLLECTION: &'static str = "inventories";

    fn document_id(&self) -> String {
        self.listing.id.to_string()
    }
}

/// The inventories.
#[derive(Debug, Clone)]
pub struct Inventories(Repository<Inventory>);

impl Inventories {
    /// The inventories of this database.
    pub fn of(bus: &Bus) -> Self {
        Self(bus.repository())
    }

    /// What is known of this listing.
    pub async fn get(&self, id: ListingId) -> Result<Option<Loaded<Inventory>>, StoreError> {
        self.0.get(id).await
    }

    /// What is known of these listings, for those who check the invariants.
    pub async fn of_listings(&self, listings: &[ListingId]) -> Result<Vec<Inventory>, StoreError> {
        let found = self.0.find(doc! { "_id": { "$in": listings } }, doc! { "_id": 1 }, i64::MAX).await?;
        Ok(found.into_iter().map(|inventory| inventory.state).collect())
    }

    /// Records a listing that was not known before.
    pub fn add(tx: &mut Tx, inventory: Inventory) {
        tx.insert(inventory);
    }

    /// Records something newer about a listing.
    pub fn update(tx: &mut Tx, loaded: &Loaded<Inventory>, inventory: Inventory) {
        tx.save(loaded, inventory);
    }
}

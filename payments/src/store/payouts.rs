//! The payouts.

use bson::doc;
use common::{
    bus::{Aggregate, Bus, Index, Loaded, Publication, Repository, StoreError, Tx},
    clock::Timestamp,
    ids::{OrderId, PayoutId, UserId},
};
use serde::{Deserialize, Serialize};

use crate::domain::{Payout, PayoutFact, payout_id};

impl Aggregate for Payout {
    const COLLECTION: &'static str = "payouts";

    fn document_id(&self) -> String {
        self.id.to_string()
    }

    fn indexes() -> Vec<Index> {
        let keys = doc! { "state.sellerId": 1, "state.createdAt": -1, "_id": -1 };
        vec![Index::on("payouts_of_seller", keys)]
    }

    fn current_facts(&self) -> Vec<Publication> {
        vec![match self.current_fact() {
            PayoutFact::Scheduled(fact) => fact.into(),
            PayoutFact::Paid(fact) => fact.into(),
            PayoutFact::Cancelled(fact) => fact.into(),
        }]
    }
}

/// A place in a seller's list of payouts.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Place(pub Timestamp, pub PayoutId);

/// The payouts.
#[derive(Debug, Clone)]
pub struct Payouts(Repository<Payout>);

impl Payouts {
    /// The payouts in this service's database.
    pub fn of(bus: &Bus) -> Self {
        Self(bus.repository())
    }

    /// The payout for an order.
    pub async fn of_order(&self, order: OrderId) -> Result<Option<Loaded<Payout>>, StoreError> {
        self.0.get(payout_id(order)).await
    }

    /// A seller's payouts, newest first; those after `place`.
    pub async fn list(
        &self,
        seller: UserId,
        place: Option<Place>,
        limit: i64,
    ) -> Result<Vec<Payout>, StoreError> {
        let mut filter = doc! { "state.sellerId": seller };
        if let Some(Place(at, id)) = place {
            let older = doc! { "state.createdAt": { "$lt": at } };
            filter.insert("$or", vec![older, doc! { "state.createdAt": at, "_id": { "$lt": id } }]);
        }
        let found = self.0.find(filter, doc! { "state.createdAt": -1, "_id": -1 }, limit).await?;
        Ok(found.into_iter().map(|loaded| loaded.state).collect())
    }

    /// Records the first or next state of a payout, and the fact that tells of it.
    pub fn save(&self, tx: &mut Tx, known: Option<&Loaded<Payout>>, next: Payout, fact: PayoutFact) {
        match known {
            Some(known) => tx.save(known, next),
            None => tx.insert(next),
        }
        match fact {
            PayoutFact::Scheduled(fact) => tx.publish(fact),
            PayoutFact::Paid(fact) => tx.publish(fact),
            PayoutFact::Cancelled(fact) => tx.publish(fact),
        }
    }
}

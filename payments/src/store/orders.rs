//! What payments knows of orders.

use bson::doc;
use common::{
    bus::{Aggregate, Bus, Loaded, Repository, StoreError, Tx},
    events::order::OrderSnapshot,
    ids::{OrderId, PaymentId},
};
use serde::{Deserialize, Serialize};

/// The newest snapshot of an order, and which of its payments wants to hear of the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderView {
    /// The newest snapshot.
    pub order: OrderSnapshot,
    /// The payment that follows the order. It is named here before the gateway hears of it, by a write of
    /// this document. So the write that keeps a newer snapshot either finds the payment here and tells it,
    /// or it came first and the payment reads the newer snapshot here: they cannot miss each other.
    pub payment_id: Option<PaymentId>,
}

impl Aggregate for OrderView {
    const COLLECTION: &'static str = "orders";

    fn document_id(&self) -> String {
        self.order.id.to_string()
    }
}

/// The orders, as payments knows them.
#[derive(Debug, Clone)]
pub struct Orders(Repository<OrderView>);

impl Orders {
    /// The orders in this service's database.
    pub fn of(bus: &Bus) -> Self {
        Self(bus.repository())
    }

    /// What is known of an order.
    pub async fn get(&self, id: OrderId) -> Result<Option<Loaded<OrderView>>, StoreError> {
        self.0.get(id).await
    }

    /// What is known of an order that a payment was made for.
    pub async fn known(&self, id: OrderId) -> Result<Loaded<OrderView>, StoreError> {
        self.0.known(id).await
    }

    /// What is known of these orders, for those who check the invariants.
    pub async fn with_ids(&self, ids: &[OrderId]) -> Result<Vec<OrderSnapshot>, StoreError> {
        let found = self.0.find(doc! { "_id": { "$in": ids } }, doc! { "_id": 1 }, i64::MAX).await?;
        Ok(found.into_iter().map(|loaded| loaded.state.order).collect())
    }

    /// Keeps a snapshot if it is newer than what is `known`; says whether it was.
    pub fn keep(&self, tx: &mut Tx, known: Option<&Loaded<OrderView>>, order: &OrderSnapshot) -> bool {
        match known {
            None => tx.insert(OrderView { order: order.clone(), payment_id: None }),
            Some(known) if known.state.order.version < order.version => {
                let payment_id = known.state.payment_id;
                tx.save(known, OrderView { order: order.clone(), payment_id });
            }
            Some(_) => return false,
        }
        true
    }

    /// Names the payment that follows the order from now on.
    pub fn name_payment(&self, tx: &mut Tx, known: &Loaded<OrderView>, payment: PaymentId) {
        let order = known.state.order.clone();
        tx.save(known, OrderView { order, payment_id: Some(payment) });
    }
}

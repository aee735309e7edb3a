//! What can be followed: one's own orders.

use common::{
    bus::{Aggregate as _, Change, StoreError},
    ids::{OrderId, UserId},
    live::{All, Live},
};

use crate::{domain::order::Order, routes::views::OrderView, store::Orders};

/// The most orders that are told of at the beginning, the newest ones.
const MAX_AT_FIRST: usize = 100;

/// The orders of each buyer.
#[derive(Debug, Clone)]
pub struct OrdersLive {
    orders: Orders,
}

impl OrdersLive {
    /// Shows these.
    pub fn of(orders: &Orders) -> Self {
        Self { orders: orders.clone() }
    }
}

impl Live for OrdersLive {
    type Topic = UserId;
    type Subject = OrderId;
    type View = OrderView;

    const EVENT: &'static str = "order";
    const COLLECTIONS: &'static [&'static str] = &[Order::COLLECTION];

    fn concerns(change: &Change) -> Option<(UserId, OrderId)> {
        let order = change.of::<Order>()?;
        Some((order.buyer_id, order.id))
    }

    async fn look(&self, ids: &[OrderId]) -> Result<Vec<(OrderId, OrderView)>, StoreError> {
        let orders = self.orders.with_ids(ids).await?;
        Ok(orders.iter().map(|order| (order.id, OrderView::of(order))).collect())
    }

    async fn all(&self, buyer: &UserId) -> Result<All<OrderView>, StoreError> {
        let limit = i64::try_from(MAX_AT_FIRST).unwrap_or(i64::MAX);
        let orders = self.orders.of_buyer(*buyer, None, limit.saturating_add(1)).await?;
        let views = orders.iter().take(MAX_AT_FIRST).map(OrderView::of).collect();
        Ok(All { views, complete: orders.len() <= MAX_AT_FIRST })
    }
}

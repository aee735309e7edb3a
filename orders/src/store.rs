//! How the aggregates of orders are kept: collections, indexes, queries. Every write takes a `Tx`.

mod inventories;
mod orders;

pub use self::{
    inventories::Inventories,
    orders::{Orders, REFUND_OF_REQUESTER, REQUEST_OF_BUYER, SEATS_OF_LIVE_ORDERS, SLOT_OF_OPEN_ORDERS},
};

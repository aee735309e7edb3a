//! Facts about orders. Owner: orders.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    clock::Timestamp,
    events::{
        facts,
        listing::{Fees, Seat},
    },
    ids::{ListingId, OrderId, PaymentId, ShowId, UserId},
    money::Money,
};

/// The most seats that one order has.
pub const MAX_SEATS_PER_ORDER: u32 = 8;

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// The seats are held until `expiresAt`.
    AwaitingPayment,
    /// A payment was authorised in time. No expiry and no cancellation from here on.
    Confirmed,
    /// The payment was captured.
    Completed,
    /// The money is on its way back.
    Refunding,
    /// End: the money is back and the seats are free.
    Refunded,
    /// End: given up before payment; the seats are free.
    Cancelled,
    /// End: not paid in time; the seats are free.
    Expired,
}

impl OrderStatus {
    /// Whether an order in this state has its seats: the one definition of a live order.
    pub const fn is_live(self) -> bool {
        match self {
            Self::AwaitingPayment | Self::Confirmed | Self::Completed | Self::Refunding => true,
            Self::Refunded | Self::Cancelled | Self::Expired => false,
        }
    }
}

/// Why an order was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// The buyer gave it up.
    ByBuyer,
    /// An admin ended it.
    ByAdmin,
    /// The confirmed payment could not be captured.
    PaymentFailed,
}

/// The public state of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderSnapshot {
    /// The order.
    pub id: OrderId,
    /// 1, 2, 3 … per order.
    pub version: u64,
    /// Which listing the seats are of.
    pub listing_id: ListingId,
    /// Which show they admit to.
    pub show_id: ShowId,
    /// Who buys.
    pub buyer_id: UserId,
    /// Who sells.
    pub seller_id: UserId,
    /// The seats claimed; never changes.
    pub seats: Vec<Seat>,
    /// The price of each seat, as the seller asked for it when the buyer accepted the total.
    pub price: Money,
    /// The fees for each seat. Orders of older builds have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fees: Option<Fees>,
    /// What the buyer pays for all seats, fees included.
    pub total: Money,
    /// Where the order stands.
    pub status: OrderStatus,
    /// When it was placed.
    pub created_at: Timestamp,
    /// Until when it must be paid.
    pub expires_at: Timestamp,
    /// The payment that confirmed it.
    pub payment_id: Option<PaymentId>,
    /// Why it was cancelled.
    pub cancel_reason: Option<CancelReason>,
    /// When it last changed its status.
    pub changed_at: Timestamp,
}

impl OrderSnapshot {
    /// What the seller is owed for all seats once the order is completed.
    pub fn proceeds(&self) -> Money {
        let seats = i64::try_from(self.seats.len()).unwrap_or(i64::MAX);
        let cents = self.fees.map(|fees| fees.proceeds_cents.saturating_mul(seats));
        Money::new(cents.unwrap_or(self.total.amount_cents), self.total.currency)
    }
}

facts! {
    OrderSnapshot by "orders" about "order";
    any OrderChanged;
    /// A buyer claimed seats.
    OrderCreated = "created" v 1;
    /// A payment was authorised in time: the commit point.
    OrderConfirmed = "confirmed" v 1;
    /// The payment was captured.
    OrderCompleted = "completed" v 1;
    /// The order was given up before it was paid, or its payment could not be captured.
    OrderCancelled = "cancelled" v 1;
    /// The hold was over before the order was paid.
    OrderExpired = "expired" v 1;
    /// The money is to be given back.
    OrderRefundRequested = "refund_requested" v 1;
    /// The money was given back.
    OrderRefunded = "refunded" v 1;
}

//! Facts about sellers' offers. Owner: tickets.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use utoipa::ToSchema;

use crate::{
    clock::Timestamp,
    events::facts,
    ids::{ListingId, ShowId, UserId},
    money::Money,
};

/// A seat of a listing: the number printed on the ticket, or an ordinal for general admission. One to
/// eight letters, digits or hyphens, unique within its listing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, ToSchema)]
#[schema(value_type = String, example = "12", pattern = "^[A-Za-z0-9-]{1,8}$")]
pub struct Seat(String);

/// The text cannot be a seat.
#[derive(Debug, thiserror::Error)]
#[error("parse seat: expected 1 to 8 letters, digits or hyphens")]
pub struct InvalidSeat;

impl Seat {
    /// The n-th seat of a general admission listing, from 1.
    pub fn ordinal(n: u32) -> Self {
        Self(n.to_string())
    }

    /// The label.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Seat {
    type Err = InvalidSeat;

    fn from_str(text: &str) -> Result<Self, InvalidSeat> {
        let fits = (1..=8).contains(&text.len());
        if fits && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidSeat)
        }
    }
}

impl fmt::Display for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Seat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// How a listing may be divided among buyers. No rule ever leaves a single seat alone, unless a buyer
/// takes all that is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SplitRule {
    /// Any number of seats that leaves no single one.
    Any,
    /// Two, four, six … seats.
    Pairs,
    /// All seats to one buyer.
    AllTogether,
}

/// Whether seats carry numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Admission {
    /// Each seat has its number; neighbours stand next to each other in `seats`.
    Numbered,
    /// General admission: any place in the section.
    General,
}

/// Whether the listing is on sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListingStatus {
    /// Its free seats can be ordered.
    Active,
    /// The seller took it off sale. What was ordered before stays ordered.
    Withdrawn,
}

/// What is paid and received for each seat besides its price, in minor units of the price's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fees {
    /// What the buyer pays on top of the price.
    #[schema(minimum = 0, example = 1_250)]
    pub buyer_fee_cents: i64,
    /// What the buyer pays in all: the price and the fee.
    #[schema(minimum = 0, example = 13_750)]
    pub total_cents: i64,
    /// What is kept of the price.
    #[schema(minimum = 0, example = 625)]
    pub seller_fee_cents: i64,
    /// What the seller receives: the price without the fee.
    #[schema(minimum = 0, example = 11_875)]
    pub proceeds_cents: i64,
}

impl Fees {
    /// Whether these are fees for a seat of this price.
    pub const fn add_up(self, price: Money) -> bool {
        self.buyer_fee_cents >= 0
            && self.total_cents == price.amount_cents.saturating_add(self.buyer_fee_cents)
            && self.seller_fee_cents >= 0
            && self.proceeds_cents >= 0
            && self.proceeds_cents == price.amount_cents.saturating_sub(self.seller_fee_cents)
    }
}

/// The public state of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListingSnapshot {
    /// The listing.
    pub id: ListingId,
    /// 1, 2, 3 … per listing.
    pub version: u64,
    /// Which show it admits to.
    pub show_id: ShowId,
    /// When that show starts: nothing is sold after that.
    pub show_starts_at: Timestamp,
    /// Who sells.
    pub seller_id: UserId,
    /// The section of the house.
    pub section: String,
    /// The row, where there are rows.
    pub row: Option<String>,
    /// Whether seats carry numbers.
    pub admission: Admission,
    /// All seats of the listing, neighbours next to each other; never changes.
    pub seats: Vec<Seat>,
    /// How the seats may be divided among buyers.
    pub split_rule: SplitRule,
    /// The price of each seat, as the seller asks for it; fees come on top and off.
    pub price: Money,
    /// The fees for each seat. Listings of older builds have none: buyers pay the price, and sellers receive it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fees: Option<Fees>,
    /// Whether the listing is on sale.
    pub status: ListingStatus,
    /// When it was made.
    pub created_at: Timestamp,
}

impl ListingSnapshot {
    /// What a buyer pays for each seat, all in.
    pub fn total(&self) -> Money {
        let cents = self.fees.map_or(self.price.amount_cents, |fees| fees.total_cents);
        Money::new(cents, self.price.currency)
    }
}

facts! {
    ListingSnapshot by "tickets" about "listing";
    any ListingChanged;
    /// A seller offered seats.
    ListingCreated = "created" v 1;
    /// A seller changed the price of an offer.
    ListingUpdated = "updated" v 1;
    /// A seller took an offer off sale.
    ListingWithdrawn = "withdrawn" v 1;
}

//! What several routes say or are told.

use common::{
    bus::StoreError,
    clock::Timestamp,
    events::{listing::ListingSnapshot, pass::PassSnapshot, show::ShowSnapshot},
    http::{CurrentUser, plain_text},
    money::{Currency, Money},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Context;
use crate::domain::{Actor, listing::Listing, offers::Offers, show::Show};

/// A show, and what is on sale of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShowView {
    /// What is on, where and when.
    #[serde(flatten)]
    pub show: ShowSnapshot,
    /// The least that a seat costs in all; null if nothing is on sale.
    pub cheapest: Option<Money>,
    /// How many seats can be ordered, as far as tickets has heard; orders decides.
    pub seats_left: u32,
    /// How many listings they are of.
    pub listings_count: u32,
}

impl ShowView {
    /// The show as it is at this time.
    pub fn of(show: Show, now: Timestamp) -> Self {
        let Offers { cheapest, seats_left, listings_count } = show.offers.at(&show, now);
        Self { show: show.snapshot, cheapest, seats_left, listings_count }
    }
}

/// A listing, and what is left of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListingView {
    /// What the seller offers.
    #[serde(flatten)]
    pub listing: ListingSnapshot,
    /// What a buyer pays for each seat, fees included: what to show first, and to accept when ordering.
    pub total: Money,
    /// How many of its seats nobody has ordered, as far as tickets has heard; orders decides.
    pub seats_left: u32,
    /// How many of its seats are sold for good; only in a list of one's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seats_sold: Option<u32>,
}

impl From<Listing> for ListingView {
    fn from(listing: Listing) -> Self {
        let (total, seats_left) = (listing.total(), listing.seats_left);
        Self { listing: listing.snapshot, total, seats_left, seats_sold: None }
    }
}

/// A pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PassView {
    /// Whom it admits, where and to what.
    #[serde(flatten)]
    pub pass: PassSnapshot,
    /// What is shown at the door: only for the holder, and only while the pass is valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// A price, as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Price {
    /// Minor units, for example 1999 for 19.99 USD; at most 20 million.
    #[schema(minimum = 1, maximum = 20_000_000, example = 12_500)]
    pub amount_cents: i64,
    /// ISO 4217 code.
    pub currency: Currency,
}

impl From<Price> for Money {
    fn from(price: Price) -> Self {
        Self::new(price.amount_cents, price.currency)
    }
}

impl Context {
    /// Says of listings how many of their seats are sold.
    pub(super) async fn tell_sold(&self, listings: &mut [ListingView]) -> Result<(), StoreError> {
        let ids: Vec<_> = listings.iter().map(|view| view.listing.id).collect();
        let sold = self.admissions.seats_sold(&ids).await?;
        for view in listings {
            view.seats_sold = Some(sold.get(&view.listing.id).copied().unwrap_or_default());
        }
        Ok(())
    }
}

/// What people may look for: any text that can be read, blanks at its ends included, as it is sent while they
/// type.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde hands the context over like this")]
pub(super) fn search_text<T: AsRef<str> + ?Sized>(text: &T, (): &()) -> garde::Result {
    match text.as_ref().trim_matches(' ') {
        "" => Ok(()),
        text => plain_text(text, &()),
    }
}

/// As whom the domain knows a caller.
pub(super) fn actor(user: &CurrentUser) -> Actor {
    if user.is_admin() { Actor::Admin } else { Actor::User(user.id) }
}

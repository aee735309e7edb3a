//! What several routes say or are told.

use common::{
    bus::StoreError,
    events::{listing::ListingSnapshot, pass::PassSnapshot},
    http::CurrentUser,
    money::{Currency, Money},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Context;
use crate::{
    domain::{Actor, listing::Listing},
    store::Admissions,
};

/// A listing, and what is left of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListingView {
    /// What the seller offers.
    #[serde(flatten)]
    pub listing: ListingSnapshot,
    /// How many of its seats nobody has ordered, as far as tickets has heard; orders decides.
    pub seats_left: u32,
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
    /// These listings with what is left of them, by one query.
    pub(super) async fn views(&self, listings: Vec<Listing>) -> Result<Vec<ListingView>, StoreError> {
        views(&self.admissions, listings).await
    }

    /// One listing with what is left of it.
    pub(super) async fn view(&self, listing: Listing) -> Result<ListingView, StoreError> {
        let left = self.admissions.seats_left(std::slice::from_ref(&listing)).await?;
        let seats_left = left.get(&listing.snapshot.id).copied().unwrap_or_default();
        Ok(ListingView { listing: listing.snapshot, seats_left })
    }
}

/// These listings with what is left of them, by one query.
pub(crate) async fn views(
    admissions: &Admissions,
    listings: Vec<Listing>,
) -> Result<Vec<ListingView>, StoreError> {
    let left = admissions.seats_left(&listings).await?;
    let view = |listing: Listing| ListingView {
        seats_left: left.get(&listing.snapshot.id).copied().unwrap_or_default(),
        listing: listing.snapshot,
    };
    Ok(listings.into_iter().map(view).collect())
}

/// As whom the domain knows a caller.
pub(super) fn actor(user: &CurrentUser) -> Actor {
    if user.is_admin() { Actor::Admin } else { Actor::User(user.id) }
}

//! Listings: what sellers offer.

use std::collections::BTreeSet;

use common::{
    clock::Timestamp,
    events::{
        listing::{
            ListingCreated, ListingSnapshot, ListingStatus, ListingUpdated, ListingWithdrawn, Seat, SplitRule,
        },
        order::OrderSnapshot,
        show::ShowStatus,
    },
    ids::{ListingId, OrderId, UserId},
    money::{MAX_CENTS, Money},
};
use serde::{Deserialize, Serialize};

use super::{
    Actor,
    admission::Admission,
    fees::fees_of,
    seats::{MAX_SEATS, Seats, SeatsRefusal},
    show::Show,
};

/// The highest price of one seat, so that a whole listing never costs more than [`MAX_CENTS`].
pub const MAX_PRICE_CENTS: i64 = MAX_CENTS / 50;
const _: () =
    assert!(MAX_SEATS == 50, "the highest price of a seat follows from the most seats of a listing");

/// A listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listing {
    /// What everybody sees.
    pub snapshot: ListingSnapshot,
    /// The request that made it, if it is to be recognised when it comes again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestMark>,
    /// The live orders of its seats, as far as tickets has heard.
    #[serde(default)]
    pub taken: Vec<Taken>,
    /// How many of its seats none of them has.
    #[serde(default)]
    pub seats_left: u32,
}

/// Seats that an order has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Taken {
    /// The order.
    pub by: OrderId,
    /// Its seats.
    pub seats: Vec<Seat>,
}

impl From<&OrderSnapshot> for Taken {
    fn from(order: &OrderSnapshot) -> Self {
        Self { by: order.id, seats: order.seats.clone() }
    }
}

/// By what a request is recognised when it comes again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestMark {
    /// The seller's `Idempotency-Key`.
    pub key: String,
    /// What the body said.
    pub fingerprint: String,
}

/// What a seller offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewListing {
    /// Who sells.
    pub seller_id: UserId,
    /// The section of the house.
    pub section: String,
    /// The row, where there are rows.
    pub row: Option<String>,
    /// What is offered.
    pub seats: Seats,
    /// How the seats may be divided among buyers.
    pub split_rule: SplitRule,
    /// The price of each seat.
    pub price: Money,
}

/// Why a listing is not made or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ListingRefusal {
    /// Nothing is sold after the show has started.
    #[error("the show has started")]
    ShowStarted,
    /// Nothing is sold for a show that was called off.
    #[error("the show was called off")]
    ShowCancelled,
    /// Somebody else sells it.
    #[error("the listing belongs to somebody else")]
    NotYours,
    /// End: it was taken off sale.
    #[error("the listing was withdrawn")]
    Withdrawn,
    /// A price is positive and at most [`MAX_PRICE_CENTS`].
    #[error("a seat costs 1 to {MAX_PRICE_CENTS} cents")]
    Price,
    /// Buyers have compared it in this currency.
    #[error("the currency of a listing cannot change")]
    CurrencyFixed,
    /// The seats do not go together with each other or with the split rule.
    #[error(transparent)]
    Seats(#[from] SeatsRefusal),
}

/// What a listing does when its show has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Following {
    /// It says what the show says.
    InStep,
    /// It takes the new start.
    Moved(ListingUpdated),
    /// It is off sale, since the show is off.
    CalledOff(ListingWithdrawn),
}

impl Listing {
    /// One that nobody has ordered from.
    pub fn new(snapshot: ListingSnapshot, request: Option<RequestMark>) -> Self {
        Self { snapshot, request, taken: Vec::new(), seats_left: 0 }.left_by(Vec::new())
    }

    /// Offers seats of a show.
    pub fn create(
        id: ListingId,
        show: &Show,
        new: NewListing,
        now: Timestamp,
    ) -> Result<ListingCreated, ListingRefusal> {
        let show = &show.snapshot;
        match show.status {
            ShowStatus::Cancelled => return Err(ListingRefusal::ShowCancelled),
            ShowStatus::Scheduled if show.starts_at <= now => return Err(ListingRefusal::ShowStarted),
            ShowStatus::Scheduled => {}
        }
        check_price(new.price)?;
        new.seats.allow(new.split_rule)?;
        Ok(ListingCreated(ListingSnapshot {
            id,
            version: 1,
            show_id: show.id,
            show_starts_at: show.starts_at,
            seller_id: new.seller_id,
            section: new.section,
            row: new.row,
            admission: new.seats.admission(),
            seats: new.seats.into_seats(),
            split_rule: new.split_rule,
            price: new.price,
            fees: Some(fees_of(new.price)),
            status: ListingStatus::Active,
            created_at: now,
        }))
    }

    /// Asks another price from now on; `None` if it is the price already. What was ordered stays ordered
    /// at the price that its buyer accepted.
    pub fn edit_price(
        &self,
        actor: Actor,
        price: Money,
        now: Timestamp,
    ) -> Result<Option<ListingUpdated>, ListingRefusal> {
        self.allow(actor)?;
        match self.snapshot.status {
            ListingStatus::Withdrawn => return Err(ListingRefusal::Withdrawn),
            ListingStatus::Active => {}
        }
        if self.snapshot.show_starts_at <= now {
            return Err(ListingRefusal::ShowStarted);
        }
        if price.currency != self.snapshot.price.currency {
            return Err(ListingRefusal::CurrencyFixed);
        }
        check_price(price)?;
        if price == self.snapshot.price {
            return Ok(None);
        }
        Ok(Some(ListingUpdated(ListingSnapshot { price, fees: Some(fees_of(price)), ..self.next() })))
    }

    /// Takes it off sale; `None` if it is already, so that a request that comes again is no mistake. What
    /// was ordered stays ordered.
    pub fn withdraw(&self, actor: Actor) -> Result<Option<ListingWithdrawn>, ListingRefusal> {
        self.allow(actor)?;
        match self.snapshot.status {
            ListingStatus::Withdrawn => Ok(None),
            ListingStatus::Active => {
                let status = ListingStatus::Withdrawn;
                Ok(Some(ListingWithdrawn(ListingSnapshot { status, ..self.next() })))
            }
        }
    }

    /// Does what its show has done: is on at another time, or is off.
    pub fn follow(&self, show: &Show) -> Following {
        let show_starts_at = show.snapshot.starts_at;
        let next = ListingSnapshot { show_starts_at, ..self.next() };
        match (show.snapshot.status, self.snapshot.status) {
            (ShowStatus::Cancelled, ListingStatus::Active) => {
                let status = ListingStatus::Withdrawn;
                Following::CalledOff(ListingWithdrawn(ListingSnapshot { status, ..next }))
            }
            (ShowStatus::Cancelled, ListingStatus::Withdrawn)
            | (ShowStatus::Scheduled, ListingStatus::Active | ListingStatus::Withdrawn) => {
                let moved = show_starts_at != self.snapshot.show_starts_at;
                if moved { Following::Moved(ListingUpdated(next)) } else { Following::InStep }
            }
        }
    }

    /// Whether its free seats can be ordered.
    pub const fn is_active(&self) -> bool {
        match self.snapshot.status {
            ListingStatus::Active => true,
            ListingStatus::Withdrawn => false,
        }
    }

    /// Whether its seats are in this section, whatever the capitals.
    pub fn is_in_section(&self, section: &str) -> bool {
        self.snapshot.section.to_lowercase() == section.to_lowercase()
    }

    /// What a buyer pays for each seat, all in.
    pub fn total(&self) -> Money {
        self.snapshot.total()
    }

    /// This listing in another public state.
    #[must_use]
    pub fn with(&self, snapshot: ListingSnapshot) -> Self {
        Self { snapshot, ..self.clone() }
    }

    /// This listing after an order of its seats, which has them as long as it lives; `None` if it need not be saved.
    ///
    /// An order takes its seats once and frees them once. That it has them is known once it is saved. That it has ended
    /// is not remembered, and saved each time: whoever has read the order while it lived then comes too late.
    pub fn follow_order(&self, order: &OrderSnapshot) -> Option<Self> {
        let is_known = self.taken.iter().any(|taken| taken.by == order.id);
        let mut taken = self.taken.clone();
        match (order.status.is_live(), is_known) {
            (true, true) => return None,
            (true, false) => taken.push(Taken::from(order)),
            (false, _) => taken.retain(|taken| taken.by != order.id),
        }
        Some(self.clone().left_by(taken))
    }

    /// The same after several orders.
    pub fn follow_orders<'a>(&self, orders: impl IntoIterator<Item = &'a OrderSnapshot>) -> Option<Self> {
        orders.into_iter().fold(None, |next: Option<Self>, order| {
            next.as_ref().unwrap_or(self).follow_order(order).or(next)
        })
    }

    /// This listing if these are all the live orders of its seats.
    ///
    /// Seats are counted, not orders: for a moment two may seem to have one seat, when the news that the first has
    /// ended comes after the news of the second.
    #[must_use]
    pub fn left_by(self, mut taken: Vec<Taken>) -> Self {
        taken.sort_by_key(|taken| taken.by);
        let all: BTreeSet<&Seat> = taken.iter().flat_map(|taken| &taken.seats).collect();
        let left = self.snapshot.seats.iter().filter(|seat| !all.contains(seat)).count();
        Self { seats_left: u32::try_from(left).unwrap_or(u32::MAX), taken, ..self }
    }

    /// This listing as the orders of its seats leave it, as far as they are kept.
    #[must_use]
    pub fn as_ordered(&self, admissions: &[Admission]) -> Self {
        let of_listing = |known: &&Admission| known.live && known.order.listing_id == self.snapshot.id;
        let live = admissions.iter().filter(of_listing);
        self.clone().left_by(live.map(|known| Taken::from(&known.order)).collect())
    }

    /// The orders that have other seats of this listing than it knows.
    pub fn misread(&self, admissions: &[Admission]) -> BTreeSet<OrderId> {
        let ordered = self.as_ordered(admissions);
        let unknown = ordered.taken.iter().filter(|taken| !self.taken.contains(taken));
        let gone = self.taken.iter().filter(|taken| !ordered.taken.contains(taken));
        unknown.chain(gone).map(|taken| taken.by).collect()
    }

    fn allow(&self, actor: Actor) -> Result<(), ListingRefusal> {
        match actor {
            Actor::Admin => Ok(()),
            Actor::User(user) if user == self.snapshot.seller_id => Ok(()),
            Actor::User(_) => Err(ListingRefusal::NotYours),
        }
    }

    fn next(&self) -> ListingSnapshot {
        ListingSnapshot { version: self.snapshot.version + 1, ..self.snapshot.clone() }
    }
}

fn check_price(price: Money) -> Result<(), ListingRefusal> {
    if (1..=MAX_PRICE_CENTS).contains(&price.amount_cents) { Ok(()) } else { Err(ListingRefusal::Price) }
}

#[cfg(test)]
pub(crate) mod tests;

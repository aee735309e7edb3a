//! Who and what there is in the model: fixed ids, two moments of time, one listing of two seats.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "what is written here is valid, or the model cannot start"
)]

use std::time::Duration;

use common::{
    clock::Timestamp,
    events::{
        listing::{ListingSnapshot, Seat, SplitRule},
        payment::CardSummary,
        show::{Category, ShowSnapshot, ShowStatus, Venue},
    },
    ids::{ListingId, OrderId, PaymentId, ShowId, UserId},
    money::{Currency, Money},
};
use orders::domain::placing::Terms;
use tickets::domain::{
    Actor,
    fees::fees_of,
    listing::{Listing, NewListing},
    seats::Seats,
    show::Show,
};
use uuid::Uuid;

/// The most orders that a scope may have.
pub const ORDERS: usize = 2;
/// The most payments that a scope may have.
pub const PAYMENTS: usize = 3;
/// How many seats there are, and how many every order wants: no two orders can have theirs.
pub const SEATS: u8 = 2;
/// How long an order is held, and how many of them a buyer may have open.
pub const TERMS: Terms = Terms { hold: Duration::from_mins(15), max_open_orders: 1 };
/// What a seat costs in each version of the listing; the last one is withdrawn.
const PRICES_CENTS: [i64; 3] = [5_000, 7_500, 7_500];

/// On which side of a deadline a clock is. No decision asks for more of the time, so two moments stand for
/// all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Moment {
    /// The hold is not over.
    Before,
    /// It is.
    Due,
}

impl Moment {
    /// As the services are told.
    pub fn time(self) -> Timestamp {
        match self {
            Self::Before => placed_at(),
            Self::Due => placed_at().plus(TERMS.hold),
        }
    }
}

/// When everything begins.
fn placed_at() -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000).expect("a time within four-digit years")
}

/// When the show starts: after all that happens here.
pub fn show_starts_at() -> Timestamp {
    placed_at().plus(Duration::from_hours(1_000))
}

/// The id of the n-th order; the others likewise.
pub fn order_id(n: usize) -> OrderId {
    OrderId::from_uuid(uuid(0xA, n))
}

/// The id of the n-th payment.
pub fn payment_id(n: usize) -> PaymentId {
    PaymentId::from_uuid(uuid(0xB, n))
}

/// Who places the n-th order.
pub fn buyer_id(n: usize) -> UserId {
    UserId::from_uuid(uuid(0xC, n))
}

fn uuid(kind: u128, n: usize) -> Uuid {
    Uuid::from_u128((kind << 64) + u128::try_from(n).unwrap_or_default())
}

/// The card that every buyer pays with.
pub fn card() -> CardSummary {
    CardSummary { brand: "visa".to_owned(), last4: "4242".to_owned() }
}

/// The total that a buyer accepts who has seen this version of the listing.
pub fn price_cents(version: u8) -> i64 {
    let cents = PRICES_CENTS[usize::from(version.clamp(1, 3)) - 1];
    fees_of(Money::new(cents, Currency::Eur)).total_cents
}

/// The listing in each of its versions, as tickets decides them: offered, dearer, withdrawn.
pub fn listings() -> [ListingSnapshot; 3] {
    let now = placed_at();
    let new = NewListing {
        seller_id: UserId::from_uuid(uuid(0xD, 0)),
        section: "A".to_owned(),
        row: None,
        seats: Seats::numbered((1..=u32::from(SEATS)).map(Seat::ordinal).collect()).expect("two seats"),
        split_rule: SplitRule::Any,
        price: Money::new(PRICES_CENTS[0], Currency::Eur),
    };
    let offered = Listing::create(ListingId::from_uuid(uuid(0xE, 0)), &show(), new, now).expect("an offer").0;
    let listing = |snapshot| Listing::new(snapshot, None);
    let price = Money::new(PRICES_CENTS[1], Currency::Eur);
    let dearer = listing(offered.clone()).edit_price(Actor::Admin, price, now);
    let dearer = dearer.ok().flatten().expect("another price").0;
    let withdrawn = listing(dearer.clone()).withdraw(Actor::Admin);
    let withdrawn = withdrawn.ok().flatten().expect("the end of the offer").0;
    [offered, dearer, withdrawn]
}

fn show() -> Show {
    let venue =
        Venue { name: "Globe".to_owned(), city: "London".to_owned(), time_zone: "Europe/London".to_owned() };
    ShowSnapshot {
        id: ShowId::from_uuid(uuid(0xF, 0)),
        version: 1,
        title: "Hamlet".to_owned(),
        category: Category::Theatre,
        performers: Vec::new(),
        venue,
        starts_at: show_starts_at(),
        status: ShowStatus::Scheduled,
        created_at: placed_at(),
    }
    .into()
}

//! Every status and every input of a listing.

use common::{
    events::{order::OrderStatus, show::ShowSnapshot},
    ids::ShowId,
    money::Currency,
};

use super::*;
use crate::domain::{
    admission::tests::{STATUSES, order},
    show::tests::{cancelled_show, now, show, time},
};

const PRICE: Money = Money::new(12_500, Currency::Gbp);

fn new_listing() -> NewListing {
    NewListing {
        seller_id: UserId::generate(),
        section: "Stalls".to_owned(),
        row: Some("C".to_owned()),
        seats: Seats::general(4).unwrap(),
        split_rule: SplitRule::Any,
        price: PRICE,
    }
}

fn listing() -> Listing {
    let created = Listing::create(ListingId::generate(), &show(), new_listing(), now()).unwrap();
    Listing::new(created.0, None)
}

/// Four seats at this price each.
pub fn listing_at(cents: i64) -> Listing {
    let new = NewListing { price: Money::new(cents, PRICE.currency), ..new_listing() };
    let created = Listing::create(ListingId::generate(), &show(), new, now()).unwrap();
    Listing::new(created.0, None)
}

fn withdrawn() -> Listing {
    let listing = listing();
    let fact = listing.withdraw(Actor::Admin).unwrap().unwrap();
    listing.with(fact.0)
}

fn seller_of(listing: &Listing) -> Actor {
    Actor::User(listing.snapshot.seller_id)
}

fn show_of(listing: &Listing, starts_at: &str, status: ShowStatus) -> Show {
    let starts_at = time(starts_at);
    ShowSnapshot { id: listing.snapshot.show_id, starts_at, status, ..show().snapshot }.into()
}

#[test]
fn a_new_listing_is_on_sale_and_knows_when_its_show_starts() {
    let listing = listing().snapshot;
    assert_eq!((listing.version, listing.status), (1, ListingStatus::Active));
    assert_eq!(listing.show_starts_at, show().snapshot.starts_at);
    assert_eq!(listing.seats.len(), 4);
}

#[test]
fn nothing_is_offered_for_a_show_that_is_off_or_has_started() {
    let started = show().snapshot.starts_at;
    for (show, at, refusal) in [
        (cancelled_show(), now(), ListingRefusal::ShowCancelled),
        (cancelled_show(), started, ListingRefusal::ShowCancelled),
        (show(), started, ListingRefusal::ShowStarted),
    ] {
        let answer = Listing::create(ListingId::generate(), &show, new_listing(), at);
        assert_eq!(answer, Err(refusal));
    }
}

#[test]
fn a_price_is_positive_and_a_whole_listing_stays_within_the_limit_of_money() {
    for (amount_cents, allowed) in [
        (i64::MIN, false),
        (-1, false),
        (0, false),
        (1, true),
        (MAX_PRICE_CENTS, true),
        (MAX_PRICE_CENTS + 1, false),
    ] {
        let price = Money::new(amount_cents, Currency::Gbp);
        let new = NewListing { price, ..new_listing() };
        let created = Listing::create(ListingId::generate(), &show(), new, now());
        assert_eq!(created.is_ok(), allowed, "{amount_cents}");
        let edited = listing().edit_price(Actor::Admin, price, now());
        assert_eq!(edited.is_ok(), allowed, "{amount_cents}");
    }
    assert!(Money::new(MAX_PRICE_CENTS, Currency::Gbp).times(50).is_some());
}

#[test]
fn seats_that_cannot_be_sold_under_the_rule_are_refused() {
    let new = NewListing { seats: Seats::general(3).unwrap(), split_rule: SplitRule::Pairs, ..new_listing() };
    let refusal = Listing::create(ListingId::generate(), &show(), new, now());
    assert_eq!(refusal, Err(ListingRefusal::Seats(SeatsRefusal::OddForPairs)));
}

#[test]
fn every_status_answers_every_price() {
    let other = Money::new(9_900, Currency::Gbp);
    let dollars = Money::new(9_900, Currency::Usd);
    let started = show().snapshot.starts_at;
    for (listing, price, at, expected) in [
        (listing(), other, now(), Ok(true)),
        (listing(), PRICE, now(), Ok(false)),
        (listing(), dollars, now(), Err(ListingRefusal::CurrencyFixed)),
        (listing(), other, started, Err(ListingRefusal::ShowStarted)),
        (withdrawn(), other, now(), Err(ListingRefusal::Withdrawn)),
        (withdrawn(), PRICE, now(), Err(ListingRefusal::Withdrawn)),
        (withdrawn(), dollars, now(), Err(ListingRefusal::Withdrawn)),
        (withdrawn(), other, started, Err(ListingRefusal::Withdrawn)),
    ] {
        let answer = listing.edit_price(seller_of(&listing), price, at).map(|fact| fact.is_some());
        assert_eq!(answer, expected, "{:?} {price} at {at}", listing.snapshot.status);
    }
}

#[test]
fn a_new_price_is_the_next_version_and_keeps_the_rest() {
    let listing = listing();
    let price = Money::new(9_900, Currency::Gbp);
    let updated = listing.edit_price(Actor::Admin, price, now()).unwrap().unwrap();
    assert_eq!(
        updated.0,
        ListingSnapshot { version: 2, price, fees: Some(fees_of(price)), ..listing.snapshot }
    );
}

#[test]
fn withdrawing_twice_is_withdrawing_once() {
    let listing = listing();
    let fact = listing.withdraw(seller_of(&listing)).unwrap().unwrap();
    assert_eq!((fact.0.version, fact.0.status), (2, ListingStatus::Withdrawn));
    assert_eq!(listing.with(fact.0).withdraw(seller_of(&listing)), Ok(None));
}

#[test]
fn only_the_seller_and_admins_change_a_listing() {
    let listing = listing();
    let stranger = Actor::User(UserId::generate());
    let price = Money::new(1, Currency::Gbp);
    assert_eq!(listing.edit_price(stranger, price, now()), Err(ListingRefusal::NotYours));
    assert_eq!(listing.withdraw(stranger), Err(ListingRefusal::NotYours));
    for actor in [Actor::Admin, seller_of(&listing)] {
        assert!(listing.edit_price(actor, price, now()).is_ok());
        assert!(listing.withdraw(actor).is_ok());
    }
}

#[test]
fn every_status_follows_every_show() {
    let same = "2027-06-30T19:30:00Z";
    let later = "2027-07-01T19:30:00Z";
    for (listing, starts_at, status, expected) in [
        (listing(), same, ShowStatus::Scheduled, "in step"),
        (listing(), later, ShowStatus::Scheduled, "moved"),
        (listing(), same, ShowStatus::Cancelled, "called off"),
        (listing(), later, ShowStatus::Cancelled, "called off"),
        (withdrawn(), same, ShowStatus::Scheduled, "in step"),
        (withdrawn(), later, ShowStatus::Scheduled, "moved"),
        (withdrawn(), same, ShowStatus::Cancelled, "in step"),
        (withdrawn(), later, ShowStatus::Cancelled, "moved"),
    ] {
        let answer = match listing.follow(&show_of(&listing, starts_at, status)) {
            Following::InStep => "in step",
            Following::Moved(_) => "moved",
            Following::CalledOff(_) => "called off",
        };
        assert_eq!(answer, expected, "{:?}, {status:?} at {starts_at}", listing.snapshot.status);
    }
}

#[test]
fn following_a_show_ends_in_step_with_it() {
    for status in [ShowStatus::Scheduled, ShowStatus::Cancelled] {
        for mut listing in [listing(), withdrawn()] {
            let show = show_of(&listing, "2027-07-01T19:30:00Z", status);
            match listing.follow(&show) {
                Following::InStep => {}
                Following::Moved(fact) => listing = listing.with(fact.0),
                Following::CalledOff(fact) => listing = listing.with(fact.0),
            }
            assert_eq!(listing.follow(&show), Following::InStep);
        }
    }
}

#[test]
fn the_show_of_a_listing_is_the_one_it_was_made_for() {
    let show = show();
    let created = Listing::create(ListingId::generate(), &show, new_listing(), now()).unwrap();
    assert_eq!(created.0.show_id, show.snapshot.id);
    assert_ne!(created.0.show_id, ShowId::generate());
}

#[test]
fn an_order_has_its_seats_as_long_as_it_lives() {
    let listing = listing();
    for status in STATUSES {
        let first = OrderSnapshot { seats: vec![Seat::ordinal(1), Seat::ordinal(2)], ..order(1, status) };
        let after = listing.follow_order(&first).unwrap();
        assert_eq!(after.seats_left, if status.is_live() { 2 } else { 4 }, "{status:?}");
        let again = after.follow_order(&first);
        assert_eq!(again.is_none(), status.is_live(), "only an end is saved again: {status:?}");
        let ended = OrderSnapshot { status: OrderStatus::Expired, ..first };
        assert_eq!(after.follow_order(&ended).as_ref(), Some(&listing), "{status:?}");
    }
}

#[test]
fn a_seat_that_two_orders_seem_to_have_counts_once() {
    let with = |seats: [u32; 2]| OrderSnapshot {
        seats: seats.map(Seat::ordinal).to_vec(),
        ..order(1, OrderStatus::AwaitingPayment)
    };
    let (first, second) = (with([1, 2]), with([2, 3]));
    let both = listing().follow_order(&first).unwrap().follow_order(&second).unwrap();
    assert_eq!(both.seats_left, 1);
    let ended = OrderSnapshot { status: OrderStatus::Cancelled, ..first };
    assert_eq!(both.follow_order(&ended).unwrap().seats_left, 2);
}

#[test]
fn a_change_of_price_leaves_the_seats_with_their_orders() {
    let taken = listing().follow_order(&order(1, OrderStatus::Confirmed)).unwrap();
    let price = Money::new(1, PRICE.currency);
    let edited = taken.edit_price(Actor::Admin, price, now()).unwrap().unwrap();
    let edited = taken.with(edited.0);
    assert_eq!((edited.seats_left, &edited.taken), (2, &taken.taken));
}

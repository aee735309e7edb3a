//! Placing an order: from what a buyer wants, and what is known of the listing, to a claim on seats.

use std::{collections::BTreeSet, time::Duration};

use common::{
    clock::Timestamp,
    control::{Control, is_broken},
    events::{
        listing::{ListingSnapshot, ListingStatus, Seat},
        order::{MAX_SEATS_PER_ORDER, OrderStatus},
    },
    ids::{ListingId, OrderId, UserId},
};

use super::{
    order::{Order, RequestKey, is_open},
    seats::{self, SeatsRefusal},
    story::Passage,
};

/// The most seats that one order may claim.
pub const MAX_SEATS: u32 = MAX_SEATS_PER_ORDER;

/// What a buyer wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Who wants it.
    pub buyer_id: UserId,
    /// Seats of which listing.
    pub listing_id: ListingId,
    /// How many, 1 to [`MAX_SEATS`].
    pub quantity: u32,
    /// The total of one seat, fees included, that the buyer saw and accepts.
    pub expected_price_cents: i64,
    /// What a retry of this request is known by.
    pub request: RequestKey,
}

/// What is known when an order is placed. It may be a little old: the unique indexes of the store have the
/// last word on seats and slots.
#[derive(Debug, Clone)]
pub struct Situation {
    /// The newest that is known of the listing.
    pub listing: ListingSnapshot,
    /// Its seats that live orders have.
    pub taken: BTreeSet<Seat>,
    /// The slots that the buyer's open orders take.
    pub slots: BTreeSet<u32>,
}

/// How long seats are held, and for how many orders of one buyer.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// How long the buyer has to pay.
    pub hold: Duration,
    /// How many unpaid orders a buyer may have at once.
    pub max_open_orders: u32,
}

/// What chance and the clock contribute to a new order.
#[derive(Debug, Clone, Copy)]
pub struct Draw {
    /// The id of the new order.
    pub id: OrderId,
    /// The time by orders' own clock.
    pub now: Timestamp,
    /// Which of equally good blocks and slots to take; 0 is the first.
    pub spread: u64,
}

/// Why an order is not placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The listing is withdrawn, or the show has begun.
    #[error("the listing is not on sale any more")]
    ListingClosed,
    /// The seller wants to buy.
    #[error("the buyer is the seller")]
    OwnListing,
    /// The price is another one by now.
    #[error("the price has changed")]
    PriceChanged {
        /// What a seat costs now, fees included.
        price_cents: i64,
    },
    /// The total is beyond what an order may cost.
    #[error("the total is too high")]
    TotalTooHigh,
    /// The buyer has as many unpaid orders as permitted.
    #[error("the buyer has {limit} unpaid orders")]
    LimitReached {
        /// How many are permitted.
        limit: u32,
    },
    /// No seats can be chosen.
    #[error(transparent)]
    Seats(#[from] SeatsRefusal),
}

/// Decides whether the wish is granted, and with which seats.
pub fn place(wish: &Wish, situation: &Situation, terms: Terms, draw: Draw) -> Result<Order, Refusal> {
    let listing = &situation.listing;
    on_sale(listing, draw.now)?;
    if listing.seller_id == wish.buyer_id {
        return Err(Refusal::OwnListing);
    }
    let seat_total = listing.total();
    let accepted = seat_total.amount_cents == wish.expected_price_cents;
    if !accepted && !is_broken(Control::PriceOfNow) {
        return Err(Refusal::PriceChanged { price_cents: seat_total.amount_cents });
    }
    let total = seat_total.times(wish.quantity).ok_or(Refusal::TotalTooHigh)?;
    let quantity = usize::try_from(wish.quantity).unwrap_or(usize::MAX);
    let seats = seats::choose(listing, &situation.taken, quantity, draw.spread)?;
    let slot = free_slot(&situation.slots, terms.max_open_orders, draw.spread)?;
    let status = OrderStatus::AwaitingPayment;
    Ok(Order {
        id: draw.id,
        version: 1,
        listing_id: listing.id,
        show_id: listing.show_id,
        buyer_id: wish.buyer_id,
        seller_id: listing.seller_id,
        seats,
        price: listing.price,
        fees: listing.fees,
        total,
        status,
        live: status.is_live(),
        open: is_open(status),
        slot,
        created_at: draw.now,
        expires_at: draw.now.plus(terms.hold),
        payment_id: None,
        cancel_reason: None,
        changed_at: draw.now,
        history: vec![Passage { status, at: draw.now }],
        request: wish.request.clone(),
        refund: None,
        payments: Vec::new(),
    })
}

fn on_sale(listing: &ListingSnapshot, now: Timestamp) -> Result<(), Refusal> {
    match listing.status {
        ListingStatus::Active if now < listing.show_starts_at => Ok(()),
        ListingStatus::Active | ListingStatus::Withdrawn => Err(Refusal::ListingClosed),
    }
}

fn free_slot(used: &BTreeSet<u32>, limit: u32, spread: u64) -> Result<u32, Refusal> {
    let free: Vec<u32> = (0..limit).filter(|slot| !used.contains(slot)).collect();
    let count = u64::try_from(free.len()).unwrap_or(u64::MAX);
    let position = spread.checked_rem(count).and_then(|position| usize::try_from(position).ok());
    position.and_then(|position| free.get(position).copied()).ok_or(Refusal::LimitReached { limit })
}

#[cfg(test)]
mod tests {
    use common::{
        events::listing::{Admission, Fees, SplitRule},
        ids::ShowId,
        money::{Currency, MAX_CENTS, Money},
    };

    use super::*;
    use crate::domain::{invariants::s2, order::examples::at};

    const TERMS: Terms = Terms { hold: Duration::from_mins(15), max_open_orders: 4 };

    fn draw() -> Draw {
        Draw { id: OrderId::generate(), now: at(100), spread: 0 }
    }

    fn situation() -> Situation {
        let listing = ListingSnapshot {
            id: ListingId::generate(),
            version: 1,
            show_id: ShowId::generate(),
            show_starts_at: at(10_000),
            seller_id: UserId::generate(),
            section: "A".into(),
            row: None,
            admission: Admission::Numbered,
            seats: (1..=6).map(Seat::ordinal).collect(),
            split_rule: SplitRule::Any,
            price: Money::new(5_000, Currency::Eur),
            fees: None,
            status: ListingStatus::Active,
            created_at: at(0),
        };
        Situation { listing, taken: BTreeSet::new(), slots: BTreeSet::new() }
    }

    fn wish(situation: &Situation) -> Wish {
        Wish {
            buyer_id: UserId::generate(),
            listing_id: situation.listing.id,
            quantity: 2,
            expected_price_cents: 5_000,
            request: RequestKey { key: "k".into(), fingerprint: "f".into() },
        }
    }

    #[test]
    fn an_order_claims_seats_at_the_accepted_price_until_the_hold_is_over() {
        let situation = situation();
        let order = place(&wish(&situation), &situation, TERMS, draw()).unwrap();
        assert_eq!(order.seats, [Seat::ordinal(1), Seat::ordinal(2)]);
        assert_eq!(order.total, Money::new(10_000, Currency::Eur));
        assert_eq!(order.expires_at, at(1_000));
        assert_eq!((order.version, order.live, order.open, order.slot), (1, true, true, 0));
    }

    #[test]
    fn what_is_not_on_sale_cannot_be_ordered() {
        let mut situation = situation();
        let wish = wish(&situation);
        let late = Draw { now: at(10_000), ..draw() };
        assert_eq!(place(&wish, &situation, TERMS, late), Err(Refusal::ListingClosed));
        situation.listing.status = ListingStatus::Withdrawn;
        assert_eq!(place(&wish, &situation, TERMS, draw()), Err(Refusal::ListingClosed));
    }

    #[test]
    fn nobody_buys_from_himself() {
        let situation = situation();
        let wish = Wish { buyer_id: situation.listing.seller_id, ..wish(&situation) };
        assert_eq!(place(&wish, &situation, TERMS, draw()), Err(Refusal::OwnListing));
    }

    #[test]
    fn a_price_that_the_buyer_did_not_see_is_not_charged() {
        let situation = situation();
        for seen in [4_999, 5_001, 0] {
            let wish = Wish { expected_price_cents: seen, ..wish(&situation) };
            let refused = place(&wish, &situation, TERMS, draw());
            assert_eq!(refused, Err(Refusal::PriceChanged { price_cents: 5_000 }));
        }
    }

    #[test]
    fn what_a_buyer_accepts_and_pays_is_the_total_and_the_fees_are_kept() {
        let mut situation = situation();
        let fees =
            Fees { buyer_fee_cents: 500, total_cents: 5_500, seller_fee_cents: 250, proceeds_cents: 4_750 };
        situation.listing.fees = Some(fees);
        let refused = place(&wish(&situation), &situation, TERMS, draw());
        assert_eq!(
            refused,
            Err(Refusal::PriceChanged { price_cents: 5_500 }),
            "the price alone is not enough"
        );
        let wish = Wish { expected_price_cents: 5_500, ..wish(&situation) };
        let order = place(&wish, &situation, TERMS, draw()).unwrap();
        assert_eq!((order.price.amount_cents, order.total.amount_cents), (5_000, 11_000));
        assert_eq!((order.fees, order.snapshot().proceeds().amount_cents), (Some(fees), 9_500));
        assert_eq!(s2(&[order]), []);
    }

    #[test]
    fn a_total_that_money_cannot_hold_is_refused() {
        let mut situation = situation();
        situation.listing.price.amount_cents = MAX_CENTS;
        let wish = Wish { expected_price_cents: MAX_CENTS, ..wish(&situation) };
        assert_eq!(place(&wish, &situation, TERMS, draw()), Err(Refusal::TotalTooHigh));
    }

    #[test]
    fn a_buyer_has_so_many_slots_and_no_more() {
        let mut situation = situation();
        situation.slots = [0, 2].into();
        let wish = wish(&situation);
        let slot = |spread| place(&wish, &situation, TERMS, Draw { spread, ..draw() }).unwrap().slot;
        assert_eq!((slot(0), slot(1), slot(2)), (1, 3, 1));
        let full = Situation { slots: [0, 1, 2, 3].into(), ..situation.clone() };
        let refused = place(&wish, &full, TERMS, draw());
        assert_eq!(refused, Err(Refusal::LimitReached { limit: 4 }));
    }

    #[test]
    fn the_seats_decide_last() {
        let mut situation = situation();
        let wish = wish(&situation);
        situation.taken = situation.listing.seats.iter().cloned().collect();
        assert_eq!(place(&wish, &situation, TERMS, draw()), Err(Refusal::Seats(SeatsRefusal::SoldOut)));
    }
}

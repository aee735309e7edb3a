//! The seats of a listing.

use std::collections::BTreeSet;

use common::events::{
    listing::{Admission, Seat, SplitRule},
    order::MAX_SEATS_PER_ORDER,
};

/// The most seats that one listing may have.
pub const MAX_SEATS: usize = 50;

/// What is wrong with the seats of a new listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SeatsRefusal {
    /// Neither numbers nor a quantity, or both.
    #[error("give either seats or a quantity")]
    EitherSeatsOrQuantity,
    /// No numbers, or more than [`MAX_SEATS`].
    #[error("offer 1 to {MAX_SEATS} numbered seats")]
    SeatCount,
    /// A quantity of 0, or more than [`MAX_SEATS`].
    #[error("offer 1 to {MAX_SEATS} places")]
    Quantity,
    /// A number stands there twice; capitals make no difference.
    #[error("the seat at {at} is listed before")]
    Repeated {
        /// Where it stands for the second time, from 0.
        at: usize,
    },
    /// An odd number of seats cannot be sold in pairs.
    #[error("an odd number of seats cannot be sold in pairs")]
    OddForPairs,
    /// More seats than one order can have cannot be sold to one buyer.
    #[error("sell at most {MAX_SEATS_PER_ORDER} seats all together")]
    TooManyTogether,
}

/// The seats that a listing is made of: 1 to [`MAX_SEATS`] of them, all different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seats {
    admission: Admission,
    seats: Vec<Seat>,
}

impl Seats {
    /// Numbered seats, neighbours next to each other.
    pub fn numbered(seats: Vec<Seat>) -> Result<Self, SeatsRefusal> {
        if !(1..=MAX_SEATS).contains(&seats.len()) {
            return Err(SeatsRefusal::SeatCount);
        }
        let mut seen = BTreeSet::new();
        for (at, seat) in seats.iter().enumerate() {
            if !seen.insert(seat.as_str().to_ascii_uppercase()) {
                return Err(SeatsRefusal::Repeated { at });
            }
        }
        Ok(Self { admission: Admission::Numbered, seats })
    }

    /// So many places of general admission; they get ordinals.
    pub fn general(quantity: u32) -> Result<Self, SeatsRefusal> {
        let fits = usize::try_from(quantity).is_ok_and(|quantity| (1..=MAX_SEATS).contains(&quantity));
        if !fits {
            return Err(SeatsRefusal::Quantity);
        }
        Ok(Self { admission: Admission::General, seats: (1..=quantity).map(Seat::ordinal).collect() })
    }

    /// What a request says: numbers or a quantity, and not both.
    pub fn parse(seats: Option<Vec<Seat>>, quantity: Option<u32>) -> Result<Self, SeatsRefusal> {
        match (seats, quantity) {
            (Some(seats), None) => Self::numbered(seats),
            (None, Some(quantity)) => Self::general(quantity),
            (Some(_), Some(_)) | (None, None) => Err(SeatsRefusal::EitherSeatsOrQuantity),
        }
    }

    /// Whether buyers under this rule can take all the seats between them.
    pub fn allow(&self, rule: SplitRule) -> Result<(), SeatsRefusal> {
        match rule {
            SplitRule::Pairs if !self.seats.len().is_multiple_of(2) => Err(SeatsRefusal::OddForPairs),
            SplitRule::AllTogether if !fits_one_order(self.seats.len()) => Err(SeatsRefusal::TooManyTogether),
            SplitRule::Pairs | SplitRule::Any | SplitRule::AllTogether => Ok(()),
        }
    }

    /// Whether the seats carry numbers.
    pub const fn admission(&self) -> Admission {
        self.admission
    }

    /// The seats.
    pub fn into_seats(self) -> Vec<Seat> {
        self.seats
    }
}

fn fits_one_order(seats: usize) -> bool {
    u32::try_from(seats).is_ok_and(|seats| seats <= MAX_SEATS_PER_ORDER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(labels: &[&str]) -> Vec<Seat> {
        labels.iter().map(|label| label.parse().unwrap()).collect()
    }

    #[test]
    fn general_admission_is_counted_from_one() {
        let seats = Seats::general(3).unwrap();
        assert_eq!(seats.admission(), Admission::General);
        assert_eq!(seats.into_seats(), labels(&["1", "2", "3"]));
    }

    #[test]
    fn numbered_seats_stay_in_the_order_of_the_row() {
        let seats = Seats::numbered(labels(&["12", "14", "A-1"])).unwrap();
        assert_eq!(seats.admission(), Admission::Numbered);
        assert_eq!(seats.into_seats(), labels(&["12", "14", "A-1"]));
    }

    #[test]
    fn a_listing_has_one_to_fifty_seats() {
        let row = |n: u32| (1..=n).map(Seat::ordinal).collect::<Vec<_>>();
        for n in [1, 50] {
            assert!(Seats::numbered(row(n)).is_ok());
            assert!(Seats::general(n).is_ok());
        }
        for n in [0, 51] {
            assert_eq!(Seats::numbered(row(n)), Err(SeatsRefusal::SeatCount));
            assert_eq!(Seats::general(n), Err(SeatsRefusal::Quantity));
        }
        assert_eq!(Seats::general(u32::MAX), Err(SeatsRefusal::Quantity));
    }

    #[test]
    fn no_seat_is_listed_twice_whatever_its_capitals() {
        let refusal = Seats::numbered(labels(&["A1", "A2", "a1"])).unwrap_err();
        assert_eq!(refusal, SeatsRefusal::Repeated { at: 2 });
    }

    #[test]
    fn a_request_gives_seats_or_a_quantity() {
        assert!(Seats::parse(Some(labels(&["1"])), None).is_ok());
        assert!(Seats::parse(None, Some(1)).is_ok());
        for (seats, quantity) in [(None, None), (Some(labels(&["1"])), Some(1))] {
            assert_eq!(Seats::parse(seats, quantity), Err(SeatsRefusal::EitherSeatsOrQuantity));
        }
    }

    #[test]
    fn the_split_rule_must_let_buyers_take_all() {
        for (quantity, rule, allowed) in [
            (2, SplitRule::Pairs, true),
            (3, SplitRule::Pairs, false),
            (3, SplitRule::Any, true),
            (8, SplitRule::AllTogether, true),
            (9, SplitRule::AllTogether, false),
            (9, SplitRule::Any, true),
        ] {
            assert_eq!(Seats::general(quantity).unwrap().allow(rule).is_ok(), allowed, "{quantity} {rule:?}");
        }
    }
}

//! What is on sale of a show, all its listings together: what a fan looks for first.
//!
//! It is a projection of the listings and the orders, kept with the show so that lists can be sorted by it.
//! It is always counted anew from all of them, never corrected by one: so it does not matter in which order
//! the news comes, how often, or what got lost.

use common::{clock::Timestamp, money::Money};
use serde::{Deserialize, Serialize};

use super::{listing::Listing, show::Show};

/// What is on sale of a show. Nothing, to begin with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Offers {
    /// The least that a seat costs in all, by its minor units whatever the currency; none if nothing is on sale.
    pub cheapest: Option<Money>,
    /// How many seats can be ordered.
    pub seats_left: u32,
    /// How many listings they are of.
    pub listings_count: u32,
}

impl Offers {
    /// These and what is left of one more listing, if anything of it is on sale.
    #[must_use]
    pub fn and(self, listing: &Listing, seats_left: u32) -> Self {
        if seats_left == 0 || !listing.is_active() {
            return self;
        }
        let total = listing.total();
        let is_cheaper = self.cheapest.is_none_or(|cheapest| total.amount_cents < cheapest.amount_cents);
        Self {
            cheapest: if is_cheaper { Some(total) } else { self.cheapest },
            seats_left: self.seats_left.saturating_add(seats_left),
            listings_count: self.listings_count.saturating_add(1),
        }
    }

    /// What there is to these offers at a time: nothing is sold once the show has started or is off.
    #[must_use]
    pub fn at(self, show: &Show, now: Timestamp) -> Self {
        if show.sells_at(now) { self } else { Self::default() }
    }
}

#[cfg(test)]
mod histories;

#[cfg(test)]
mod tests {
    use common::events::listing::ListingStatus;

    use super::*;
    use crate::domain::{
        listing::tests::listing_at,
        show::tests::{cancelled_show, now, show},
    };

    #[test]
    fn the_cheapest_seat_and_the_number_of_seats_are_of_all_listings() {
        let offers = Offers::default().and(&listing_at(7_000), 2).and(&listing_at(5_000), 1);
        let offers = offers.and(&listing_at(6_000), 3);
        assert_eq!(offers.cheapest, Some(listing_at(5_000).total()));
        assert_eq!((offers.seats_left, offers.listings_count), (6, 3));
    }

    #[test]
    fn what_is_sold_out_or_withdrawn_is_not_on_sale() {
        let mut withdrawn = listing_at(1_000);
        withdrawn.snapshot.status = ListingStatus::Withdrawn;
        assert_eq!(Offers::default().and(&withdrawn, 2).and(&listing_at(1_000), 0), Offers::default());
    }

    #[test]
    fn nothing_is_on_sale_of_a_show_that_has_started_or_is_off() {
        let offers = Offers::default().and(&listing_at(5_000), 2);
        let show = show();
        assert_eq!(offers.at(&show, now()), offers);
        assert_eq!(offers.at(&show, show.snapshot.starts_at), Offers::default());
        assert_eq!(offers.at(&cancelled_show(), now()), Offers::default());
    }
}

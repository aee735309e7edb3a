//! What is on sale of a show, all its listings together: what a fan looks for first.
//!
//! It is a projection of the listings, kept with the show so that lists can be sorted by it. It is always counted
//! anew from all that is on sale, never corrected by one listing: so it does not matter in which order the news
//! comes, how often, or what got lost.

use common::{clock::Timestamp, money::Money};
use serde::{Deserialize, Serialize};

use super::show::Show;

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
    use super::*;
    use crate::domain::{
        listing::tests::listing_at,
        show::tests::{cancelled_show, now, show},
    };

    #[test]
    fn nothing_is_on_sale_of_a_show_that_has_started_or_is_off() {
        let offers = Offers { cheapest: Some(listing_at(5_000).total()), seats_left: 2, listings_count: 1 };
        let show = show();
        assert_eq!(offers.at(&show, now()), offers);
        assert_eq!(offers.at(&show, show.snapshot.starts_at), Offers::default());
        assert_eq!(offers.at(&cancelled_show(), now()), Offers::default());
    }
}

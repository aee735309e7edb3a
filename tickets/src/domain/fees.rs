//! The one table of fees: what buyers pay on top of a price, and what is kept of it before sellers receive it.
//!
//! Buyers are shown the total first, and nothing comes on top of it later (16 CFR 464 wants that, and so do
//! they). A listing carries its fees from the moment at which it gets its price: what is changed here holds
//! for the prices asked from then on.

use common::{events::listing::Fees, money::Money};

/// What buyers pay: 10 %, and at least one unit of the currency.
const BUYER: Rate = Rate { basis_points: 1_000, least_cents: 100 };
/// What sellers give: 5 %, and at least half a unit.
const SELLER: Rate = Rate { basis_points: 500, least_cents: 50 };

/// A share of a price. All currencies have the same, as a unit of each is worth about as much.
#[derive(Debug, Clone, Copy)]
struct Rate {
    /// Hundredths of a per cent.
    basis_points: i64,
    /// The least for one seat, in minor units.
    least_cents: i64,
}

impl Rate {
    /// The share of a price; what is less than a cent is left to the one who pays it.
    const fn of(self, price: Money) -> i64 {
        let share = price.amount_cents * self.basis_points / 10_000;
        if share > self.least_cents { share } else { self.least_cents }
    }
}

/// The fees for so many seats together.
pub fn fees_in_all(fees: Fees, seats: u32) -> Fees {
    let all = |cents: i64| cents.saturating_mul(i64::from(seats));
    Fees {
        buyer_fee_cents: all(fees.buyer_fee_cents),
        total_cents: all(fees.total_cents),
        seller_fee_cents: all(fees.seller_fee_cents),
        proceeds_cents: all(fees.proceeds_cents),
    }
}

/// The fees for a seat of this price. Of a price that is lower than the seller's fee nothing is left, and no
/// more is taken.
pub fn fees_of(price: Money) -> Fees {
    let buyer_fee_cents = BUYER.of(price);
    let seller_fee_cents = SELLER.of(price).min(price.amount_cents);
    Fees {
        buyer_fee_cents,
        total_cents: price.amount_cents + buyer_fee_cents,
        seller_fee_cents,
        proceeds_cents: price.amount_cents - seller_fee_cents,
    }
}

#[cfg(test)]
mod tests {
    use common::money::Currency;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::listing::MAX_PRICE_CENTS;

    fn at(cents: i64) -> (i64, i64, i64, i64) {
        let fees = fees_of(Money::new(cents, Currency::Eur));
        (fees.buyer_fee_cents, fees.total_cents, fees.seller_fee_cents, fees.proceeds_cents)
    }

    #[test]
    fn a_fee_is_a_share_of_the_price_and_not_less_than_the_least() {
        assert_eq!(at(12_500), (1_250, 13_750, 625, 11_875));
        assert_eq!(at(999), (100, 1_099, 50, 949));
        assert_eq!(at(1_009), (100, 1_109, 50, 959));
        assert_eq!(at(20), (100, 120, 20, 0));
    }

    proptest! {
        #[test]
        fn fees_add_up_and_a_higher_price_is_a_higher_total(cents in 1..MAX_PRICE_CENTS) {
            let (price, dearer) = (Money::new(cents, Currency::Usd), Money::new(cents + 1, Currency::Usd));
            prop_assert!(fees_of(price).add_up(price));
            let all = Money::new(50 * cents, Currency::Usd);
            prop_assert!(fees_in_all(fees_of(price), 50).add_up(all), "a fee is the same for each seat");
            prop_assert!(fees_of(price).total_cents < fees_of(dearer).total_cents);
            prop_assert!(fees_of(price).proceeds_cents <= fees_of(dearer).proceeds_cents);
        }
    }
}

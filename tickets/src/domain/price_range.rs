//! What seats of a show cost, for a seller who wonders what to ask.

use common::money::Money;

/// From the cheapest to the dearest of some totals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceRange {
    /// The least.
    pub lowest: Money,
    /// The one in the middle; of two in the middle, the lower one.
    pub median: Money,
    /// The most.
    pub highest: Money,
    /// Of how many listings.
    pub listings: usize,
}

impl PriceRange {
    /// The range of totals of one currency; none if there are none.
    pub fn of(mut totals: Vec<Money>) -> Option<Self> {
        totals.sort_unstable_by_key(|total| total.amount_cents);
        let median = *totals.get(totals.len().saturating_sub(1) / 2)?;
        let (lowest, highest) = (*totals.first()?, *totals.last()?);
        Some(Self { lowest, median, highest, listings: totals.len() })
    }
}

#[cfg(test)]
mod tests {
    use common::money::Currency;

    use super::*;

    fn range(cents: &[i64]) -> Option<(i64, i64, i64)> {
        let totals = cents.iter().map(|cents| Money::new(*cents, Currency::Eur)).collect();
        let range = PriceRange::of(totals)?;
        assert_eq!(range.listings, cents.len());
        Some((range.lowest.amount_cents, range.median.amount_cents, range.highest.amount_cents))
    }

    #[test]
    fn the_median_is_a_price_that_somebody_asks() {
        assert_eq!(range(&[]), None);
        assert_eq!(range(&[700]), Some((700, 700, 700)));
        assert_eq!(range(&[900, 700]), Some((700, 700, 900)));
        assert_eq!(range(&[900, 100, 700]), Some((100, 700, 900)));
        assert_eq!(range(&[5, 1, 4, 2]), Some((1, 2, 5)));
    }
}

//! Money: an integer number of minor units (cents) and an ISO 4217 currency.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most that one price or total may be: ten million major units. Keeps every product of a price
/// and a number of seats far from the limits of `i64`.
pub const MAX_CENTS: i64 = 1_000_000_000;

/// The currencies that Stagedoor trades in. All of them have two decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum Currency {
    /// United States dollar.
    #[serde(rename = "USD")]
    Usd,
    /// Euro.
    #[serde(rename = "EUR")]
    Eur,
    /// Pound sterling.
    #[serde(rename = "GBP")]
    Gbp,
}

/// An amount of one currency, in minor units; never a fraction, never a float.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Money {
    /// Minor units, for example 1999 for 19.99 USD.
    #[schema(example = 12_500)]
    pub amount_cents: i64,
    /// ISO 4217 code.
    pub currency: Currency,
}

impl Money {
    /// So many minor units of a currency.
    pub const fn new(amount_cents: i64, currency: Currency) -> Self {
        Self { amount_cents, currency }
    }

    /// The price of `quantity` things at this price each; `None` if it exceeds [`MAX_CENTS`].
    pub fn times(self, quantity: u32) -> Option<Self> {
        let amount_cents = self.amount_cents.checked_mul(i64::from(quantity))?;
        (amount_cents.unsigned_abs() <= MAX_CENTS.unsigned_abs()).then_some(Self { amount_cents, ..self })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.amount_cents < 0 { "-" } else { "" };
        let cents = self.amount_cents.unsigned_abs();
        write!(f, "{sign}{}.{:02} {:?}", cents / 100, cents % 100, self.currency)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_total_beyond_the_limit_is_refused_rather_than_wrapped() {
        let price = Money::new(MAX_CENTS / 2, Currency::Usd);
        assert_eq!(price.times(2).map(|m| m.amount_cents), Some(MAX_CENTS));
        assert_eq!(price.times(3), None);
        assert_eq!(Money::new(i64::MAX, Currency::Usd).times(2), None);
        assert_eq!(Money::new(i64::MIN, Currency::Usd).times(1), None);
    }

    #[test]
    fn money_is_camel_case_json() {
        let json = serde_json::to_string(&Money::new(1_999, Currency::Eur)).unwrap();
        assert_eq!(json, r#"{"amountCents":1999,"currency":"EUR"}"#);
    }

    proptest! {
        #[test]
        fn any_amount_can_be_multiplied_and_written(cents: i64, quantity: u32) {
            let price = Money::new(cents, Currency::Gbp);
            let exact = i128::from(cents) * i128::from(quantity);
            let total = price.times(quantity).map(|total| i128::from(total.amount_cents));
            prop_assert_eq!(total, (exact.abs() <= i128::from(MAX_CENTS)).then_some(exact));
            prop_assert!(price.to_string().ends_with(" Gbp"));
            for extreme in [i64::MIN, i64::MAX] {
                prop_assert!(Money::new(extreme, Currency::Usd).times(1).is_none());
            }
        }
    }
}

//! How a buyer pays: a token that the gateway gave for a card.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest token that any gateway issues.
const MAX_LENGTH: usize = 128;
/// The fewest digits in a row that may be a card number.
const CARD_DIGITS: usize = 13;

/// A gateway's token for a card; never the card itself. It is worth nothing without our account at the
/// gateway, but it does not print itself all the same.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PaymentMethod(String);

/// Why a text is not taken for a payment method. The text itself is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPaymentMethod {
    /// It may be a card number, which must never come here.
    #[error("this looks like a card number: exchange it for a token at the gateway first")]
    LooksLikeCard,
    /// No gateway gives such tokens.
    #[error("expected a token of the gateway: 1 to 128 letters, digits, '-' and '_'")]
    Malformed,
}

impl PaymentMethod {
    /// Checks a text from outside.
    pub fn parse(text: &str) -> Result<Self, InvalidPaymentMethod> {
        if looks_like_card(text) {
            return Err(InvalidPaymentMethod::LooksLikeCard);
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if (1..=MAX_LENGTH).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidPaymentMethod::Malformed)
        }
    }

    /// The token, for the gateway.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<PaymentMethod> for String {
    fn from(method: PaymentMethod) -> Self {
        method.0
    }
}

impl TryFrom<String> for PaymentMethod {
    type Error = InvalidPaymentMethod;

    fn try_from(text: String) -> Result<Self, InvalidPaymentMethod> {
        Self::parse(&text)
    }
}

impl fmt::Debug for PaymentMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PaymentMethod(…)")
    }
}

/// Whether 13 digits or more stand in a row, of any script and in groups or not.
fn looks_like_card(text: &str) -> bool {
    let mut row = 0;
    text.chars().any(|c| {
        row = match c {
            _ if c.is_numeric() => row + 1,
            ' ' | '-' | '_' | '.' | '/' | '\u{a0}' => row,
            _ => 0,
        };
        row >= CARD_DIGITS
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tokens_of_gateways_are_payment_methods() {
        for text in ["tok_abcdefghijklmnopqrstuvwxyz", "pm_1MqLiJLkdIwHu7ixUEgbFdYF", "x"] {
            let method = PaymentMethod::parse(text).unwrap();
            assert_eq!(method.expose(), text);
            assert!(!format!("{method:?}").contains(text));
        }
    }

    #[test]
    fn a_card_number_is_refused_however_it_is_written() {
        for text in [
            "4242424242424242",
            "4242 4242 4242 4242",
            "4242-4242-4242-4242",
            "tok_4242424242424242",
            "378282246310005",
            "4222222222222",
            "6200000000000000003",
            "４２４２４２４２４２４２４２４２",
        ] {
            let refusal = PaymentMethod::parse(text).unwrap_err();
            assert_eq!(refusal, InvalidPaymentMethod::LooksLikeCard, "{text}");
            assert!(!refusal.to_string().contains("42"));
        }
    }

    #[test]
    fn what_no_gateway_issues_is_malformed() {
        for text in ["", "{\"$gt\": \"\"}", "tok_a\n", "tok a", "tök", &"a".repeat(129)] {
            assert_eq!(PaymentMethod::parse(text), Err(InvalidPaymentMethod::Malformed), "{text:?}");
        }
    }
}

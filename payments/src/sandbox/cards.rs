//! Cards: whether a number can be one, whose brand it is, and what the sandbox does with it.

use serde::{Deserialize, Serialize};

/// What a card makes the sandbox do. Kept with its token; the number is forgotten at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Behaviour {
    /// Everything works.
    Succeeds,
    /// Declined without a reason.
    CardDeclined,
    /// Declined for lack of money.
    InsufficientFunds,
    /// Declined because the card is past its date.
    ExpiredCard,
    /// Declined because of the security code.
    IncorrectCvc,
    /// Authorised only after `POST …/authenticate` (3-D Secure).
    NeedsAuthentication,
    /// Declined because its owner fails 3-D Secure.
    AuthenticationFails,
    /// The first request to authorise hangs and has no effect; the next one works.
    TimesOutBeforeEffect,
    /// The first request to authorise has its effect and then hangs.
    TimesOutAfterEffect,
    /// The first request to authorise has its effect and answers 500.
    FailsAfterEffect,
    /// Authorises, and can never be captured.
    CaptureFails,
    /// The first request to capture has its effect and answers 500.
    CaptureFailsAfterEffect,
    /// Every webhook is sent three times.
    DuplicateWebhooks,
    /// Webhooks are sent late.
    LateWebhooks,
    /// The webhook of the authorisation arrives before the answer.
    EarlyWebhook,
}

/// The cards that do more than succeed. Any other valid number succeeds.
const MAGIC: [(&str, Behaviour); 14] = [
    ("4000000000000002", Behaviour::CardDeclined),
    ("4000000000009995", Behaviour::InsufficientFunds),
    ("4000000000000069", Behaviour::ExpiredCard),
    ("4000000000000127", Behaviour::IncorrectCvc),
    ("4000002500003155", Behaviour::NeedsAuthentication),
    ("4000008400001629", Behaviour::AuthenticationFails),
    ("4000000000001000", Behaviour::TimesOutBeforeEffect),
    ("4000000000001018", Behaviour::TimesOutAfterEffect),
    ("4000000000001026", Behaviour::FailsAfterEffect),
    ("4000000000001109", Behaviour::CaptureFails),
    ("4000000000001117", Behaviour::CaptureFailsAfterEffect),
    ("4000000000001208", Behaviour::DuplicateWebhooks),
    ("4000000000001216", Behaviour::LateWebhooks),
    ("4000000000001224", Behaviour::EarlyWebhook),
];

/// A card number, checked. It has no `Debug` and no `Serialize`, so that it can be neither logged nor
/// stored by accident.
pub struct CardNumber(String);

impl CardNumber {
    /// 13 to 19 digits, perhaps in groups, with the check digit of Luhn.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let plausible = (13..=19).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        (plausible && luhn(&digits)).then_some(Self(digits))
    }

    /// What the owner knows the card by.
    pub fn last4(&self) -> String {
        self.0[self.0.len() - 4..].to_owned()
    }

    /// What the sandbox does with it.
    pub fn behaviour(&self) -> Behaviour {
        let magic = MAGIC.iter().find(|(number, _)| *number == self.0);
        magic.map_or(Behaviour::Succeeds, |(_, behaviour)| *behaviour)
    }

    /// The brand, by the ranges of ISO/IEC 7812 that the schemes publish.
    pub fn brand(&self) -> &'static str {
        match (self.prefix(1), self.prefix(2), self.prefix(3), self.prefix(4)) {
            (4, ..) => "visa",
            (_, 51..=55, ..) | (_, _, _, 2221..=2720) => "mastercard",
            (_, 34 | 37, ..) => "amex",
            (_, 65, ..) | (_, _, 644..=649, _) | (_, _, _, 6011) => "discover",
            (_, 36 | 38, ..) | (_, _, 300..=305, _) => "diners",
            (_, _, _, 3528..=3589) => "jcb",
            (_, 62, ..) => "unionpay",
            _ => "unknown",
        }
    }

    fn prefix(&self, digits: usize) -> u32 {
        self.0[..digits].parse().unwrap_or(0)
    }
}

/// The check digit of ISO/IEC 7812-1, annex B.
fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .map(|byte| u32::from(byte - b'0'))
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit) {
            (0, digit) => digit,
            (_, digit @ 0..=4) => digit * 2,
            (_, digit) => digit * 2 - 9,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_magic_card_is_a_valid_number() {
        for (number, behaviour) in MAGIC {
            let card = CardNumber::parse(number).expect(number);
            assert_eq!(card.behaviour(), behaviour);
        }
    }

    #[test]
    fn the_brands_are_known_by_their_ranges() {
        for (number, brand) in [
            ("4242 4242 4242 4242", "visa"),
            ("4000056655665556", "visa"),
            ("5555-5555-5555-4444", "mastercard"),
            ("2223003122003222", "mastercard"),
            ("378282246310005", "amex"),
            ("6011111111111117", "discover"),
            ("3056930009020004", "diners"),
            ("3566002020360505", "jcb"),
            ("6200000000000005", "unionpay"),
        ] {
            let card = CardNumber::parse(number).expect(number);
            assert_eq!(card.brand(), brand);
            assert_eq!(card.behaviour(), Behaviour::Succeeds);
            assert_eq!(card.last4(), number[number.len() - 4..]);
        }
    }

    #[test]
    fn what_cannot_be_a_card_number_is_refused() {
        for text in [
            "",
            "4242",
            "4242424242424241",
            "42424242424242424242",
            "4242x42424242424",
            "４２４２４２４２４２４２４２４２",
        ] {
            assert!(CardNumber::parse(text).is_none(), "{text:?} was taken for a card number");
        }
    }
}

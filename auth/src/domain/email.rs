//! E-mail addresses: one spelling for each, so that a unique index can keep one account per address.

use std::{fmt, str::FromStr};

use email_address::{EmailAddress, Options};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::text::is_invisible;

/// The longest address that can be delivered to: RFC 5321, 4.5.3.1.3, less the angle brackets.
pub const MAX_EMAIL_BYTES: usize = 254;

/// A normalised e-mail address: trimmed, lower case as a whole, Unicode NFC.
///
/// The part before the @ could differ by case according to RFC 5321, but no provider of note lets it,
/// and people do not remember how they typed it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

/// Why a text is not an e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEmail {
    /// Longer than any address that can be delivered to.
    #[error("must have at most {MAX_EMAIL_BYTES} bytes")]
    TooLong,
    /// Not the syntax of an address.
    #[error("must be an e-mail address such as ada@example.com")]
    Syntax,
}

impl Email {
    /// The address in its one spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the @.
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or(self.as_str(), |(local, _)| local)
    }
}

impl FromStr for Email {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        // Before anything is computed from it; normalising can only shorten by a little.
        if text.len() > 2 * MAX_EMAIL_BYTES {
            return Err(InvalidEmail::TooLong);
        }
        let address: String = text.trim().nfc().collect::<String>().to_lowercase().nfc().collect();
        if address.len() > MAX_EMAIL_BYTES {
            return Err(InvalidEmail::TooLong);
        }
        // Quoted local parts are syntax that only probes use.
        if address.contains(|c| is_invisible(c) || c.is_whitespace() || c == '"') {
            return Err(InvalidEmail::Syntax);
        }
        let options = Options::default().with_required_tld().without_display_text().without_domain_literal();
        EmailAddress::parse_with_options(&address, options).map_err(|_| InvalidEmail::Syntax)?;
        Ok(Self(address))
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// An address names a person: logs name the user's id instead.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(..)")
    }
}

impl From<Email> for bson::Bson {
    fn from(email: Email) -> Self {
        Self::String(email.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn normalised(text: &str) -> String {
        text.parse::<Email>().unwrap().as_str().to_owned()
    }

    #[test]
    fn spellings_of_one_address_become_one() {
        for text in ["ada@example.com", "  ada@example.com\n", "ADA@Example.COM", "Ada@example.com"] {
            assert_eq!(normalised(text), "ada@example.com", "{text:?}");
        }
        assert_eq!(normalised("jose\u{301}@example.com"), normalised("JOS\u{c9}@example.com"));
    }

    #[test]
    fn usual_addresses_are_taken() {
        for text in ["a@b.co", "ada+tickets@mail.example.co.uk", "o'brien@example.ie", "müller@bücher.de"] {
            assert!(text.parse::<Email>().is_ok(), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            " ",
            "ada",
            "ada@",
            "@example.com",
            "ada@localhost",
            "ada@@example.com",
            "ada@example..com",
            "ada@-example.com",
            ".ada@example.com",
            "ada @example.com",
            "a\u{0}da@example.com",
            "a\u{200b}da@example.com",
            "ada@exam\u{202e}ple.com",
            "\"ada lovelace\"@example.com",
            "Ada <ada@example.com>",
            "ada@[127.0.0.1]",
            "{\"$gt\": \"\"}",
        ] {
            assert_eq!(text.parse::<Email>(), Err(InvalidEmail::Syntax), "{text:?}");
        }
    }

    #[test]
    fn over_long_addresses_are_refused_at_the_limit() {
        // Labels of 63 bytes and a local part of 64: the longest that the grammar lets pass is 254.
        let domain = format!("{0}.{0}.{1}.com", "d".repeat(63), "d".repeat(57));
        let longest = format!("{}@{domain}", "a".repeat(64));
        assert_eq!(longest.len(), MAX_EMAIL_BYTES);
        assert!(longest.parse::<Email>().is_ok());
        assert_eq!(format!("{longest}m").parse::<Email>(), Err(InvalidEmail::TooLong));
        assert_eq!("a".repeat(1_000_000).parse::<Email>(), Err(InvalidEmail::TooLong));
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(text in "\\PC{1,12}@\\PC{1,12}\\.[a-zA-Z]{2,6}") {
            if let Ok(once) = text.parse::<Email>() {
                prop_assert_eq!(once.as_str().parse::<Email>(), Ok(once.clone()));
            }
        }
    }
}

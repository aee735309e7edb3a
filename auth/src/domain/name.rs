//! How a user wants to be called.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::text::is_invisible;

/// The longest name, in characters.
pub const MAX_NAME_CHARS: usize = 80;

/// A name to show: visible characters, trimmed, Unicode NFC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DisplayName(String);

/// Why a text cannot be a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Nothing to show.
    #[error("must not be empty")]
    Empty,
    /// More than fits where names are shown.
    #[error("must have at most {MAX_NAME_CHARS} characters")]
    TooLong,
    /// Holds characters that cannot be seen.
    #[error("must not have control or invisible characters")]
    Invisible,
}

impl DisplayName {
    /// What the first admin is called: the configuration asks for no name.
    pub fn of_first_admin() -> Self {
        Self("Admin".to_owned())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DisplayName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        // A character has at most four bytes, so this refuses nothing that the next check would take.
        if text.len() > 16 * MAX_NAME_CHARS {
            return Err(InvalidName::TooLong);
        }
        let name: String = text.trim().nfc().collect();
        if name.is_empty() {
            return Err(InvalidName::Empty);
        }
        if name.chars().count() > MAX_NAME_CHARS {
            return Err(InvalidName::TooLong);
        }
        if name.contains(is_invisible) {
            return Err(InvalidName::Invisible);
        }
        Ok(Self(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_scripts_are_taken_and_trimmed() {
        for name in ["Ada", "Zoë O'Brien", "李小龍", "María José Carreño Quiñones", "X Æ A-12"] {
            assert_eq!(format!(" {name} ").parse::<DisplayName>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn a_name_that_cannot_be_shown_is_refused() {
        assert_eq!(" \t ".parse::<DisplayName>(), Err(InvalidName::Empty));
        assert_eq!("a".repeat(MAX_NAME_CHARS + 1).parse::<DisplayName>(), Err(InvalidName::TooLong));
        assert_eq!("a".repeat(1_000_000).parse::<DisplayName>(), Err(InvalidName::TooLong));
        for name in ["a\u{0}b", "a\nb", "admin\u{202e}", "\u{200b}"] {
            assert_eq!(name.parse::<DisplayName>(), Err(InvalidName::Invisible), "{name:?}");
        }
        assert!("a".repeat(MAX_NAME_CHARS).parse::<DisplayName>().is_ok());
    }
}

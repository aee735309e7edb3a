//! Passwords: what may be chosen, what may be tried, and the hash that is kept of one.
//!
//! The rules are those of NIST SP 800-63B and OWASP: a minimum length, a generous maximum, no rules of
//! composition, and a refusal of what everybody tries first. Spelling follows RFC 8265 (OpaqueString),
//! so that a password typed on another keyboard is the same password.

mod common;

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use unicode_normalization::UnicodeNormalization;

use super::email::Email;

/// The shortest password that may be chosen, in characters.
pub const MIN_PASSWORD_CHARS: usize = 8;
/// The longest password, in characters: a passphrase fits, a denial of service does not.
pub const MAX_PASSWORD_CHARS: usize = 128;

/// What somebody typed as a password. Never shown, never serialised, wiped from memory on drop.
#[derive(Debug, Clone)]
pub struct Password(SecretString);

/// Why a text cannot be a password. None of these repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPassword {
    /// Nothing was typed.
    #[error("must not be empty")]
    Empty,
    /// Too easily tried through.
    #[error("must have at least {MIN_PASSWORD_CHARS} characters")]
    TooShort,
    /// Beyond the bound.
    #[error("must have at most {MAX_PASSWORD_CHARS} characters")]
    TooLong,
    /// Holds a control character, which no keyboard types twice in the same way.
    #[error("must not have control characters")]
    Control,
    /// Among the first that anybody tries.
    #[error("is too easily guessed: choose one that others do not use")]
    Guessable,
}

impl Password {
    /// A password that somebody tries: anything that could ever have been chosen.
    pub fn tried(text: &SecretString) -> Result<Self, InvalidPassword> {
        let text = text.expose_secret();
        if text.is_empty() {
            return Err(InvalidPassword::Empty);
        }
        // Four bytes a character, and up to three characters composed into one.
        if text.len() > 12 * MAX_PASSWORD_CHARS {
            return Err(InvalidPassword::TooLong);
        }
        if text.contains(char::is_control) {
            return Err(InvalidPassword::Control);
        }
        let spelled: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).nfc().collect();
        let password = Self(SecretString::from(spelled));
        if password.chars() > MAX_PASSWORD_CHARS { Err(InvalidPassword::TooLong) } else { Ok(password) }
    }

    /// A password that the owner of `email` wants to have from now on.
    pub fn chosen(text: &SecretString, email: Option<&Email>) -> Result<Self, InvalidPassword> {
        let password = Self::tried(text)?;
        if password.chars() < MIN_PASSWORD_CHARS {
            return Err(InvalidPassword::TooShort);
        }
        if password.is_guessable(email) { Err(InvalidPassword::Guessable) } else { Ok(password) }
    }

    /// The password itself, for hashing only.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    fn chars(&self) -> usize {
        self.expose().chars().count()
    }

    fn is_guessable(&self, email: Option<&Email>) -> bool {
        let guess = SecretString::from(self.expose().to_lowercase());
        let guess = guess.expose_secret();
        let is_email = email.is_some_and(|email| guess == email.as_str() || guess == email.local_part());
        let repeats = guess.chars().all(|c| guess.starts_with(c));
        is_email || repeats || common::PASSWORDS.contains(&guess)
    }
}

/// Decodes what was typed as a password, for `#[serde(deserialize_with)]`. The refusal quotes nothing, as
/// serde's own would: it may be a password in the wrong place.
pub fn typed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    let text = String::deserialize(deserializer).map_err(|_| D::Error::custom("must be text"))?;
    Ok(text.into())
}

/// The salted Argon2id hash of a password, as a PHC string. Kept in auth's own database and nowhere else.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps what the hasher made.
    pub fn from_phc(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string.
    pub fn as_phc(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(text: &str) -> Result<Password, InvalidPassword> {
        let email = "ada.lovelace@example.com".parse().unwrap();
        Password::chosen(&text.into(), Some(&email))
    }

    #[test]
    fn length_is_the_only_rule_of_composition() {
        for text in
            ["xkqzwvjy", "plain words are fine", "пароль-из-букв", &"ab".repeat(MAX_PASSWORD_CHARS / 2)]
        {
            assert!(chosen(text).is_ok(), "{text:?}");
        }
        assert_eq!(chosen("xkqzwvj").unwrap_err(), InvalidPassword::TooShort);
        assert_eq!(chosen("").unwrap_err(), InvalidPassword::Empty);
        assert_eq!(chosen(&"ab".repeat(65)).unwrap_err(), InvalidPassword::TooLong);
        assert_eq!(chosen(&"a".repeat(1_000_000)).unwrap_err(), InvalidPassword::TooLong);
    }

    #[test]
    fn what_everybody_tries_first_is_refused() {
        for text in [
            "password",
            "PassWord1",
            "12345678",
            "aaaaaaaaaaaa",
            "ada.lovelace@example.com",
            "Ada.Lovelace",
            "stagedoor",
        ] {
            assert_eq!(chosen(text).unwrap_err(), InvalidPassword::Guessable, "{text:?}");
        }
    }

    #[test]
    fn control_characters_are_refused() {
        assert_eq!(chosen("correct\0horse").unwrap_err(), InvalidPassword::Control);
        assert_eq!(chosen("correct\nhorse").unwrap_err(), InvalidPassword::Control);
    }

    #[test]
    fn two_keyboards_type_one_password() {
        let composed = Password::tried(&"caf\u{e9}\u{a0}noir".into()).unwrap();
        let decomposed = Password::tried(&"cafe\u{301} noir".into()).unwrap();
        assert_eq!(composed.expose(), decomposed.expose());
    }

    #[test]
    fn a_short_password_may_be_tried() {
        assert!(Password::tried(&"x".into()).is_ok(), "rules for new passwords must not lock out old ones");
    }

    #[test]
    fn neither_debug_nor_an_error_shows_a_password() {
        let password = Password::tried(&"hunter2hunter2".into()).unwrap();
        assert!(!format!("{password:?}").contains("hunter2"));
        for sent in ["[\"hunter2\"]", "{\"$gt\": \"hunter2\"}", "12345678", "null", "true"] {
            let refusal = typed(&mut serde_json::Deserializer::from_str(sent)).unwrap_err().to_string();
            assert!(refusal.starts_with("must be text"), "{sent} was answered with {refusal:?}");
        }
        let hash = PasswordHash::from_phc("$argon2id$secret".into());
        assert!(!format!("{hash:?}").contains("secret"));
    }
}

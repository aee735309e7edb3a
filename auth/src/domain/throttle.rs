//! How often a password may be guessed.
//!
//! Wrong passwords are counted for the account that they were tried on, whether there is one or not, and for
//! the address that they came from. Some are free; after that each makes the next try wait, twice as long as
//! the one before, up to a bound. So nobody can be kept out of his account for longer than the bound at a
//! time, and who waits for so long between two guesses needs years for a list of a million. Tries that have
//! to wait are not looked at, and not counted.

use std::{net::IpAddr, time::Duration};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use common::clock::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::email::Email;

/// How long the first try waits that is not free.
const FIRST_WAIT: Duration = Duration::from_secs(5);
/// How long after the last wait failures are remembered.
const FORGET_AFTER: Duration = Duration::from_mins(15);
/// A subscriber has a whole network of IPv6 addresses, and takes another one for each try.
const IPV6_NETWORK_BITS: u32 = 64;

/// What is tolerated.
#[derive(Debug, Clone, Copy)]
pub struct Tolerance {
    /// How many wrong passwords on one account are free.
    pub per_account: u32,
    /// How many wrong passwords from one address are free: many people may share it.
    pub per_address: u32,
    /// The longest wait.
    pub max_wait: Duration,
}

/// What failures are counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// An account, as it was named.
    Account,
    /// An address, or the network of one.
    Address,
}

/// An account or an address. Kept as a hash: what was typed in the place of an e-mail address may be anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Which of the two.
    pub counted: Counted,
    id: String,
}

impl Subject {
    /// The account of this e-mail address, if there is one or not.
    pub fn account(email: &Email) -> Self {
        Self { counted: Counted::Account, id: hashed(&format!("account {}", email.as_str())) }
    }

    /// Whoever shares this address.
    pub fn address(address: IpAddr) -> Self {
        let network = match address.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => (address.to_bits() >> (u128::BITS - IPV6_NETWORK_BITS)).to_string(),
        };
        Self { counted: Counted::Address, id: hashed(&format!("address {network}")) }
    }

    /// Names the subject in the database.
    pub fn id(&self) -> &str {
        &self.id
    }
}

fn hashed(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}

/// The wrong passwords that were tried lately.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failures {
    /// The subject.
    pub id: String,
    count: u32,
    waits_until: Timestamp,
    forgotten_at: Timestamp,
}

impl Failures {
    /// What is known after one more failure than before.
    pub fn one_more(before: Option<&Self>, subject: &Subject, tolerance: Tolerance, now: Timestamp) -> Self {
        let remembered = before.filter(|before| now < before.forgotten_at);
        let count = remembered.map_or(0, |before| before.count).saturating_add(1);
        let waits_until = now.plus(tolerance.wait_after(count, subject.counted));
        let forgotten_at = waits_until.plus(FORGET_AFTER);
        Self { id: subject.id.clone(), count, waits_until, forgotten_at }
    }

    /// What is known after the right password.
    #[must_use]
    pub fn forgotten(&self, now: Timestamp) -> Self {
        Self { count: 0, waits_until: now, forgotten_at: now, ..self.clone() }
    }

    /// How long the next try has to wait, if it has to.
    pub fn wait(&self, now: Timestamp) -> Option<Duration> {
        (now < self.waits_until).then(|| self.waits_until.since(now))
    }
}

impl Tolerance {
    fn wait_after(self, failures: u32, counted: Counted) -> Duration {
        let free = match counted {
            Counted::Account => self.per_account,
            Counted::Address => self.per_address,
        };
        match failures.checked_sub(free) {
            // Beyond so many doublings any wait is longer than the bound.
            Some(doublings) => FIRST_WAIT.saturating_mul(1 << doublings.min(16)).min(self.max_wait),
            None => Duration::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLERANCE: Tolerance =
        Tolerance { per_account: 3, per_address: 5, max_wait: Duration::from_mins(1) };

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_millis(1_000_000).unwrap().plus(Duration::from_secs(secs))
    }

    fn account() -> Subject {
        Subject::account(&"ada@example.com".parse().unwrap())
    }

    fn address(text: &str) -> Subject {
        Subject::address(text.parse().unwrap())
    }

    /// How many seconds have to be waited after each of so many failures, each made when it may be.
    fn waits(subject: &Subject, failures: u32) -> Vec<u64> {
        let (mut known, mut now, mut waits) = (None, at(0), Vec::new());
        for _ in 0..failures {
            let failed = Failures::one_more(known.as_ref(), subject, TOLERANCE, now);
            let wait = failed.wait(now).unwrap_or_default();
            assert_eq!(failed.wait(now.plus(wait)), None);
            waits.push(wait.as_secs());
            (known, now) = (Some(failed), now.plus(wait));
        }
        waits
    }

    #[test]
    fn some_failures_are_free_and_then_the_wait_doubles_up_to_its_bound() {
        assert_eq!(waits(&account(), 9), [0, 0, 5, 10, 20, 40, 60, 60, 60]);
        assert_eq!(waits(&address("192.0.2.1"), 6), [0, 0, 0, 0, 5, 10]);
        assert_eq!(waits(&account(), 200).iter().max(), Some(&60), "nobody is locked out for ever");
    }

    #[test]
    fn failures_are_forgotten_after_the_right_password_and_after_a_while() {
        let many = (0..10).fold(None, |known: Option<Failures>, _| {
            Some(Failures::one_more(known.as_ref(), &account(), TOLERANCE, at(0)))
        });
        let many = many.unwrap();
        assert_eq!(many.wait(at(0)), Some(Duration::from_mins(1)));
        let forgotten = many.forgotten(at(1));
        assert_eq!(forgotten.wait(at(1)), None);
        for (known, now) in [(&forgotten, at(1)), (&many, at(60 + 15 * 60))] {
            let next = Failures::one_more(Some(known), &account(), TOLERANCE, now);
            assert_eq!((next.count, next.wait(now)), (1, None));
        }
        let soon = Failures::one_more(Some(&many), &account(), TOLERANCE, at(60 + 15 * 60 - 1));
        assert_eq!(soon.count, 11);
    }

    #[test]
    fn a_network_of_one_subscriber_is_one_address() {
        assert_eq!(address("2001:db8:1:2::1"), address("2001:db8:1:2:ffff::7"));
        assert_ne!(address("2001:db8:1:2::1"), address("2001:db8:1:3::1"));
        assert_ne!(address("192.0.2.1"), address("192.0.2.2"));
        assert_eq!(address("192.0.2.1"), address("::ffff:192.0.2.1"));
    }

    #[test]
    fn what_was_typed_is_not_kept() {
        assert!(!account().id().contains("ada"), "{:?}", account());
        assert!(!address("192.0.2.1").id().contains("192"));
    }
}

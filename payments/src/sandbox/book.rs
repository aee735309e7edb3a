//! The state of the gateway: what the ledger adds up to, and what may be added to it.
//!
//! Pure and synchronous. Each request is answered with the effect that it has, or with the state that it
//! leaves as it is; [`Book::add`] is the only way in which state changes, also when the ledger is replayed.

use std::collections::HashMap;

use common::clock::Timestamp;
use serde::Serialize;

use super::{
    cards::Behaviour,
    entries::{Amount, Effect, Entry},
};

/// Where an authorisation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The owner of the card has to confirm with the bank first.
    RequiresAction,
    /// Money is reserved.
    Authorized,
    /// The bank said no.
    Declined,
    /// The money is charged.
    Captured,
    /// The money could not be charged; nothing is reserved any more.
    CaptureFailed,
    /// Nothing is reserved, and never will be.
    Voided,
    /// The money was given back.
    Refunded,
}

/// An authorisation, as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Authorization {
    /// The shop's reference.
    pub reference: String,
    /// Where it stands.
    pub status: Status,
    /// How much; absent if it was voided before it was ever requested.
    #[serde(flatten)]
    pub amount: Option<Amount>,
    /// The brand of the card.
    pub brand: Option<String>,
    /// Its last four digits.
    pub last4: Option<String>,
    /// Why the bank said no.
    pub decline_reason: Option<String>,
    /// The ledger entry that brought it here.
    pub seq: u64,
    #[serde(skip)]
    pub(super) token: Option<String>,
    #[serde(skip)]
    pub(super) behaviour: Behaviour,
}

/// A request to reserve money.
#[derive(Debug, Clone)]
pub struct Request {
    pub reference: String,
    pub token: String,
    pub amount: Amount,
}

/// What a request does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It has this effect.
    Takes(Effect),
    /// It was done before.
    Stands,
    /// It is not possible from here.
    Refused,
    /// There is no such authorisation.
    Unseen,
    /// The reference was used for something else.
    Reused,
}

/// Everything that the gateway knows.
#[derive(Debug, Default)]
pub struct Book {
    entries: Vec<Entry>,
    tokens: HashMap<String, (String, String, Behaviour)>,
    authorizations: HashMap<String, Authorization>,
}

impl Book {
    /// The entries after `seq`, at most `limit` of them.
    pub fn entries_after(&self, seq: u64, limit: usize) -> Vec<Entry> {
        let start = usize::try_from(seq).unwrap_or(usize::MAX).min(self.entries.len());
        self.entries[start..].iter().take(limit).cloned().collect()
    }

    /// The authorisation under a reference.
    pub fn authorization(&self, reference: &str) -> Option<&Authorization> {
        self.authorizations.get(reference)
    }

    /// What the card behind a token makes the gateway do.
    pub fn behaviour(&self, token: &str) -> Behaviour {
        self.tokens.get(token).map_or(Behaviour::Succeeds, |(_, _, behaviour)| *behaviour)
    }

    /// Decides a request to reserve money.
    pub fn authorize(&self, request: &Request) -> Decision {
        if let Some(known) = self.authorizations.get(&request.reference) {
            let same = known.amount.as_ref().is_none_or(|amount| *amount == request.amount)
                && known.token.as_ref().is_none_or(|token| *token == request.token);
            return if same { Decision::Stands } else { Decision::Reused };
        }
        let Request { reference, token, amount } = request.clone();
        let Some((_, _, behaviour)) = self.tokens.get(&token) else {
            // The unknown token is not kept: it may be anything, even a card number.
            let reason = "unknown_payment_method".to_owned();
            return Decision::Takes(Effect::Declined { reference, token: None, reason, amount });
        };
        Decision::Takes(match refusal(*behaviour) {
            Some(reason) => {
                Effect::Declined { reference, token: Some(token), reason: reason.to_owned(), amount }
            }
            None if *behaviour == Behaviour::NeedsAuthentication => {
                Effect::ActionRequired { reference, token, amount }
            }
            None => Effect::Authorized { reference, token, amount },
        })
    }

    /// Decides the outcome of 3-D Secure.
    pub fn authenticate(&self, reference: &str, succeeded: bool) -> Decision {
        let Some(Authorization { status, token, amount: Some(amount), .. }) = self.authorization(reference)
        else {
            return Decision::Unseen;
        };
        let (reference, amount, token) = (reference.to_owned(), amount.clone(), token.clone());
        match (status, token) {
            (Status::RequiresAction, Some(token)) if succeeded => {
                Decision::Takes(Effect::Authorized { reference, token, amount })
            }
            (Status::RequiresAction, token) => {
                let reason = "authentication_failed".to_owned();
                Decision::Takes(Effect::Declined { reference, token, reason, amount })
            }
            (Status::Authorized, _) if succeeded => Decision::Stands,
            (Status::Declined, _) if !succeeded => Decision::Stands,
            _ => Decision::Refused,
        }
    }

    /// Decides a request to charge what is reserved.
    pub fn capture(&self, reference: &str) -> Decision {
        let Some(known) = self.authorization(reference) else { return Decision::Unseen };
        let reference = reference.to_owned();
        match (known.status, known.amount.clone()) {
            (Status::Authorized, Some(_)) if known.behaviour == Behaviour::CaptureFails => {
                Decision::Takes(Effect::CaptureFailed { reference })
            }
            (Status::Authorized, Some(amount)) => Decision::Takes(Effect::Captured { reference, amount }),
            (Status::Captured | Status::CaptureFailed, _) => Decision::Stands,
            _ => Decision::Refused,
        }
    }

    /// Decides a request to release what is reserved. Under a reference never seen it takes effect as
    /// well: a request to authorise that is still on its way then finds the reference closed.
    pub fn void(&self, reference: &str) -> Decision {
        let status = self.authorization(reference).map(|known| known.status);
        match status {
            None | Some(Status::Authorized | Status::RequiresAction) => {
                Decision::Takes(Effect::Voided { reference: reference.to_owned() })
            }
            Some(Status::Voided) => Decision::Stands,
            Some(Status::Declined | Status::Captured | Status::CaptureFailed | Status::Refunded) => {
                Decision::Refused
            }
        }
    }

    /// Decides a request to give back what was charged.
    pub fn refund(&self, reference: &str) -> Decision {
        let Some(known) = self.authorization(reference) else { return Decision::Unseen };
        match (known.status, known.amount.clone()) {
            (Status::Captured, Some(amount)) => {
                Decision::Takes(Effect::Refunded { reference: reference.to_owned(), amount })
            }
            (Status::Refunded, _) => Decision::Stands,
            _ => Decision::Refused,
        }
    }

    /// Adds an effect under the next number.
    pub fn record(&mut self, at: Timestamp, effect: Effect) -> Entry {
        let seq = self.next_seq();
        let entry = Entry { seq, at, effect };
        self.add(entry.clone());
        entry
    }

    /// The number that the next entry gets.
    pub fn next_seq(&self) -> u64 {
        self.entries.last().map_or(1, |last| last.seq + 1)
    }

    /// Takes in an entry, new or replayed.
    pub fn add(&mut self, entry: Entry) {
        let (seq, effect) = (entry.seq, entry.effect.clone());
        self.entries.push(entry);
        match effect {
            Effect::TokenCreated { token, brand, last4, behaviour } => {
                self.tokens.insert(token, (brand, last4, behaviour));
            }
            Effect::ActionRequired { reference, token, amount } => {
                self.open(reference, Some(token), amount, Status::RequiresAction, seq);
            }
            Effect::Authorized { reference, token, amount } => {
                self.open(reference, Some(token), amount, Status::Authorized, seq);
            }
            Effect::Declined { reference, token, reason, amount } => {
                self.open(reference, token, amount, Status::Declined, seq).decline_reason = Some(reason);
            }
            Effect::Captured { reference, .. } => self.advance(reference, Status::Captured, seq),
            Effect::CaptureFailed { reference } => self.advance(reference, Status::CaptureFailed, seq),
            Effect::Voided { reference } => self.advance(reference, Status::Voided, seq),
            Effect::Refunded { reference, .. } => self.advance(reference, Status::Refunded, seq),
        }
    }

    fn open(
        &mut self,
        reference: String,
        token: Option<String>,
        amount: Amount,
        status: Status,
        seq: u64,
    ) -> &mut Authorization {
        let card = token.as_ref().and_then(|token| self.tokens.get(token)).cloned();
        let entry = self.authorizations.entry(reference).or_insert_with_key(blank);
        entry.status = status;
        entry.seq = seq;
        entry.amount = Some(amount);
        entry.token = token;
        if let Some((brand, last4, behaviour)) = card {
            entry.brand = Some(brand);
            entry.last4 = Some(last4);
            entry.behaviour = behaviour;
        }
        entry
    }

    fn advance(&mut self, reference: String, status: Status, seq: u64) {
        let entry = self.authorizations.entry(reference).or_insert_with_key(blank);
        entry.status = status;
        entry.seq = seq;
    }
}

/// An authorisation of which nothing is known but its reference: one that was voided unseen.
#[expect(clippy::ptr_arg, reason = "the shape that `or_insert_with_key` calls")]
fn blank(reference: &String) -> Authorization {
    Authorization {
        reference: reference.clone(),
        status: Status::Voided,
        amount: None,
        brand: None,
        last4: None,
        decline_reason: None,
        seq: 0,
        token: None,
        behaviour: Behaviour::Succeeds,
    }
}

/// Why the bank behind such a card says no, if it does.
fn refusal(behaviour: Behaviour) -> Option<&'static str> {
    match behaviour {
        Behaviour::CardDeclined => Some("card_declined"),
        Behaviour::InsufficientFunds => Some("insufficient_funds"),
        Behaviour::ExpiredCard => Some("expired_card"),
        Behaviour::IncorrectCvc => Some("incorrect_cvc"),
        Behaviour::AuthenticationFails => Some("authentication_failed"),
        Behaviour::Succeeds
        | Behaviour::NeedsAuthentication
        | Behaviour::TimesOutBeforeEffect
        | Behaviour::TimesOutAfterEffect
        | Behaviour::FailsAfterEffect
        | Behaviour::CaptureFails
        | Behaviour::CaptureFailsAfterEffect
        | Behaviour::DuplicateWebhooks
        | Behaviour::LateWebhooks
        | Behaviour::EarlyWebhook => None,
    }
}

#[cfg(test)]
mod tests;

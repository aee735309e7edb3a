//! The gateway at work: the book and the ledger behind it, and the misbehaviour that cards and faults order.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use common::clock::Clock;
use rand::Rng as _;

use super::{
    book::{Authorization, Book, Decision, Request, Status},
    cards::{Behaviour, CardNumber},
    entries::{Effect, Entry},
    faults::{Fault, Faults, Operation},
    ledger::{Ledger, LedgerError},
    webhooks::{Delivery, Webhooks},
};

/// How many ledger entries one answer holds at most.
pub const LEDGER_PAGE: usize = 10_000;
/// How long an early webhook is ahead of the answer.
const EARLY: Duration = Duration::from_millis(250);
/// How many references whose first request hung are remembered.
const MAX_HUNG: usize = 10_000;

/// What the gateway is made of.
#[derive(Debug)]
pub struct Engine {
    book: Mutex<Book>,
    /// References whose first request to authorise hung without effect.
    hung: Mutex<Vec<String>>,
    ledger: Ledger,
    pub(super) webhooks: Webhooks,
    pub(super) faults: Faults,
    clock: Clock,
    hang: Duration,
    late: Duration,
}

/// A card in the hands of the gateway, as the API shows it.
#[derive(Debug, serde::Serialize)]
pub struct Card {
    token: String,
    brand: String,
    last4: String,
}

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no such authorisation.
    #[error("there is no authorization under this reference")]
    Unseen,
    /// It is not possible from where the authorisation stands.
    #[error("not possible from the status of the authorization")]
    InvalidState(Box<Authorization>),
    /// The reference was used with another amount, currency or token.
    #[error("the reference was used for something else")]
    Reused,
    /// A fault: it hung until nobody waited any more.
    #[error("took too long")]
    Hung,
    /// A fault: something broke.
    #[error("something broke")]
    Broken,
    /// The disk refused.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// What took effect, and whether this request did it or an earlier one.
#[derive(Debug)]
pub struct Done {
    pub authorization: Authorization,
    pub first: bool,
}

impl Engine {
    /// A gateway that goes on where the ledger ends.
    pub fn new(
        (ledger, book): (Ledger, Book),
        webhooks: Webhooks,
        clock: Clock,
        hang: Duration,
        late: Duration,
    ) -> Self {
        Self {
            book: Mutex::new(book),
            hung: Mutex::default(),
            ledger,
            webhooks,
            faults: Faults::default(),
            clock,
            hang,
            late,
        }
    }

    /// Exchanges a card for a token. Nothing of the number but its last four digits is kept.
    pub async fn tokenize(&self, card: &CardNumber, expired: bool) -> Result<Card, Refusal> {
        let (token, brand, last4) = (random_token(), card.brand().to_owned(), card.last4());
        let behaviour = if expired { Behaviour::ExpiredCard } else { card.behaviour() };
        let effect = Effect::TokenCreated {
            token: token.clone(),
            brand: brand.clone(),
            last4: last4.clone(),
            behaviour,
        };
        let place = self.ledger.reserve().await?;
        let entry = self.book().record(self.clock.now(), effect);
        let seq = entry.seq;
        place.send(entry);
        self.ledger.settled(seq).await?;
        Ok(Card { token, brand, last4 })
    }

    /// Reserves money under a reference.
    pub async fn authorize(&self, request: Request) -> Result<Done, Refusal> {
        let fault = self.before(Operation::Authorize).await?;
        let behaviour = self.book().behaviour(&request.token);
        if behaviour == Behaviour::TimesOutBeforeEffect && self.hangs_first_time(&request.reference) {
            return Err(self.hang().await);
        }
        let done = self.perform(&request.reference, |book| book.authorize(&request)).await?;
        if done.first && behaviour == Behaviour::EarlyWebhook {
            self.webhooks.send_now(&done.authorization).await;
            tokio::time::sleep(EARLY).await;
        }
        match behaviour {
            Behaviour::TimesOutAfterEffect if done.first => Err(self.hang().await),
            Behaviour::FailsAfterEffect if done.first => Err(Refusal::Broken),
            _ => self.after(fault, done).await,
        }
    }

    /// Decides 3-D Secure, as the owner of the card would at the bank.
    pub async fn authenticate(&self, reference: &str, succeeded: bool) -> Result<Done, Refusal> {
        self.perform(reference, |book| book.authenticate(reference, succeeded)).await
    }

    /// Charges what is reserved.
    pub async fn capture(&self, reference: &str) -> Result<Done, Refusal> {
        let fault = self.before(Operation::Capture).await?;
        let done = self.perform(reference, |book| book.capture(reference)).await?;
        if done.first && done.authorization.behaviour == Behaviour::CaptureFailsAfterEffect {
            return Err(Refusal::Broken);
        }
        self.after(fault, done).await
    }

    /// Releases what is reserved.
    pub async fn void(&self, reference: &str) -> Result<Done, Refusal> {
        let fault = self.before(Operation::Void).await?;
        let done = self.perform(reference, |book| book.void(reference)).await?;
        self.after(fault, done).await
    }

    /// Gives back what was charged.
    pub async fn refund(&self, reference: &str) -> Result<Done, Refusal> {
        let fault = self.before(Operation::Refund).await?;
        let done = self.perform(reference, |book| book.refund(reference)).await?;
        self.after(fault, done).await
    }

    /// What is known under a reference.
    pub async fn lookup(&self, reference: &str) -> Result<Done, Refusal> {
        let fault = self.before(Operation::Lookup).await?;
        let authorization = self.book().authorization(reference).cloned().ok_or(Refusal::Unseen)?;
        self.ledger.settled(authorization.seq).await?;
        self.after(fault, Done { authorization, first: false }).await
    }

    /// What is on the disk, after an entry.
    pub fn entries_after(&self, seq: u64) -> Vec<Entry> {
        let durable = self.ledger.durable_seq();
        let mut entries = self.book().entries_after(seq, LEDGER_PAGE);
        entries.retain(|entry| entry.seq <= durable);
        entries
    }

    /// Decides, records, and waits for the disk; the same for what was done before, which another request
    /// may still be waiting for.
    async fn perform(
        &self,
        reference: &str,
        decide: impl FnOnce(&Book) -> Decision,
    ) -> Result<Done, Refusal> {
        let place = self.ledger.reserve().await?;
        let (authorization, first) = {
            let mut book = self.book();
            let decision = decide(&book);
            let known = |book: &Book| book.authorization(reference).cloned().ok_or(Refusal::Unseen);
            match decision {
                Decision::Takes(effect) => {
                    place.send(book.record(self.clock.now(), effect));
                    (known(&book)?, true)
                }
                Decision::Stands => (known(&book)?, false),
                Decision::Refused => return Err(Refusal::InvalidState(Box::new(known(&book)?))),
                Decision::Unseen => return Err(Refusal::Unseen),
                Decision::Reused => return Err(Refusal::Reused),
            }
        };
        self.ledger.settled(authorization.seq).await?;
        if first {
            self.tell(&authorization);
        }
        Ok(Done { authorization, first })
    }

    fn tell(&self, authorization: &Authorization) {
        let early =
            authorization.behaviour == Behaviour::EarlyWebhook && authorization.status == Status::Authorized;
        if early {
            return;
        }
        let copies = if authorization.behaviour == Behaviour::DuplicateWebhooks { 3 } else { 1 };
        let late = authorization.behaviour == Behaviour::LateWebhooks;
        let delay = if late { self.late } else { Duration::ZERO };
        self.webhooks.enqueue(Delivery { authorization: authorization.clone(), delay, copies });
    }

    async fn before(&self, operation: Operation) -> Result<Option<Fault>, Refusal> {
        match self.faults.meet(operation) {
            Some(Fault::HangBefore) => Err(self.hang().await),
            Some(Fault::ErrorBefore) => Err(Refusal::Broken),
            later @ (Some(Fault::HangAfter | Fault::ErrorAfter) | None) => Ok(later),
        }
    }

    async fn after(&self, fault: Option<Fault>, done: Done) -> Result<Done, Refusal> {
        match fault {
            Some(Fault::HangAfter) => Err(self.hang().await),
            Some(Fault::ErrorAfter) => Err(Refusal::Broken),
            Some(Fault::HangBefore | Fault::ErrorBefore) | None => Ok(done),
        }
    }

    async fn hang(&self) -> Refusal {
        tokio::time::sleep(self.hang).await;
        Refusal::Hung
    }

    fn hangs_first_time(&self, reference: &str) -> bool {
        let mut hung = self.hung.lock().unwrap_or_else(PoisonError::into_inner);
        let first = !hung.iter().any(|known| known == reference);
        if first && hung.len() < MAX_HUNG {
            hung.push(reference.to_owned());
        }
        first
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// 26 random letters are 122 bits. No digits: a token can never be taken for a card number.
fn random_token() -> String {
    let mut rng = rand::rng();
    let letters = (0..26).map(|_| char::from(rng.random_range(b'a'..=b'z')));
    "tok_".chars().chain(letters).collect()
}

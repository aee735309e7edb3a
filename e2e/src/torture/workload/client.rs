//! Somebody's program: it repeats every request under its idempotency key until it knows the outcome, or
//! has tried for long enough. Now and then a button is pressed twice.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use common::{
    events::{listing::ListingSnapshot, order::OrderSnapshot},
    ids::{ListingId, OrderId, UserId},
    testing::Answer,
};
use payments::routes::PaymentView;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::RwLock;

use crate::{
    market::{PASSWORD, Person, Site, card, new_key},
    torture::{
        fleet::Fleet,
        history::{Exchange, History, Outcome, Promise, Wish},
    },
};

/// How long one answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// For how long a request is repeated.
const PERSISTENCE: Duration = Duration::from_secs(30);
/// The pause before the next try.
const PAUSE: Duration = Duration::from_millis(300);
/// Of so many requests that have a key, one is sent twice at once.
const PRESSED_TWICE: u32 = 8;

/// What a request came to.
#[derive(Debug)]
pub enum Said {
    /// It was promised.
    Yes(Answer),
    /// It was refused.
    No(Answer),
    /// Nobody knows.
    Nothing,
}

impl Said {
    /// What was promised, if it was.
    pub fn yes<T: DeserializeOwned>(&self) -> Option<T> {
        match self {
            Self::Yes(answer) => Some(answer.body()),
            Self::No(_) | Self::Nothing => None,
        }
    }

    /// The code of the refusal, if it was one.
    pub fn no(&self) -> Option<String> {
        match self {
            Self::No(answer) => Some(answer.code()),
            Self::Yes(_) | Self::Nothing => None,
        }
    }
}

/// One person's program.
pub struct Client {
    /// Who.
    pub id: UserId,
    email: String,
    token: RwLock<String>,
    site: Site,
    history: Arc<History>,
    /// How many requests had a key.
    keyed: AtomicU32,
}

/// What is sent.
struct Request<'a> {
    wish: Wish,
    method: &'a str,
    path: &'a str,
    key: Option<&'a str>,
    body: Value,
}

impl Client {
    /// The program of somebody who is signed in.
    pub fn new(fleet: &Fleet, history: &Arc<History>, person: Person, email: String) -> Self {
        let site = fleet.site.with_timeout(TIMEOUT);
        let (token, history) = (RwLock::new(person.token), history.clone());
        Self { id: person.id, email, token, site, history, keyed: AtomicU32::new(0) }
    }

    /// Offers seats.
    pub async fn list(&self, offer: Value) -> Option<ListingSnapshot> {
        let key = new_key();
        let said = self.ask(Request {
            wish: Wish::List,
            method: "POST",
            path: "/api/listings",
            key: Some(&key),
            body: offer,
        });
        let listing: ListingSnapshot = said.await.yes()?;
        self.history.promise(Promise::Listed(Box::new(listing.clone())));
        Some(listing)
    }

    /// Asks another price from now on.
    pub async fn reprice(&self, listing: ListingId, price_cents: i64) -> Option<ListingSnapshot> {
        let body = json!({ "price": { "amountCents": price_cents, "currency": "EUR" } });
        let path = format!("/api/listings/{listing}");
        let said = self.ask(Request { wish: Wish::Reprice, method: "PATCH", path: &path, key: None, body });
        let listing: ListingSnapshot = said.await.yes()?;
        let (id, version) = (listing.id, listing.version);
        self.history.promise(Promise::Repriced { listing: id, version, price_cents });
        Some(listing)
    }

    /// Takes a listing off sale.
    pub async fn withdraw(&self, listing: ListingId) {
        let path = format!("/api/listings/{listing}/withdraw");
        let request =
            Request { wish: Wish::Withdraw, method: "POST", path: &path, key: None, body: json!({}) };
        if let Said::Yes(_) = self.ask(request).await {
            self.history.promise(Promise::Withdrawn(listing));
        }
    }

    /// Claims seats.
    pub async fn order(&self, listing: &ListingSnapshot, quantity: usize) -> Said {
        let (key, price_cents) = (new_key(), listing.total().amount_cents);
        let body =
            json!({ "listingId": listing.id, "quantity": quantity, "expectedPriceCents": price_cents });
        let request =
            Request { wish: Wish::Order, method: "POST", path: "/api/orders", key: Some(&key), body };
        let said = self.ask(request).await;
        if let Some(order) = said.yes::<OrderSnapshot>() {
            let (order, listing, buyer) = (order.id, listing.id, self.id);
            self.history.promise(Promise::Placed { order, key, buyer, listing, quantity, price_cents });
        }
        said
    }

    /// Exchanges a card for a token of the gateway.
    pub async fn tokenize(&self, number: &str) -> Option<String> {
        let (path, body) = ("/sandbox/v1/tokens", card::body(number));
        let said = self.ask(Request { wish: Wish::Tokenize, method: "POST", path, key: None, body }).await;
        said.yes::<Value>()?["token"].as_str().map(str::to_owned)
    }

    /// Pays with the gateway's token for a card.
    pub async fn pay(&self, order: OrderId, token: &str) -> Said {
        let key = new_key();
        let body = json!({ "orderId": order, "paymentMethod": token });
        let request =
            Request { wish: Wish::Pay, method: "POST", path: "/api/payments", key: Some(&key), body };
        let said = self.ask(request).await;
        if let Some(payment) = said.yes::<PaymentView>() {
            let (payment, buyer) = (payment.id, self.id);
            self.history.promise(Promise::PaymentTaken { payment, key, buyer, order });
        }
        said
    }

    /// Gives an order up.
    pub async fn cancel(&self, order: OrderId) -> Said {
        let path = format!("/api/orders/{order}/cancel");
        let request = Request { wish: Wish::Cancel, method: "POST", path: &path, key: None, body: json!({}) };
        let said = self.ask(request).await;
        if let Said::Yes(_) = said {
            self.history.promise(Promise::Cancelled(order));
        }
        said
    }

    /// Asks for the money back.
    pub async fn refund(&self, order: OrderId) -> Said {
        let (key, path) = (new_key(), format!("/api/orders/{order}/refund"));
        let request =
            Request { wish: Wish::Refund, method: "POST", path: &path, key: Some(&key), body: json!({}) };
        let said = self.ask(request).await;
        if let Said::Yes(_) = said {
            self.history.promise(Promise::RefundTaken(order));
        }
        said
    }

    /// Looks at something of one's own.
    pub async fn look<T: DeserializeOwned>(&self, path: &str) -> Option<T> {
        let request = Request { wish: Wish::Look, method: "GET", path, key: None, body: Value::Null };
        self.ask(request).await.yes()
    }

    async fn ask(&self, request: Request<'_>) -> Said {
        let started = Instant::now();
        let mut tries = 0;
        let (said, outcome, status, code) = loop {
            let answer = if tries == 0 && self.is_pressed_twice(&request) {
                tries += 2;
                self.try_twice(&request).await
            } else {
                tries += 1;
                self.try_once(&request).await
            };
            match answer {
                Ok(answer) if is_yes(answer.status) => {
                    let (status, said) = (answer.status, id_of(&answer));
                    break (Said::Yes(answer), Outcome::Ok, Some(status), said);
                }
                Ok(answer) if answer.status == 401 && started.elapsed() < PERSISTENCE => {
                    self.sign_in_again().await;
                    tokio::time::sleep(PAUSE).await;
                }
                Ok(answer) if is_definite(answer.status) => {
                    let (status, code) = (answer.status, answer.code());
                    break (Said::No(answer), Outcome::Refused, Some(status), code);
                }
                Ok(answer) if started.elapsed() >= PERSISTENCE => {
                    break (Said::Nothing, Outcome::Unknown, Some(answer.status), answer.code());
                }
                Err(why) if started.elapsed() >= PERSISTENCE => {
                    break (Said::Nothing, Outcome::Unknown, None, why);
                }
                Ok(_) | Err(_) => tokio::time::sleep(PAUSE).await,
            }
        };
        let (wish, key, took) = (request.wish, request.key, started.elapsed());
        self.history.note(&Exchange { wish, who: self.id, key, tries, took, outcome, status, said: &code });
        said
    }

    fn is_pressed_twice(&self, request: &Request<'_>) -> bool {
        request.key.is_some() && self.keyed.fetch_add(1, Ordering::Relaxed).is_multiple_of(PRESSED_TWICE)
    }

    /// The answer that is worth more: what one of the two is refused the other may have got.
    async fn try_twice(&self, request: &Request<'_>) -> Result<Answer, String> {
        let (one, other) = tokio::join!(self.try_once(request), self.try_once(request));
        if worth(&one) >= worth(&other) { one } else { other }
    }

    async fn try_once(&self, request: &Request<'_>) -> Result<Answer, String> {
        let token = self.token.read().await.clone();
        let mut sent = self.site.request(request.method, request.path).bearer_auth(token);
        if request.method != "GET" {
            sent = sent.json(&request.body);
        }
        if let Some(key) = request.key {
            sent = sent.header("Idempotency-Key", key);
        }
        let response = sent.send().await.map_err(|error| error.to_string())?;
        Answer::try_read(response).await.map_err(|error| error.to_string())
    }

    async fn sign_in_again(&self) {
        let body = json!({ "email": self.email, "password": PASSWORD });
        let sent = self.site.request("POST", "/api/users/sessions").json(&body).send().await;
        let Ok(response) = sent else { return };
        let Ok(answer) = Answer::try_read(response).await else { return };
        if let Some(token) = answer.json()["accessToken"].as_str() {
            token.clone_into(&mut *self.token.write().await);
        }
    }
}

fn is_yes(status: u16) -> bool {
    (200..300).contains(&status)
}

/// A refusal that means it, rather than one that asks to come again.
fn is_definite(status: u16) -> bool {
    (400..500).contains(&status) && ![401, 408, 429].contains(&status)
}

/// Yes is worth more than nothing, and nothing more than no.
fn worth(answer: &Result<Answer, String>) -> u8 {
    match answer {
        Ok(answer) if is_yes(answer.status) => 2,
        Ok(answer) if is_definite(answer.status) => 0,
        Ok(_) | Err(_) => 1,
    }
}

fn id_of(answer: &Answer) -> String {
    answer.json()["id"].as_str().unwrap_or_default().to_owned()
}

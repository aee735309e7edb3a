//! A marketplace that runs: what it is made of, who uses it, and how tests wait for what it does.
//!
//! ```ignore
//! #[test]
//! fn a_cancelled_order_frees_its_seats() {
//!     on_a_busy_market(async |market| {
//!         let (seller, buyer) = market.two_people().await;
//!         let listing = market.list_seats(&seller, 4, 12_500).await;
//!         let order = buyer.place_order(&listing, 2).await;
//!         buyer.cancel(&order).await;
//!         market.until_seats_left(&listing, 4).await;
//!     });
//! }
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    clippy::missing_panics_doc,
    reason = "a failed step fails the test, and says where the logs are"
)]

mod alarms;
mod audit;
mod books;
pub mod card;
mod doors;
pub(crate) mod machinery;
mod person;
pub(crate) mod ports;
pub(crate) mod remains;
pub mod secrets;
mod shared;
mod site;
pub(crate) mod surroundings;
mod wait;

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use common::{
    events::{
        listing::ListingSnapshot,
        order::{OrderSnapshot, OrderStatus},
        show::ShowSnapshot,
    },
    ids::ShowId,
    testing::Answer,
};
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

pub use books::{Books, Reservation};
pub use doors::{Doors, Guards};
pub use machinery::{Machinery, Service};
pub use person::{Person, new_key};
pub use shared::{
    alone_on_a_market, beside_others, in_quiet, on_a_busy_market, on_a_guarded_market, on_a_hasty_market,
    on_a_market_to_spoil, on_a_market_with_pages,
};
pub use site::{Site, send};
pub use surroundings::{ADMIN_EMAIL, ADMIN_PASSWORD};
pub use wait::{until, until_within};

/// How many people the crowd of a marketplace is.
pub const CROWD: usize = 64;
/// How many of them sign up at a time.
const SIGN_UPS_AT_ONCE: usize = 8;
/// Everybody's password.
pub const PASSWORD: &str = "the last row of the stalls";

/// How patient a marketplace is.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How long a buyer has to pay.
    pub hold: Duration,
    /// How long the gateway may take to answer.
    pub gateway: Duration,
}

/// A marketplace that runs.
pub struct Market {
    /// Where it can be reached.
    pub site: Site,
    /// The processes that it consists of.
    pub machinery: Machinery,
    /// What it has written down.
    pub books: Books,
    /// Who may enter shows.
    pub admin: Person,
    /// The show that listings are for unless a test wants another one.
    pub show: ShowSnapshot,
    crowd: OnceCell<Vec<Person>>,
    newcomers: AtomicU64,
}

impl Market {
    /// Starts everything and waits until a ticket could be bought.
    pub async fn start(name: &'static str, patience: Patience) -> Self {
        Self::start_behind(Doors::Open, name, patience).await
    }

    /// The same, on servers that can be got into in this way.
    pub async fn start_behind(doors: Doors, name: &'static str, patience: Patience) -> Self {
        let started = tokio::task::spawn_blocking(move || Machinery::start(name, patience, &doors));
        let machinery = started.await.unwrap().expect("start the marketplace");
        let site = Site::new(machinery.ports());
        let books = Books::open(machinery.mongodb_uri(), site.clone()).await;
        let admin = Person::sign_in(&site, surroundings::ADMIN_EMAIL, surroundings::ADMIN_PASSWORD).await;
        // The first thing that anybody does: a service that has not heard of auth's keys yet believes nobody.
        let show = until("the admin to be believed", async || {
            let answer = admin.post("/api/shows", &a_show()).await;
            if answer.status == 201 { Ok(answer.body()) } else { Err(answer.text) }
        })
        .await;
        Self { site, machinery, books, admin, show, crowd: OnceCell::new(), newcomers: AtomicU64::default() }
    }

    /// Somebody new.
    pub async fn sign_up(&self) -> Person {
        let number = self.newcomers.fetch_add(1, Ordering::Relaxed);
        let email = format!("newcomer-{number}@stagedoor.example");
        Person::sign_up(&self.site, &email).await
    }

    /// A seller and a buyer, both new.
    pub async fn two_people(&self) -> (Person, Person) {
        tokio::join!(self.sign_up(), self.sign_up())
    }

    /// So many of those who are always there: their passwords are hashed once for all tests.
    pub async fn crowd(&self, count: usize) -> &[Person] {
        let crowd = self.crowd.get_or_init(|| async {
            let signing_up = (0..CROWD).map(|_| self.sign_up());
            stream::iter(signing_up).buffered(SIGN_UPS_AT_ONCE).collect().await
        });
        crowd.await.get(..count).expect("a crowd that is large enough")
    }

    /// Numbered seats side by side, at so much for each.
    pub async fn list_seats(&self, seller: &Person, seats: u32, price_cents: i64) -> ListingSnapshot {
        seller.post("/api/listings", &self.offer(seats, price_cents)).await.expect(201).body()
    }

    /// The body of a request to offer seats.
    pub fn offer(&self, seats: u32, price_cents: i64) -> Value {
        an_offer(self.show.id, seats, price_cents)
    }

    /// So many listings of one seat each.
    pub async fn list_single_seats(&self, seller: &Person, count: usize) -> Vec<ListingSnapshot> {
        let listing = (0..count).map(|_| self.list_seats(seller, 1, 5_000));
        stream::iter(listing).buffered(SIGN_UPS_AT_ONCE).collect().await
    }

    /// The answer of a service to GET, past the ingress.
    pub async fn ask_directly(&self, service: Service, path: &str) -> Answer {
        self.site.ask_port(self.machinery.ports().of(service).0, path).await
    }

    /// How many seats of a listing the public sees on sale.
    pub async fn seats_left(&self, listing: &ListingSnapshot) -> Result<u64, String> {
        let answer = self.site.get(&format!("/api/listings/{}", listing.id)).await;
        answer.json()["seatsLeft"].as_u64().ok_or(answer.text)
    }

    /// Waits until the public sees so many seats of a listing on sale.
    pub async fn until_seats_left(&self, listing: &ListingSnapshot, expected: u64) {
        until(&format!("{expected} seats on sale"), async || match self.seats_left(listing).await? {
            left if left == expected => Ok(()),
            left => Err(format!("{left} seats are on sale")),
        })
        .await;
    }

    /// Waits until an order is in one state; fails at once if it has ended in another.
    pub async fn until_order_is(&self, order: &OrderSnapshot, wanted: OrderStatus) -> OrderSnapshot {
        self.until_order_is_within(wait::PATIENCE, order, wanted).await
    }

    /// The same, with a bound of the test's own.
    pub async fn until_order_is_within(
        &self,
        bound: Duration,
        order: &OrderSnapshot,
        wanted: OrderStatus,
    ) -> OrderSnapshot {
        let found = until_within(bound, &format!("the order to be {wanted:?}"), async || {
            let path = format!("/api/orders/{}", order.id);
            let answer = self.admin.try_get(&path).await?;
            let now: OrderSnapshot = read(&answer)?;
            let over = !now.status.is_live() || now.status == wanted;
            if over { Ok(now) } else { Err(format!("it is {:?}", now.status)) }
        })
        .await;
        assert_eq!(found.status, wanted, "the order has ended: {found:?}");
        found
    }

    /// All books, once nothing is on its way any more.
    pub async fn settled_books(&self) -> BTreeMap<String, bson::Document> {
        until("the books to be at rest", async || {
            let first = self.books.everything().await;
            tokio::time::sleep(Duration::from_millis(300)).await;
            let second = self.books.everything().await;
            if first == second && self.books.unpublished().await == 0 {
                Ok(second)
            } else {
                Err("something is still written down".to_owned())
            }
        })
        .await
    }
}

/// The body of an answer, unless it is a refusal.
pub fn read<T: serde::de::DeserializeOwned>(answer: &Answer) -> Result<T, String> {
    let refused = || format!("{}: {}", answer.status, answer.text);
    if (200..300).contains(&answer.status) {
        serde_json::from_str(&answer.text).map_err(|_| refused())
    } else {
        Err(refused())
    }
}

/// The body of a request to offer seats of a show, side by side, at so much for each.
pub fn an_offer(show: ShowId, seats: u32, price_cents: i64) -> Value {
    let seats: Vec<String> = (1..=seats).map(|seat| seat.to_string()).collect();
    json!({
        "showId": show,
        "section": "Stalls",
        "row": "C",
        "seats": seats,
        "splitRule": "any",
        "price": { "amountCents": price_cents, "currency": "EUR" },
    })
}

/// The body of a request to enter a show.
pub fn a_show() -> Value {
    json!({
        "title": "The Understudy",
        "category": "theatre",
        "performers": ["Ada Low", "Ben High"],
        "venue": { "name": "Globe", "city": "London", "timeZone": "Europe/London" },
        "startsAt": "2099-06-30T19:30:00Z",
    })
}

//! Somebody sells and somebody buys, as stubbornly as people with a browser that tries again.

use std::time::Duration;

use common::{
    events::{listing::ListingSnapshot, order::OrderSnapshot, show::ShowSnapshot},
    testing::Answer,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::market::{Person, Site, a_show, an_offer, card, new_key, read, send, until_within};

/// How long anything may take while everything restarts.
const BOUND: Duration = Duration::from_mins(3);
const SEATS: u32 = 2;

/// Where they meet.
#[derive(Debug)]
pub struct Shop {
    site: Site,
    seller: Person,
    buyer: Person,
    show: ShowSnapshot,
}

/// Seats that are held, and not paid.
#[derive(Debug)]
pub struct Purchase<'a> {
    shop: &'a Shop,
    order: OrderSnapshot,
}

impl Shop {
    /// A show is announced, and two people sign up.
    pub async fn open(site: Site, admin: &str, password: &str) -> Self {
        let admin = json!({ "email": admin, "password": password });
        let admin = insist("the admin to be let in", 201, async || {
            send(site.request("POST", "/api/users/sessions").json(&admin)).await
        });
        let admin = Person::of(&site, &admin.await);
        let show = insist("a show to be announced", 201, async || {
            send(admin.request("POST", "/api/shows").json(&a_show())).await
        });
        let show = read(&show.await).expect("a show");
        let newcomer = async |who: &str| {
            let email = format!("{who}-{}@stagedoor.example", Uuid::now_v7());
            Person::sign_up(&site, &email).await
        };
        let (seller, buyer) = (newcomer("seller").await, newcomer("buyer").await);
        Self { site, seller, buyer, show }
    }

    /// Its address.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// Two seats are put on sale, and held.
    pub async fn purchase(&self) -> Purchase<'_> {
        let offer = an_offer(self.show.id, SEATS, 5_000);
        let listing = insist_once(&self.seller, "/api/listings", &offer).await;
        let listing: ListingSnapshot = read(&listing).expect("a listing");
        let claim = json!({
            "listingId": listing.id,
            "quantity": SEATS,
            "expectedPriceCents": listing.total().amount_cents,
        });
        // Orders may not have heard of the listing yet.
        let order = insist_once(&self.buyer, "/api/orders", &claim).await;
        Purchase { shop: self, order: read(&order).expect("an order") }
    }
}

impl Purchase<'_> {
    /// Pays, and waits for the passes.
    pub async fn complete(self) {
        self.pay().await.until_admitted().await;
    }

    /// Pays.
    pub async fn pay(self) -> Self {
        let card = card::body(card::VISA);
        let token = insist("a token for the card", 201, async || {
            send(self.shop.site.request("POST", "/sandbox/v1/tokens").json(&card)).await
        });
        let token = token.await.json()["token"].clone();
        let payment = json!({ "orderId": self.order.id, "paymentMethod": token });
        insist_once(&self.shop.buyer, "/api/payments", &payment).await;
        self
    }

    /// Waits until each seat of what was paid has its pass.
    pub async fn until_admitted(&self) {
        until_within(BOUND, "the passes", async || {
            let passes = self.shop.buyer.passes_of(&self.order).await?;
            if passes.len() == self.order.seats.len() { Ok(()) } else { Err(format!("{passes:?}")) }
        })
        .await;
    }
}

/// Asks under one key until it is done.
async fn insist_once(person: &Person, path: &str, body: &Value) -> Answer {
    let key = new_key();
    insist(path, 201, async || {
        send(person.request("POST", path).header("Idempotency-Key", &key).json(body)).await
    })
    .await
}

async fn insist(what: &str, status: u16, ask: impl AsyncFn() -> Result<Answer, String>) -> Answer {
    until_within(BOUND, what, async || match ask().await? {
        answer if answer.status == status => Ok(answer),
        answer => Err(format!("{} {}", answer.status, answer.text)),
    })
    .await
}

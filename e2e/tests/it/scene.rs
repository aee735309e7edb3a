//! Whoever and whatever bad requests are about: a shop in which everything exists that they could be about.

use common::events::{
    listing::ListingSnapshot,
    order::{OrderSnapshot, OrderStatus},
};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::api::Operation;
use e2e::market::{Market, PASSWORD, Person, a_show, card, new_key, until};

/// Whoever and whatever bad requests are about.
pub struct Scene {
    pub admin: Person,
    pub seller: Person,
    pub buyer: Person,
    pub show: String,
    /// Four seats, two of them held by `order`.
    pub listing: ListingSnapshot,
    /// Awaits payment.
    pub order: OrderSnapshot,
    /// Is completed.
    pub bought: OrderSnapshot,
    pub payment: String,
    pub pass: String,
    /// What its holder shows at the door.
    pub code: String,
    /// For a card that works.
    pub token: String,
    /// Another session of the buyer.
    pub session: String,
    /// Buys and sells nothing.
    pub member: Person,
}

impl Scene {
    /// Brings everything about.
    pub async fn set(market: &Market) -> Self {
        let (seller, buyer) = market.two_people().await;
        let listing = market.list_seats(&seller, 4, 5_000).await;
        let sold = market.list_seats(&seller, 2, 5_000).await;
        let bought = buyer.place_order(&sold, 2).await;
        let payment = buyer.pay(&bought, card::VISA).await.id.to_string();
        let bought = market.until_order_is(&bought, OrderStatus::Completed).await;
        let pass = until("a pass", async || {
            let passes = buyer.passes_of(&bought).await?;
            passes.first().map(|pass| pass["id"].as_str().unwrap().to_owned()).ok_or("none".to_owned())
        })
        .await;
        let code = buyer.get(&format!("/api/passes/{pass}")).await.expect(200).json()["code"].take();
        let code = code.as_str().unwrap().to_owned();
        let order = buyer.place_order(&listing, 2).await;
        market.until_seats_left(&listing, 2).await;
        let token = market.site.tokenize(card::VISA).await;
        let again = Person::sign_in(&market.site, &buyer.email, PASSWORD).await;
        let sessions = again.get("/api/users/sessions").await.expect(200).json();
        let session = sessions["items"][0]["id"].as_str().unwrap().to_owned();
        let member = market.sign_up().await;
        let (admin, show) = (market.admin.clone(), market.show.id.to_string());
        Self {
            admin,
            seller,
            buyer,
            show,
            listing,
            order,
            bought,
            payment,
            pass,
            code,
            token,
            session,
            member,
        }
    }

    /// Bodies that the route would accept, each with who may send it. A route without one here fails.
    pub fn good_bodies(&self, operation: &Operation) -> Vec<(Person, Value)> {
        let (admin, seller, buyer) = (self.admin.clone(), self.seller.clone(), self.buyer.clone());
        let price = json!({ "amountCents": 5_000, "currency": "EUR" });
        let listing = json!({ "showId": self.show, "section": "Stalls", "splitRule": "any", "price": price });
        match (operation.method.as_str(), operation.path.as_str()) {
            ("POST", "/api/users") => {
                let body = json!({ "email": "bad@stagedoor.example", "password": PASSWORD, "name": "Bad" });
                vec![(buyer, body)]
            }
            ("POST", "/api/users/sessions") => {
                vec![(buyer, json!({ "email": "bad@stagedoor.example", "password": PASSWORD }))]
            }
            ("POST", "/api/users/sessions/refresh") => {
                let body = json!({ "refreshToken": buyer.refresh_token });
                vec![(buyer, body)]
            }
            ("PATCH", "/api/users/me") => vec![(buyer, json!({ "name": "Somebody else" }))],
            ("PATCH", "/api/users/{id}") => vec![(admin, json!({ "disabled": true }))],
            ("PUT", "/api/users/me/password") => {
                let body = json!({ "currentPassword": PASSWORD, "newPassword": "a box on the first tier" });
                vec![(buyer, body)]
            }
            ("POST", "/api/shows") => vec![(admin, a_show())],
            ("PATCH", "/api/shows/{id}") => {
                let body = json!({
                    "title": "The Understudy",
                    "performers": ["Ada Low"],
                    "startsAt": "2099-06-30T19:30:00Z",
                    "status": "scheduled",
                });
                vec![(admin, body)]
            }
            ("POST", "/api/listings" | "/api/listings/preview") => vec![
                (seller.clone(), with(&listing, &json!({ "row": "C", "seats": ["1", "2"] }))),
                (seller, with(&listing, &json!({ "quantity": 2 }))),
            ],
            ("PATCH", "/api/listings/{id}") => vec![(seller, json!({ "price": price }))],
            ("POST", "/api/orders") => {
                let (listing, total_cents) = (self.listing.id, self.listing.total().amount_cents);
                let body = json!({ "listingId": listing, "quantity": 2, "expectedPriceCents": total_cents });
                vec![(buyer, body)]
            }
            ("POST", "/api/payments") => {
                vec![(buyer, json!({ "orderId": self.order.id, "paymentMethod": self.token }))]
            }
            ("POST", "/api/passes/check-ins") => vec![(admin, json!({ "code": self.code }))],
            _ if !operation.has_body() => Vec::new(),
            _ => panic!("say here what a good body of {operation} is"),
        }
    }

    /// The path with ids that exist.
    pub fn path(&self, operation: &Operation) -> String {
        let id = match operation.path.split('/').nth(2) {
            Some("shows") => self.show.clone(),
            Some("listings") => self.listing.id.to_string(),
            Some("orders") if operation.path.ends_with("/refund") => self.bought.id.to_string(),
            Some("orders") => self.order.id.to_string(),
            Some("payments") => self.payment.clone(),
            Some("passes") => self.pass.clone(),
            Some("users") if operation.path.contains("/sessions/") => self.session.clone(),
            Some("users") => self.member.id.to_string(),
            _ => String::new(),
        };
        operation.path.replace("{id}", &id)
    }

    /// The id of one thing of each kind, and what kind.
    pub fn ids(&self) -> [(&'static str, String); 10] {
        [
            ("a show", self.show.clone()),
            ("a listing", self.listing.id.to_string()),
            ("an order", self.order.id.to_string()),
            ("a paid order", self.bought.id.to_string()),
            ("a payment", self.payment.clone()),
            ("a pass", self.pass.clone()),
            ("a seller", self.seller.id.to_string()),
            ("a buyer", self.buyer.id.to_string()),
            ("a session", self.session.clone()),
            ("a member", self.member.id.to_string()),
        ]
    }

    /// A request with the sender's token and all that the route wants but a body.
    pub fn request(&self, operation: &Operation, sender: &Person) -> RequestBuilder {
        let request = sender.request(&operation.method, &self.path(operation));
        if operation.needs_key() { request.header("Idempotency-Key", new_key()) } else { request }
    }
}

fn with(body: &Value, more: &Value) -> Value {
    let mut body = body.clone();
    let fields = body.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    Value::Object(fields.clone())
}

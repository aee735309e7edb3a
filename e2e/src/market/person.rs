//! Somebody with an account, and what people do.

use common::{
    events::{listing::ListingSnapshot, order::OrderSnapshot},
    ids::{ListingId, OrderId, UserId},
    testing::Answer,
};
use payments::routes::PaymentView;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    PASSWORD, read,
    site::{Site, send},
};

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Person {
    /// Who.
    pub id: UserId,
    /// With which address.
    pub email: String,
    /// The access token.
    pub token: String,
    /// What the session is renewed with.
    pub refresh_token: String,
    site: Site,
}

impl Person {
    /// A new account with everybody's password.
    pub async fn sign_up(site: &Site, email: &str) -> Self {
        let body = json!({ "email": email, "password": PASSWORD, "name": "Somebody" });
        Self::of(site, &site.post("/api/users", &body).await.expect(201))
    }

    /// An account that exists.
    pub async fn sign_in(site: &Site, email: &str, password: &str) -> Self {
        let body = json!({ "email": email, "password": password });
        Self::of(site, &site.post("/api/users/sessions", &body).await.expect(201))
    }

    /// Whoever this answer lets in.
    pub fn of(site: &Site, signed_in: &Answer) -> Self {
        let signed_in = signed_in.json();
        let id = signed_in["user"]["id"].as_str().expect("an id").parse().expect("an id");
        let email = signed_in["user"]["email"].as_str().expect("an address").to_owned();
        let token = signed_in["accessToken"].as_str().expect("a token").to_owned();
        let refresh_token = signed_in["refreshToken"].as_str().expect("a refresh token").to_owned();
        Self { id, email, token, refresh_token, site: site.clone() }
    }

    /// A request with this person's token.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.site.request(method, path).bearer_auth(&self.token)
    }

    /// The answer to GET, or what is wrong with the connection.
    pub async fn try_get(&self, path: &str) -> Result<Answer, String> {
        send(self.request("GET", path)).await
    }

    /// The answer to GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.try_get(path).await.expect("an answer")
    }

    /// The answer to POST.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.request("POST", path).json(body)).await.expect("an answer")
    }

    /// The answer to PATCH.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        send(self.request("PATCH", path).json(body)).await.expect("an answer")
    }

    /// The answer to POST under an `Idempotency-Key`.
    pub async fn post_once(&self, path: &str, key: &str, body: &Value) -> Answer {
        let request = self.request("POST", path).header("Idempotency-Key", key).json(body);
        send(request).await.expect("an answer")
    }

    /// Claims seats.
    pub async fn place_order(&self, listing: &ListingSnapshot, quantity: u32) -> OrderSnapshot {
        self.try_to_order(listing, quantity).await.expect(201).body()
    }

    /// Claims seats, or is told why not.
    pub async fn try_to_order(&self, listing: &ListingSnapshot, quantity: u32) -> Answer {
        self.try_to_order_at(listing.id, quantity, listing.total().amount_cents).await
    }

    /// Claims seats at a price, or is told why not.
    pub async fn try_to_order_at(&self, listing: ListingId, quantity: u32, price_cents: i64) -> Answer {
        let body = json!({ "listingId": listing, "quantity": quantity, "expectedPriceCents": price_cents });
        self.post_once("/api/orders", &new_key(), &body).await
    }

    /// Pays with a card, which the gateway may decline.
    pub async fn pay(&self, order: &OrderSnapshot, card: &str) -> PaymentView {
        let token = self.site.tokenize(card).await;
        self.try_to_pay(order.id, &token).await.expect(201).body()
    }

    /// Pays with the gateway's token for a card, or is told why not.
    pub async fn try_to_pay(&self, order: OrderId, token: &str) -> Answer {
        self.post_once("/api/payments", &new_key(), &json!({ "orderId": order, "paymentMethod": token }))
            .await
    }

    /// Gives an order up.
    pub async fn cancel(&self, order: &OrderSnapshot) -> OrderSnapshot {
        self.try_to_cancel(order).await.expect(200).body()
    }

    /// Gives an order up, or is told why not.
    pub async fn try_to_cancel(&self, order: &OrderSnapshot) -> Answer {
        self.post(&format!("/api/orders/{}/cancel", order.id), &json!({})).await
    }

    /// Asks for the money back.
    pub async fn ask_for_a_refund(&self, order: &OrderSnapshot) -> Answer {
        self.post_once(&format!("/api/orders/{}/refund", order.id), &new_key(), &json!({})).await
    }

    /// Takes a listing off sale.
    pub async fn withdraw(&self, listing: &ListingSnapshot) -> Answer {
        self.post(&format!("/api/listings/{}/withdraw", listing.id), &json!({})).await
    }

    /// Asks another price from now on.
    pub async fn reprice(&self, listing: &ListingSnapshot, price_cents: i64) -> ListingSnapshot {
        let body = json!({ "price": { "amountCents": price_cents, "currency": "EUR" } });
        self.patch(&format!("/api/listings/{}", listing.id), &body).await.expect(200).body()
    }

    /// The payments of an order, newest first.
    pub async fn payments_of(&self, order: &OrderSnapshot) -> Result<Vec<PaymentView>, String> {
        self.items(&format!("/api/payments?orderId={}", order.id)).await
    }

    /// The passes of an order, without their codes.
    pub async fn passes_of(&self, order: &OrderSnapshot) -> Result<Vec<Value>, String> {
        self.items(&format!("/api/passes?orderId={}", order.id)).await
    }

    /// What is owed to this person for an order.
    pub async fn payout_for(&self, order: &OrderSnapshot) -> Result<Option<Value>, String> {
        let payouts: Vec<Value> = self.items("/api/payouts").await?;
        let id = order.id.to_string();
        Ok(payouts.into_iter().find(|payout| payout["orderId"] == id.as_str()))
    }

    async fn items<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, String> {
        let page: common::http::Page<T> = read(&self.try_get(path).await?)?;
        Ok(page.items)
    }
}

/// A new name for a request.
pub fn new_key() -> String {
    Uuid::now_v7().to_string()
}

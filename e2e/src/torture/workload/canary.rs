//! The canary: one buyer and one seller who show, after each fault, that a ticket can be bought again.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use common::{
    events::order::{OrderSnapshot, OrderStatus},
    ids::ShowId,
};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::{client::Client, enter_show, sign_up};
use crate::torture::{fleet::Fleet, history::History};

/// A recovery that takes longer has failed.
pub const BOUND: Duration = Duration::from_mins(2);
const CARD: &str = "4242424242424242";
/// Numbers of accounts that nobody in the crowd has.
const NUMBER: usize = 1_000_000;

/// A buyer and a seller.
pub struct Canary {
    seller: Client,
    buyer: Client,
    show: ShowId,
}

impl Canary {
    /// Makes their accounts, and a show of their own.
    pub async fn open(fleet: &Arc<Fleet>, history: &Arc<History>) -> Self {
        let show = enter_show(fleet).await.id;
        let seller = sign_up(fleet, history, NUMBER).await;
        let buyer = sign_up(fleet, history, NUMBER + 1).await;
        Self { seller, buyer, show }
    }

    /// How long it takes from now until a fresh listing is sold, paid and its passes are there, however
    /// often that has to be begun anew; `None` if it does not happen within the bound.
    pub async fn sing(&self) -> Option<Duration> {
        let started = Instant::now();
        let singing = async { while !self.buy().await {} };
        timeout(BOUND, singing).await.ok().map(|()| started.elapsed())
    }

    /// The same, once; the time of this one purchase.
    pub async fn buy_once(&self) -> Option<Duration> {
        let started = Instant::now();
        let bought = timeout(BOUND, self.buy()).await.unwrap_or(false);
        bought.then(|| started.elapsed())
    }

    async fn buy(&self) -> bool {
        let offer = json!({
            "showId": self.show,
            "section": "Canary",
            "row": "A",
            "seats": ["1", "2"],
            "splitRule": "any",
            "price": { "amountCents": 5_000, "currency": "EUR" },
        });
        let Some(listing) = self.seller.list(offer).await else { return false };
        let Some(order) = self.buyer.order(&listing, 2).await.yes::<OrderSnapshot>() else { return false };
        let Some(token) = self.buyer.tokenize(CARD).await else { return false };
        self.buyer.pay(order.id, &token).await;
        self.is_completed(&order).await && self.has_passes(&order).await
    }

    async fn is_completed(&self, order: &OrderSnapshot) -> bool {
        let path = format!("/api/orders/{}", order.id);
        loop {
            let now: Option<OrderSnapshot> = self.buyer.look(&path).await;
            match now.map(|now| now.status) {
                Some(OrderStatus::Completed) => return true,
                Some(OrderStatus::AwaitingPayment | OrderStatus::Confirmed) | None => {
                    sleep(Duration::from_millis(20)).await;
                }
                // The hold was over before the payment came through: begin anew.
                Some(_) => return false,
            }
        }
    }

    async fn has_passes(&self, order: &OrderSnapshot) -> bool {
        let path = format!("/api/passes?orderId={}", order.id);
        loop {
            let page: Option<Value> = self.buyer.look(&path).await;
            let count = page.and_then(|page| page["items"].as_array().map(Vec::len));
            if count == Some(order.seats.len()) {
                return true;
            }
            sleep(Duration::from_millis(20)).await;
        }
    }
}

//! A seller: offers seats whenever few are on sale, changes prices, and takes listings off sale.

use std::{sync::Arc, time::Duration};

use common::events::listing::ListingSnapshot;
use rand::{Rng as _, rngs::StdRng};
use serde_json::{Value, json};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{client::Client, market_place::MarketPlace};

/// So many listings are on sale if sellers can keep up.
const PLENTY: usize = 30;
/// How many listings of its own a seller remembers.
const OWN: usize = 20;

/// Sells until told to stop.
pub async fn live(client: Client, place: Arc<MarketPlace>, mut random: StdRng, stop: CancellationToken) {
    let mut own: Vec<ListingSnapshot> = Vec::new();
    while !stop.is_cancelled() {
        let chance = random.random_range(0..100);
        if place.count() < PLENTY || own.is_empty() || chance < 20 {
            if let Some(listing) = client.list(offer(&place, &mut random)).await {
                place.tell(listing.clone());
                own.push(listing);
            }
            if own.len() > OWN {
                own.remove(0);
            }
        } else if chance < 35 {
            let listing = own[random.random_range(0..own.len())].id;
            if let Some(listing) = client.reprice(listing, price(&mut random)).await {
                place.tell(listing);
            }
        } else if chance < 40 {
            let listing = own.swap_remove(random.random_range(0..own.len())).id;
            client.withdraw(listing).await;
            // Some go on asking for it, and are told that it is closed.
            if random.random_bool(0.5) {
                place.forget(listing);
            }
        } else {
            sleep(Duration::from_millis(random.random_range(50..500))).await;
        }
    }
}

fn offer(place: &MarketPlace, random: &mut StdRng) -> Value {
    let seats: Vec<String> = (1..=random.random_range(1..=16)).map(|seat: u32| seat.to_string()).collect();
    let rule = ["any", "any", "any", "pairs", "all_together"][random.random_range(0..5)];
    let all = if seats.len() > 8 || (rule == "pairs" && seats.len() % 2 == 1) { "any" } else { rule };
    json!({
        "showId": place.show,
        "section": format!("Section {}", random.random_range(1..40)),
        "row": "C",
        "seats": seats,
        "splitRule": all,
        "price": { "amountCents": price(random), "currency": "EUR" },
    })
}

fn price(random: &mut StdRng) -> i64 {
    random.random_range(1_000..20_000)
}

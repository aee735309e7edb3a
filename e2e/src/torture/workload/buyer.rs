//! A buyer: claims seats and then does one of the many things that buyers do.

use std::{sync::Arc, time::Duration};

use common::{
    clock::Clock,
    events::order::{OrderSnapshot, OrderStatus},
};
use rand::{Rng as _, rngs::StdRng, seq::IndexedRandom as _};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{client::Client, market_place::MarketPlace};

/// Cards that let the buyer pay, in the end.
const GOOD: [&str; 9] = [
    "4242424242424242",
    "5555555555554444",
    "378282246310005",
    "4000000000001000",
    "4000000000001018",
    "4000000000001026",
    "4000000000001208",
    "4000000000001216",
    "4000000000001224",
];
/// Cards that never do.
const BAD: [&str; 4] = ["4000000000000002", "4000000000009995", "4000000000000127", "4000000000001109"];
/// Answers 500 after it has charged.
const CAPTURE_FAILS_AFTER_EFFECT: &str = "4000000000001117";
/// How near to the deadline a late payment is, at most, before or after it.
const BLINK_MILLIS: i64 = 300;
/// How long a buyer thinks, at most, before the next purchase.
const THINKING_MILLIS: u64 = 1_000;
/// For how long a buyer looks whether the order is completed, to ask for the money back.
const LOOKS: u32 = 20;

/// Buys until told to stop.
pub async fn live(client: Client, place: Arc<MarketPlace>, mut random: StdRng, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let Some(listing) = place.pick(&mut random) else {
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        let quantity =
            if random.random_bool(0.3) { listing.seats.len().min(8) } else { random.random_range(1..=4) };
        let said = client.order(&listing, quantity).await;
        if let Some(order) = said.yes::<OrderSnapshot>() {
            go_on(&client, &order, &mut random).await;
            sleep(Duration::from_millis(random.random_range(0..THINKING_MILLIS))).await;
            continue;
        }
        match said.no().as_deref() {
            Some("sold_out" | "listing_closed" | "not_found") => place.forget(listing.id),
            // As many holds as permitted: wait until some are over.
            Some("limit_reached") => sleep(Duration::from_secs(1)).await,
            Some(_) | None => sleep(Duration::from_millis(20)).await,
        }
    }
}

/// What comes after the seats are claimed.
async fn go_on(client: &Client, order: &OrderSnapshot, random: &mut StdRng) {
    match random.random_range(0..100) {
        0..40 => pay_once(client, order, good(random)).await,
        40..50 => pay_twice_at_once(client, order, random).await,
        50..58 => pay_after_a_decline(client, order, random).await,
        58..63 => pay_once(client, order, CAPTURE_FAILS_AFTER_EFFECT).await,
        63..70 => drop(client.cancel(order.id).await),
        70..78 => pay_while_cancelling(client, order, random).await,
        78..86 => pay_in_the_last_moment(client, order, random).await,
        86..92 => pay_and_want_it_back(client, order, random).await,
        92..95 => pay_once(client, order, bad(random)).await,
        // Changes their mind and tells nobody.
        _ => {}
    }
}

async fn pay_once(client: &Client, order: &OrderSnapshot, card: &str) {
    if let Some(token) = client.tokenize(card).await {
        client.pay(order.id, &token).await;
    }
}

async fn pay_twice_at_once(client: &Client, order: &OrderSnapshot, random: &mut StdRng) {
    let (first, second) = (good(random), good(random));
    tokio::join!(pay_once(client, order, first), pay_once(client, order, second));
}

async fn pay_after_a_decline(client: &Client, order: &OrderSnapshot, random: &mut StdRng) {
    pay_once(client, order, bad(random)).await;
    pay_once(client, order, good(random)).await;
}

async fn pay_while_cancelling(client: &Client, order: &OrderSnapshot, random: &mut StdRng) {
    let Some(token) = client.tokenize(good(random)).await else { return };
    let (pay_after, cancel_after) = (random.random_range(0..30), random.random_range(0..60));
    tokio::join!(
        async {
            sleep(Duration::from_millis(pay_after)).await;
            client.pay(order.id, &token).await
        },
        async {
            sleep(Duration::from_millis(cancel_after)).await;
            client.cancel(order.id).await
        },
    );
}

async fn pay_in_the_last_moment(client: &Client, order: &OrderSnapshot, random: &mut StdRng) {
    let Some(token) = client.tokenize(good(random)).await else { return };
    let off = random.random_range(-BLINK_MILLIS..=BLINK_MILLIS);
    let wait = order.expires_at.millis() + off - Clock::system().now().millis();
    sleep(Duration::from_millis(u64::try_from(wait).unwrap_or_default())).await;
    client.pay(order.id, &token).await;
}

async fn pay_and_want_it_back(client: &Client, order: &OrderSnapshot, random: &mut StdRng) {
    pay_once(client, order, good(random)).await;
    for _ in 0..LOOKS {
        let now: Option<OrderSnapshot> = client.look(&format!("/api/orders/{}", order.id)).await;
        match now.map(|now| now.status) {
            Some(OrderStatus::Completed) => {
                client.refund(order.id).await;
                return;
            }
            Some(OrderStatus::AwaitingPayment | OrderStatus::Confirmed) | None => {
                sleep(Duration::from_millis(250)).await;
            }
            Some(
                OrderStatus::Refunding
                | OrderStatus::Refunded
                | OrderStatus::Cancelled
                | OrderStatus::Expired,
            ) => return,
        }
    }
}

fn good(random: &mut StdRng) -> &'static str {
    GOOD.choose(random).copied().unwrap_or(GOOD[0])
}

fn bad(random: &mut StdRng) -> &'static str {
    BAD.choose(random).copied().unwrap_or(BAD[0])
}

//! Many people at once, and things that happen at the same moment. Each ends with an audit of the books.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use common::{
    clock::{Clock, Timestamp},
    events::{
        listing::ListingSnapshot,
        order::{OrderSnapshot, OrderStatus},
    },
    testing::Answer,
};
use futures::future::join_all;
use orders::domain::order::Order;
use serde_json::json;
use tokio::time::sleep;

use e2e::market::{
    CROWD, Market, PASSWORD, Person, card, new_key, on_a_busy_market, on_a_hasty_market, until,
};

/// How often the seat that everybody wants is offered.
const ROUNDS: usize = 20;
/// How many orders are raced over.
const RACES: usize = 50;
/// How many of them begin at the same moment.
const BATCH: usize = 10;

#[test]
fn of_sixty_four_buyers_of_one_seat_exactly_one_gets_it() {
    on_a_busy_market(async |market| {
        let seller = market.sign_up().await;
        let crowd = market.crowd(CROWD).await;
        let listings = market.list_single_seats(&seller, ROUNDS).await;
        for listing in &listings {
            let answers = everybody_orders(crowd, listing, 1).await;
            let winners = orders_in(&answers);
            assert_eq!(winners.len(), 1, "{:?}", statuses(&answers));
            let refused = answers.iter().filter(|answer| answer.status == 409).count();
            assert_eq!(refused, CROWD - 1, "{:?}", statuses(&answers));
            give_up(crowd, &winners).await;
        }
        let findings = market.audit(&listings).await;
        assert_eq!(findings.orders.len(), ROUNDS, "a refused buyer left an order behind");
    });
}

#[test]
fn of_sixty_four_pairs_exactly_eight_get_the_sixteen_seats() {
    on_a_busy_market(async |market| {
        let seller = market.sign_up().await;
        let crowd = market.crowd(CROWD).await;
        let listing = market.list_seats(&seller, 16, 5_000).await;

        let answers = everybody_orders(crowd, &listing, 2).await;
        let winners = orders_in(&answers);
        assert_eq!(winners.len(), 8, "{:?}", statuses(&answers));
        let seats: BTreeSet<_> = winners.iter().flat_map(|order| &order.seats).collect();
        assert_eq!(seats.len(), 16, "a seat was sold twice: {winners:?}");
        assert!(answers.iter().all(|answer| [201, 409].contains(&answer.status)), "{:?}", statuses(&answers));

        market.until_seats_left(&listing, 0).await;
        market.audit(std::slice::from_ref(&listing)).await;
        give_up(crowd, &winners).await;
        market.until_seats_left(&listing, 16).await;
        market.audit(&[listing]).await;
    });
}

#[test]
fn eight_payments_of_one_order_at_once_charge_the_buyer_once() {
    on_a_busy_market(async |market| {
        let (seller, buyer) = market.two_people().await;
        let listing = market.list_seats(&seller, 2, 5_000).await;
        let order = buyer.place_order(&listing, 2).await;
        let tokens = join_all((0..8).map(|_| market.site.tokenize(card::VISA))).await;

        let answers = join_all(tokens.iter().map(|token| buyer.try_to_pay(order.id, token))).await;
        let accepted = answers.iter().filter(|answer| answer.status == 201).count();
        assert!(accepted >= 1, "{:?}", statuses(&answers));
        assert!(answers.iter().all(|answer| [201, 409].contains(&answer.status)), "{:?}", statuses(&answers));

        market.until_order_is(&order, OrderStatus::Completed).await;
        let findings = market.audit(&[listing]).await;
        let captures: u32 = findings.money_of(order.id).iter().map(|money| money.captures).sum();
        assert_eq!(captures, 1, "{findings:?}");
    });
}

#[test]
fn paying_while_cancelling_ends_in_one_or_the_other() {
    on_a_busy_market(async |market| {
        let seller = market.sign_up().await;
        let (buyers, listings, orders) = hold_single_seats(market, &seller).await;
        let tokens = join_all((0..RACES).map(|_| market.site.tokenize(card::VISA))).await;

        // The moments of the cancellations sweep over the payment. How long a payment takes depends on the
        // machine, so the sweep of each batch goes by how the one before it ended.
        let races: Vec<_> = orders.iter().zip(buyers).zip(&tokens).collect();
        let (mut sweep, mut answers) = (Duration::from_millis(200), Vec::new());
        for batch in races.chunks(BATCH) {
            let racing = batch.iter().enumerate().map(|(number, ((order, buyer), token))| {
                let delay = sweep * u32::try_from(number).unwrap() / u32::try_from(BATCH).unwrap();
                let cancelling = async move {
                    sleep(delay).await;
                    buyer.try_to_cancel(order).await
                };
                async move { tokio::join!(buyer.try_to_pay(order.id, token), cancelling) }
            });
            let ended = join_all(racing).await;
            let cancelled = ended.iter().filter(|(_, cancelled)| cancelled.status == 200).count();
            sweep = if cancelled > BATCH / 2 { sweep * 2 } else { sweep / 2 };
            answers.extend(ended);
        }
        for (paid, cancelled) in &answers {
            assert!([201, 409].contains(&paid.status), "{paid:?}");
            assert!([200, 409].contains(&cancelled.status), "{cancelled:?}");
        }

        let findings = market.audit(&listings).await;
        tell_outcomes(&findings.orders);
        for (order, (_, cancelled)) in orders.iter().zip(&answers) {
            let now = findings.orders.iter().find(|known| known.id == order.id).unwrap();
            let told = if cancelled.status == 200 { OrderStatus::Cancelled } else { OrderStatus::Completed };
            assert_eq!(now.status, told, "the buyer was told otherwise: {cancelled:?}");
        }
        every_seat_is_sold_or_on_sale(market, &listings, &findings.orders).await;
    });
}

#[test]
fn paying_while_the_hold_ends_ends_in_one_or_the_other() {
    on_a_hasty_market(async |market| {
        let seller = market.sign_up().await;
        let (buyers, listings, orders) = hold_single_seats(market, &seller).await;
        let tokens = join_all((0..RACES).map(|_| market.site.tokenize(card::VISA))).await;

        // The moment of the payment sweeps over the deadline, from one and a half seconds before it on.
        let paying =
            orders.iter().zip(buyers).zip(&tokens).enumerate().map(|(number, ((order, buyer), token))| {
                let offset = Duration::from_millis(31) * u32::try_from(number).unwrap();
                async move {
                    sleep_until(order.expires_at.minus(Duration::from_millis(1_500)).plus(offset)).await;
                    buyer.try_to_pay(order.id, token).await
                }
            });
        let answers = join_all(paying).await;
        assert!(answers.iter().all(|answer| [201, 409].contains(&answer.status)), "{:?}", statuses(&answers));

        let findings = until("every order to end", async || {
            let findings = market.audit(&listings).await;
            match findings.count(OrderStatus::AwaitingPayment) {
                0 => Ok(findings),
                waiting => Err(format!("{waiting} still await payment")),
            }
        })
        .await;
        tell_outcomes(&findings.orders);
        for (order, answer) in orders.iter().zip(&answers).filter(|(_, answer)| answer.status == 409) {
            let now = findings.orders.iter().find(|known| known.id == order.id).unwrap();
            assert_eq!(now.status, OrderStatus::Expired, "the buyer was told otherwise: {answer:?}");
        }
        every_seat_is_sold_or_on_sale(market, &listings, &findings.orders).await;
    });
}

#[test]
fn of_eight_sign_ups_with_one_address_one_makes_an_account() {
    on_a_busy_market(async |market| {
        // One address, however it is written.
        let spellings = ["wanted@stagedoor.example", "WANTED@stagedoor.example", "Wanted@Stagedoor.Example"];
        let signing_up = (0..8).map(|number| async move {
            let email = spellings[number % spellings.len()];
            let body = json!({ "email": email, "password": PASSWORD, "name": "Somebody" });
            market.site.post("/api/users", &body).await
        });
        let answers = join_all(signing_up).await;
        let count = |status| answers.iter().filter(|answer| answer.status == status).count();
        assert_eq!((count(201), count(409)), (1, 7), "{:?}", statuses(&answers));

        let filter = bson::doc! { "state.email": "wanted@stagedoor.example" };
        let accounts = market.books.count(e2e::market::Service::Auth, "users", filter).await;
        assert_eq!(accounts, 1);
    });
}

#[test]
fn eight_requests_under_one_key_make_one_order_one_payment_and_one_refund() {
    on_a_busy_market(async |market| {
        let (seller, buyer) = market.two_people().await;
        let listing = market.list_seats(&seller, 16, 5_000).await;

        let body = json!({ "listingId": listing.id, "quantity": 2, "expectedPriceCents": listing.total().amount_cents });
        let order: OrderSnapshot = eight_times(&buyer, "/api/orders", &body, 201).await;
        let token = market.site.tokenize(card::VISA).await;
        let body = json!({ "orderId": order.id, "paymentMethod": token });
        let _: payments::routes::PaymentView = eight_times(&buyer, "/api/payments", &body, 201).await;
        market.until_order_is(&order, OrderStatus::Completed).await;

        let path = format!("/api/orders/{}/refund", order.id);
        let _: OrderSnapshot = eight_times(&buyer, &path, &json!({}), 202).await;
        market.until_order_is(&order, OrderStatus::Refunded).await;

        let findings = market.audit(&[listing]).await;
        assert_eq!(findings.orders.len(), 1);
        let money = findings.money_of(order.id);
        assert_eq!(money.len(), 1);
        assert_eq!((money[0].captures, money[0].refunded_cents), (1, 11_000));
    });
}

#[test]
fn eight_offers_under_one_key_make_one_listing() {
    on_a_busy_market(async |market| {
        let seller = market.sign_up().await;
        let offer = market.offer(2, 5_000);
        let listing: ListingSnapshot = eight_times(&seller, "/api/listings", &offer, 201).await;
        let path = format!("/api/listings?sellerId={}", seller.id);
        let found = seller.get(&path).await.expect(200).json();
        assert_eq!(found["items"].as_array().unwrap().len(), 1, "{found}");
        assert_eq!(found["items"][0]["id"], listing.id.to_string());
    });
}

/// The same request under one key, eight times at once: every answer names the same thing, which is given
/// back as the last one showed it.
async fn eight_times<T: serde::de::DeserializeOwned>(
    person: &Person,
    path: &str,
    body: &serde_json::Value,
    status: u16,
) -> T {
    let key = new_key();
    let answers = join_all((0..8).map(|_| person.post_once(path, &key, body))).await;
    let ids: BTreeSet<String> =
        answers.iter().map(|answer| answer.clone().expect(status).json()["id"].to_string()).collect();
    assert_eq!(ids.len(), 1, "one key made {ids:?}");
    answers.last().unwrap().body()
}

async fn everybody_orders(crowd: &[Person], listing: &ListingSnapshot, quantity: u32) -> Vec<Answer> {
    join_all(crowd.iter().map(|buyer| buyer.try_to_order(listing, quantity))).await
}

fn orders_in(answers: &[Answer]) -> Vec<OrderSnapshot> {
    answers.iter().filter(|answer| answer.status == 201).map(Answer::body).collect()
}

fn statuses(answers: &[Answer]) -> Vec<String> {
    answers.iter().map(|answer| format!("{} {}", answer.status, answer.code())).collect()
}

/// Makes room for the next test that the same people are in.
async fn give_up(crowd: &[Person], orders: &[OrderSnapshot]) {
    for order in orders {
        let buyer = crowd.iter().find(|person| person.id == order.buyer_id).unwrap();
        buyer.cancel(order).await;
    }
}

/// One held seat for each race.
async fn hold_single_seats<'a>(
    market: &'a Market,
    seller: &Person,
) -> (&'a [Person], Vec<ListingSnapshot>, Vec<OrderSnapshot>) {
    let buyers = market.crowd(RACES).await;
    let listings = market.list_single_seats(seller, RACES).await;
    // The last one is known to orders when its order is placed, so all are placed within moments.
    until("orders to know the listings", async || {
        let ids: Vec<_> = listings.iter().map(|listing| listing.id).collect();
        let filter = bson::doc! { "_id": { "$in": ids } };
        match market.books.count(e2e::market::Service::Orders, "inventories", filter).await {
            known if known == u64::try_from(RACES).unwrap() => Ok(()),
            known => Err(format!("{known} are known")),
        }
    })
    .await;
    let placing = listings.iter().zip(buyers).map(|(listing, buyer)| buyer.place_order(listing, 1));
    let orders = join_all(placing).await;
    (buyers, listings, orders)
}

async fn sleep_until(time: Timestamp) {
    sleep(time.since(Clock::system().now())).await;
}

/// Shows how the races ended, so that one sees whether they were any.
fn tell_outcomes(orders: &[Order]) {
    let mut outcomes = BTreeMap::new();
    for order in orders {
        *outcomes.entry(format!("{:?}", order.status)).or_insert(0_u32) += 1;
    }
    eprintln!("the races ended like this: {outcomes:?}");
}

/// What the public sees agrees with the orders: a sold seat is not on sale, any other is.
async fn every_seat_is_sold_or_on_sale(market: &Market, listings: &[ListingSnapshot], orders: &[Order]) {
    for listing in listings {
        let sold = orders.iter().any(|order| order.listing_id == listing.id && order.live);
        market.until_seats_left(listing, u64::from(!sold)).await;
    }
}

//! Things break in the middle of a purchase. Whatever was acknowledged goes on where it was.

use std::{collections::BTreeMap, time::Duration};

use common::{
    clock::Clock,
    events::{
        listing::ListingSnapshot,
        order::{OrderSnapshot, OrderStatus},
    },
};

use e2e::market::{
    Market, Person, Service, alone_on_a_market, card, new_key, on_a_hasty_market, until, until_within,
};

/// How soon after a service is back an order that it had died under must have ended.
const RIGHT_AFTER: Duration = Duration::from_secs(10);

#[test]
fn what_was_offered_while_nats_was_down_can_be_bought_when_it_is_back() {
    alone_on_a_market(async |market| {
        let (seller, buyer) = market.two_people().await;
        market.machinery.kill_nats();
        let listing = market.list_seats(&seller, 2, 5_000).await;
        market.machinery.start_nats_again().await;

        let order = order_within(Duration::from_secs(5), &buyer, &listing).await;
        buyer.pay(&order, card::VISA).await;
        market.until_order_is(&order, OrderStatus::Completed).await;
        market.audit(&[listing]).await;
    });
}

#[test]
fn without_nats_what_is_known_can_still_be_ordered_and_cancelled() {
    alone_on_a_market(async |market| {
        let (seller, buyer) = market.two_people().await;
        let listing = market.list_seats(&seller, 4, 5_000).await;
        let first = buyer.place_order(&listing, 2).await;
        market.machinery.kill_nats();
        buyer.cancel(&first).await;
        let second = buyer.place_order(&listing, 4).await;
        market.machinery.start_nats_again().await;
        pay_when_possible(&buyer, market, &second).await;
        market.until_order_is(&second, OrderStatus::Completed).await;
        market.audit(&[listing]).await;
    });
}

#[test]
fn when_the_streams_are_lost_everything_committed_reaches_its_consumers() {
    alone_on_a_market(async |market| {
        let (seller, buyer) = market.two_people().await;
        let known = market.list_seats(&seller, 4, 5_000).await;
        let held = buyer.place_order(&known, 2).await;
        market.machinery.kill_nats();
        let unheard = market.list_seats(&seller, 2, 5_000).await;
        let unheard_order = buyer.place_order(&known, 2).await;
        market.machinery.delete_the_streams();
        market.machinery.start_nats_again().await;

        until_everybody_knows_the_newest(market).await;
        for order in [&held, &unheard_order] {
            buyer.pay(order, card::VISA).await;
            market.until_order_is(order, OrderStatus::Completed).await;
        }
        let fresh = market.list_seats(&seller, 2, 5_000).await;
        for listing in [&unheard, &fresh] {
            let order = order_within(Duration::from_secs(5), &buyer, listing).await;
            buyer.pay(&order, card::VISA).await;
            market.until_order_is(&order, OrderStatus::Completed).await;
        }
        market.audit(&[known, unheard, fresh]).await;
    });
}

#[test]
fn when_redis_forgets_everything_a_hold_still_ends_in_time() {
    on_a_hasty_market(async |market| {
        let (seller, buyer) = market.two_people().await;
        let listing = market.list_seats(&seller, 2, 5_000).await;
        let order = buyer.place_order(&listing, 2).await;
        until("the timer to be set", async || {
            let filter = bson::doc! { "_id": order.id };
            match market.books.count(Service::Expiration, "timers", filter).await {
                0 => Err("there is none".to_owned()),
                _ => Ok(()),
            }
        })
        .await;
        market.machinery.flush_redis();
        assert!(Clock::system().now() < order.expires_at, "the machine is too slow for this test");

        let expired = market.until_order_is(&order, OrderStatus::Expired).await;
        let late = expired.changed_at.since(order.expires_at);
        assert!(late < Duration::from_secs(2), "it expired {late:?} late");
        market.until_seats_left(&listing, 2).await;
        market.audit(&[listing]).await;
    });
}

/// When a service dies.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// The buyer has the answer that the order is placed.
    Placed,
    /// The buyer has the answer that the payment is authorised.
    Paid,
}

macro_rules! an_order_survives {
    ($($name:ident: $service:ident, $moment:ident;)+) => {$(
        #[test]
        fn $name() {
            alone_on_a_market(async |market| survive(market, Service::$service, Moment::$moment).await);
        }
    )+};
}

an_order_survives! {
    an_order_is_completed_though_auth_dies_when_it_is_placed: Auth, Placed;
    an_order_is_completed_though_auth_dies_when_it_is_paid: Auth, Paid;
    an_order_is_completed_though_tickets_dies_when_it_is_placed: Tickets, Placed;
    an_order_is_completed_though_tickets_dies_when_it_is_paid: Tickets, Paid;
    an_order_is_completed_though_orders_dies_when_it_is_placed: Orders, Placed;
    an_order_is_completed_though_orders_dies_when_it_is_paid: Orders, Paid;
    an_order_is_completed_though_expiration_dies_when_it_is_placed: Expiration, Placed;
    an_order_is_completed_though_expiration_dies_when_it_is_paid: Expiration, Paid;
    an_order_is_completed_though_payments_dies_when_it_is_placed: Payments, Placed;
    an_order_is_completed_though_payments_dies_when_it_is_paid: Payments, Paid;
}

/// A service is killed at a moment of a purchase and comes back: the purchase ends right after.
async fn survive(market: &'static Market, service: Service, moment: Moment) {
    let (seller, buyer) = market.two_people().await;
    let listing = market.list_seats(&seller, 2, 5_000).await;
    let order = buyer.place_order(&listing, 2).await;
    match moment {
        Moment::Placed => {
            market.machinery.kill(service);
            market.machinery.start_again(service).await;
            pay_when_possible(&buyer, market, &order).await;
        }
        Moment::Paid => {
            buyer.pay(&order, card::VISA).await;
            market.machinery.kill(service);
            market.machinery.start_again(service).await;
        }
    }
    market.until_order_is_within(RIGHT_AFTER, &order, OrderStatus::Completed).await;
    until_within(RIGHT_AFTER, "the passes", async || match buyer.passes_of(&order).await?.len() {
        2 => Ok(()),
        count => Err(format!("{count} passes")),
    })
    .await;
    market.audit(&[listing]).await;
}

/// Orders as soon as orders has heard of the listing.
async fn order_within(bound: Duration, buyer: &Person, listing: &ListingSnapshot) -> OrderSnapshot {
    until_within(bound, "the listing to be sold", async || {
        let answer = buyer.try_to_order(listing, 2).await;
        if answer.status == 201 { Ok(answer.body()) } else { Err(answer.text) }
    })
    .await
}

/// Pays as soon as payments is there and knows the order, under one key, so that it is paid once.
async fn pay_when_possible(buyer: &Person, market: &Market, order: &OrderSnapshot) {
    let (token, key) = (market.site.tokenize(card::VISA).await, new_key());
    let body = serde_json::json!({ "orderId": order.id, "paymentMethod": token });
    until("the payment to be taken", async || {
        let answer = buyer.post_once("/api/payments", &key, &body).await;
        if answer.status == 201 { Ok(()) } else { Err(answer.text) }
    })
    .await;
}

/// Waits until every service knows the newest version of what it follows.
async fn until_everybody_knows_the_newest(market: &Market) {
    let listings = (Service::Tickets, "listings", "state.snapshot.version");
    let orders = (Service::Orders, "orders", "state.version");
    let projections = [
        (listings, (Service::Orders, "inventories", "state.listing.version")),
        (orders, (Service::Tickets, "admissions", "state.order.version")),
        (orders, (Service::Payments, "orders", "state.order.version")),
    ];
    for (source, projection) in projections {
        let what = format!("{} to know {}", projection.0.name(), source.1);
        until(&what, async || {
            let source = column(market, source).await;
            let projection = column(market, projection).await;
            let behind = source.iter().find(|(id, version)| projection.get(*id) != Some(*version));
            match behind {
                None => Ok(()),
                Some((id, version)) => {
                    Err(format!("{id} is in version {version}, known is {:?}", projection.get(id)))
                }
            }
        })
        .await;
    }
    until_every_hold_has_its_timer(market).await;
    until("the outboxes to be empty", async || match market.books.unpublished().await {
        0 => Ok(()),
        waiting => Err(format!("{waiting} aggregates have something to publish")),
    })
    .await;
}

/// expiration forgets what comes after the payment of an order, so it knows no newest version to compare.
async fn until_every_hold_has_its_timer(market: &Market) {
    let awaiting = bson::doc! { "state.status": "awaiting_payment" };
    let pending = bson::doc! { "state.status": "pending" };
    until("every hold to have its timer, and no other", async || {
        let holds = market.books.count(Service::Orders, "orders", awaiting.clone()).await;
        let timers = market.books.count(Service::Expiration, "timers", pending.clone()).await;
        if holds == timers { Ok(()) } else { Err(format!("{holds} holds, {timers} timers")) }
    })
    .await;
}

async fn column(
    market: &Market,
    (service, collection, path): (Service, &str, &str),
) -> BTreeMap<String, i64> {
    market.books.column(service, collection, path).await
}

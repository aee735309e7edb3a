//! What is on sale of a show, as far as the listings and the orders tell.

use bson::{Document, doc};
use common::{
    events::order::{OrderCreated, OrderExpired, OrderStatus},
    ids::ShowId,
};
use futures::future::join_all;
use serde_json::{Value, json};
use tickets::{
    recounts::Recounts,
    store::{Admissions, Listings, Shows},
    sweeper::{Seen, Sweeper},
};

use crate::app::{HOUR, TestApp, later};

/// What is on sale of a show: the cheapest seat in cents, fees included, the seats, the listings.
async fn on_sale(app: &TestApp, show: ShowId) -> (Option<i64>, u64, u64) {
    app.world.settle().await;
    let show = app.get(&format!("/api/shows/{show}")).await.expect(200).json();
    let number = |name: &str| show[name].as_u64().unwrap();
    (show["cheapest"]["amountCents"].as_i64(), number("seatsLeft"), number("listingsCount"))
}

fn recounts(app: &TestApp) -> Recounts {
    let bus = app.running.bus().clone();
    let (shows, listings) = (Shows::new(bus.repository()), Listings::new(bus.repository()));
    let admissions = Admissions::new(bus.repository());
    Recounts::new(bus, shows, listings, admissions)
}

fn sweeper(app: &TestApp) -> Sweeper {
    let bus = app.running.bus();
    Sweeper {
        clock: app.world.clock.clone(),
        shows: Shows::new(bus.repository()),
        listings: Listings::new(bus.repository()),
        recounts: recounts(app),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_show_tells_what_is_on_sale_of_it() {
    let app = TestApp::start().await;
    let (show, other) = (app.show().await, app.show().await);
    assert_eq!(on_sale(&app, show).await, (None, 0, 0));
    let cheap = app.listing(show, 2, 5_000).await;
    app.listing(show, 4, 7_000).await;
    app.listing(other, 1, 100).await;
    assert_eq!(on_sale(&app, show).await, (Some(5_500), 6, 2));

    let order = app.order(show, cheap, &[1, 2]);
    app.world.publish(OrderCreated(order.clone())).await;
    assert_eq!(on_sale(&app, show).await, (Some(7_700), 4, 1), "what is sold out is not on sale");
    app.world.publish(OrderExpired(later(&order, 2, OrderStatus::Expired))).await;
    assert_eq!(on_sale(&app, show).await, (Some(5_500), 6, 2));

    let path = format!("/api/listings/{cheap}");
    let body = json!({ "price": { "amountCents": 8_000, "currency": "GBP" } });
    app.patch_as(&app.seller, &path, &body).await.expect(200);
    assert_eq!(on_sale(&app, show).await, (Some(7_700), 6, 2));
    app.post_as(&app.seller, &format!("{path}/withdraw"), &json!({})).await.expect(200);
    assert_eq!(on_sale(&app, show).await, (Some(7_700), 4, 1));
    let listed = app.get("/api/shows").await.expect(200).json();
    let listed = listed["items"].as_array().unwrap().iter().map(|show| show["seatsLeft"].clone());
    assert_eq!(listed.collect::<Vec<Value>>(), [4, 1], "lists tell it too");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_on_sale_of_what_has_started_or_was_called_off() {
    let app = TestApp::start().await;
    let soon = app.show_of(&app.show_soon()).await;
    let off = app.show().await;
    for show in [soon, off] {
        app.listing(show, 2, 5_000).await;
        assert_eq!(on_sale(&app, show).await, (Some(5_500), 2, 1));
    }
    let body = json!({ "status": "cancelled" });
    let cancelled = app.patch_as(&app.admin, &format!("/api/shows/{off}"), &body).await.expect(200).json();
    assert_eq!((&cancelled["cheapest"], &cancelled["seatsLeft"]), (&Value::Null, &json!(0)));
    app.world.clock.advance(HOUR * 2);
    for show in [soon, off] {
        assert_eq!(on_sale(&app, show).await, (None, 0, 0));
    }
    let shows = Shows::new(app.running.bus().repository());
    sweeper(&app).sweep(Seen::default()).await.unwrap();
    assert_eq!(
        shows.get(soon).await.unwrap().unwrap().state.offers.listings_count,
        0,
        "it is closed for good"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_of_one_show_at_once_are_all_counted() {
    let app = TestApp::start().await;
    let show = app.show().await;
    let listings = join_all((1..=12).map(|n| app.listing(show, 4, n * 1_000))).await;
    let orders = listings.iter().take(8).map(|listing| app.order(show, *listing, &[1, 2, 3, 4]));
    let orders: Vec<_> = orders.collect();
    let (app_, orders) = (&app, &orders);
    let edits = listings.iter().skip(8).map(|listing| async move {
        let body = json!({ "price": { "amountCents": 500, "currency": "GBP" } });
        app_.patch_as(&app_.seller, &format!("/api/listings/{listing}"), &body).await.expect(200);
    });
    let sales = orders.iter().map(|order| app_.world.publish(OrderCreated(order.clone())));
    tokio::join!(join_all(edits), join_all(sales));
    assert_eq!(on_sale(&app, show).await, (Some(600), 16, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_of_one_listing_at_once_are_all_followed() {
    let app = TestApp::start().await;
    let show = app.show().await;
    let listing = app.listing(show, 20, 1_000).await;
    let orders: Vec<_> = (1..=20).map(|seat| app.order(show, listing, &[seat])).collect();
    join_all(orders.iter().map(|order| app.world.publish(OrderCreated(order.clone())))).await;
    assert_eq!(on_sale(&app, show).await, (None, 0, 0));
    let ended = orders.iter().step_by(2).map(|order| OrderExpired(later(order, 2, OrderStatus::Expired)));
    join_all(ended.map(|event| app.world.publish(event))).await;
    assert_eq!(on_sale(&app, show).await, (Some(1_100), 10, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_that_come_again_cost_no_save_and_many_at_once_cost_a_few() {
    let app = TestApp::start().await;
    let show = app.show().await;
    let listing = app.listing(show, 20, 1_000).await;
    let orders: Vec<_> = (1..=20).map(|seat| app.order(show, listing, &[seat])).collect();
    for order in &orders {
        app.world.publish(OrderCreated(order.clone())).await;
        app.world.publish(OrderExpired(later(order, 2, OrderStatus::Expired))).await;
    }
    assert_eq!(on_sale(&app, show).await, (Some(1_100), 20, 1));
    let database = app.running.bus().database();
    let revision = async |collection: &str, id: String| {
        let found = database.collection::<Document>(collection).find_one(doc! { "_id": id }).await;
        found.unwrap().unwrap().get_i64("rev").unwrap()
    };
    let revisions =
        async || (revision("listings", listing.to_string()).await, revision("shows", show.to_string()).await);
    let (listing_before, show_before) = revisions().await;
    for order in &orders {
        app.world.publish(OrderCreated(order.clone())).await;
    }
    app.world.settle().await;
    assert_eq!(revisions().await, (listing_before, show_before), "they are counted");

    let replicas = [recounts(&app), recounts(&app)];
    let asked = replicas.iter().flat_map(|replica| orders.iter().map(move |order| (replica, order)));
    let asked: Vec<_> = asked
        .map(async |(replica, order)| {
            replica.follow_order(listing, order.id).await.unwrap();
            replica.recount(show).await.unwrap();
        })
        .collect();
    let asked_for = i64::try_from(asked.len()).unwrap();
    join_all(asked).await;
    let (listing_after, show_after) = revisions().await;
    let saves = [listing_after - listing_before, show_after - show_before];
    assert!(saves.iter().all(|saves| (1..asked_for / 2).contains(saves)), "{saves:?} of {asked_for}");
    assert_eq!(on_sale(&app, show).await, (Some(1_100), 20, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_sale_is_counted_without_reading_a_listing() {
    let app = TestApp::start().await;
    let show = app.show().await;
    for cents in [5_000, 6_000, 7_000] {
        app.listing(show, 2, cents).await;
    }
    app.world.settle().await;
    let database = app.running.bus().database();
    database.run_command(doc! { "profile": 2 }).await.unwrap();
    recounts(&app).recount(show).await.unwrap();
    database.run_command(doc! { "profile": 0 }).await.unwrap();
    let profile = database.collection::<Document>("system.profile");
    let count = profile.find_one(doc! { "command.aggregate": "listings" }).await.unwrap().unwrap();
    let examined = |what: &str| count.get_i32(what).unwrap();
    assert_eq!((examined("keysExamined"), examined("docsExamined")), (3, 0), "{count}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_wrong_is_mended() {
    let app = TestApp::start().await;
    let show = app.show().await;
    let listing = app.listing(show, 2, 5_000).await;
    app.world.publish(OrderCreated(app.order(show, listing, &[1]))).await;
    assert_eq!(on_sale(&app, show).await, (Some(5_500), 1, 1));
    let database = app.running.bus().database();
    for (collection, id, fields) in [
        ("shows", show.to_string(), doc! { "state.offers": "" }),
        ("listings", listing.to_string(), doc! { "state.taken": "", "state.seatsLeft": "" }),
    ] {
        let update = doc! { "q": { "_id": id }, "u": { "$unset": fields } };
        database.run_command(doc! { "update": collection, "updates": [update] }).await.unwrap();
    }
    assert_eq!(on_sale(&app, show).await, (None, 0, 0), "as an older build has left it");
    let sweeper = sweeper(&app);
    let seen = sweeper.sweep(Seen::default()).await.unwrap();
    assert_eq!(on_sale(&app, show).await, (Some(5_500), 1, 1));
    assert_eq!(app.seats_left(listing).await, 1);
    assert_eq!(sweeper.sweep(seen).await.unwrap(), Seen::default(), "then it begins again");
}

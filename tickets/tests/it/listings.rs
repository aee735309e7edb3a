//! Listings: offered, changed, withdrawn.

use std::time::Duration;

use common::events::listing::{ListingCreated, ListingUpdated, ListingWithdrawn};
use serde_json::{Value, json};

use crate::app::{HOUR, TestApp, assert_names, general};

const MINUTE: Duration = Duration::from_mins(1);

fn numbered(show: &impl serde::Serialize) -> Value {
    json!({
        "showId": show,
        "section": "Stalls",
        "row": "C",
        "seats": ["12", "14", "16"],
        "splitRule": "all_together",
        "price": { "amountCents": 12_500, "currency": "EUR" },
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn numbered_seats_are_offered_as_they_were_listed() {
    let app = TestApp::start().await;
    let show = app.show().await;
    let answer = app.post_as(&app.seller, "/api/listings", &numbered(&show)).await.expect(201);
    let listing = answer.json();
    assert_eq!(answer.headers["location"], format!("/api/listings/{}", listing["id"].as_str().unwrap()));
    assert_eq!(listing["seats"], json!(["12", "14", "16"]));
    assert_eq!((&listing["admission"], &listing["row"]), (&json!("numbered"), &json!("C")));
    assert_eq!((&listing["sellerId"], &listing["status"]), (&json!(app.seller.id), &json!("active")));
    assert_eq!((&listing["seatsLeft"], &listing["version"]), (&json!(3), &json!(1)));
    assert_eq!(app.get(&answer.headers["location"]).await.expect(200).json(), listing);

    let told = serde_json::to_value(app.published::<ListingCreated>().await).unwrap();
    let mut expected = listing.clone();
    assert_eq!(listing["total"]["amountCents"], listing["fees"]["totalCents"]);
    for field in ["seatsLeft", "total"] {
        expected.as_object_mut().unwrap().remove(field);
    }
    assert_eq!(told, json!([expected]));
}

#[tokio::test(flavor = "multi_thread")]
async fn general_admission_is_counted() {
    let app = TestApp::start().await;
    let show = app.show().await;
    let listing = app.post_as(&app.seller, "/api/listings", &general(show, 3, 100)).await.expect(201).json();
    assert_eq!((&listing["admission"], &listing["seats"]), (&json!("general"), &json!(["1", "2", "3"])));
    assert_eq!(listing["row"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_that_cannot_be_sold_is_refused() {
    let app = TestApp::start().await;
    let show = app.show().await;
    let refused = async |change: &dyn Fn(&mut Value), pointer: &str| {
        let mut body = numbered(&show);
        change(&mut body);
        assert_names(&app.post_as(&app.seller, "/api/listings", &body).await, pointer);
    };
    let seats = |seats: Value| move |body: &mut Value| body["seats"] = seats.clone();
    refused(&seats(json!([])), "/seats").await;
    refused(&seats((1..=51).map(|n| n.to_string()).collect()), "/seats").await;
    refused(&seats(json!(["A1", "A2", "a1"])), "/seats/2").await;
    refused(&seats(json!(["A1", "A 2"])), "/seats/1").await;
    refused(&seats(json!(["A1", "123456789"])), "/seats/1").await;
    refused(&|body| body["quantity"] = json!(3), "/seats").await;
    refused(&|body| body["splitRule"] = json!("pairs"), "/splitRule").await;
    for cents in [0, -1, 20_000_001, i64::MAX, i64::MIN] {
        refused(&|body| body["price"]["amountCents"] = json!(cents), "/price/amountCents").await;
    }
    let neither = |body: &mut Value| drop(body.as_object_mut().unwrap().remove("seats"));
    refused(&neither, "/seats").await;
    for quantity in [json!(0), json!(51), json!(-1), json!(4_294_967_296_i64)] {
        let mut body = general(show, 1, 100);
        body["quantity"] = quantity;
        assert_names(&app.post_as(&app.seller, "/api/listings", &body).await, "/quantity");
    }
    assert_eq!(app.documents().await, 1, "only the show is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_offered_for_a_show_that_is_unknown_off_or_over() {
    let app = TestApp::start().await;
    let offer = async |show: Value, status: u16| {
        app.post_as(&app.seller, "/api/listings", &numbered(&show)).await.expect(status)
    };
    let answer = offer(json!("01932f5c-7f1e-7cc3-98c4-dc0c0c07398f"), 404).await;
    assert_eq!((answer.code(), answer.pointers()), ("not_found".to_owned(), vec!["/showId".to_owned()]));
    let cancelled = app.show().await;
    let path = format!("/api/shows/{cancelled}");
    app.patch_as(&app.admin, &path, &json!({ "status": "cancelled" })).await.expect(200);
    assert_eq!(offer(json!(cancelled), 409).await.code(), "show_cancelled");
    let over = app.show_of(&app.show_soon()).await;
    app.world.clock.advance(HOUR);
    assert_eq!(offer(json!(over), 409).await.code(), "show_started");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_seller_asks_another_price_and_everybody_is_told() {
    let app = TestApp::start().await;
    let listing = app.listing(app.show().await, 4, 5_000).await;
    let path = format!("/api/listings/{listing}");
    let ask = async |cents: i64| {
        let body = json!({ "price": { "amountCents": cents, "currency": "GBP" } });
        app.patch_as(&app.seller, &path, &body).await.expect(200).json()
    };
    let changed = ask(4_500).await;
    assert_eq!((&changed["version"], &changed["price"]["amountCents"]), (&json!(2), &json!(4_500)));
    assert_eq!(ask(4_500).await, changed, "it is the price already");
    assert_eq!(app.get(&path).await.json(), changed);
    let told = app.published::<ListingUpdated>().await;
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].0.version, told[0].0.price.amount_cents), (2, 4_500));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_is_none_changes_nothing() {
    let app = TestApp::start().await;
    let listing = app.listing(app.show().await, 4, 5_000).await;
    let path = format!("/api/listings/{listing}");
    for (amount_cents, currency, pointer) in [
        (json!(0), "GBP", "/price/amountCents"),
        (json!(-5), "GBP", "/price/amountCents"),
        (json!(20_000_001), "GBP", "/price/amountCents"),
        (json!(1.5), "GBP", "/price/amountCents"),
        (json!(1_000), "EUR", "/price/currency"),
        (json!(1_000), "XXX", "/price/currency"),
    ] {
        let body = json!({ "price": { "amountCents": amount_cents, "currency": currency } });
        assert_names(&app.patch_as(&app.seller, &path, &body).await, pointer);
    }
    assert_eq!(app.get(&path).await.json()["version"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_is_withdrawn_once_and_for_good() {
    let app = TestApp::start().await;
    let listing = app.listing(app.show().await, 4, 5_000).await;
    let path = format!("/api/listings/{listing}");
    let withdraw =
        async || app.post_as(&app.seller, &format!("{path}/withdraw"), &json!({})).await.expect(200);
    let withdrawn = withdraw().await.json();
    assert_eq!((&withdrawn["status"], &withdrawn["version"]), (&json!("withdrawn"), &json!(2)));
    assert_eq!(withdraw().await.json(), withdrawn, "a request that comes again is no mistake");
    let body = json!({ "price": { "amountCents": 1, "currency": "GBP" } });
    assert_eq!(app.patch_as(&app.seller, &path, &body).await.expect(409).code(), "listing_withdrawn");
    assert_eq!(app.published::<ListingWithdrawn>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_start_of_its_show_a_listing_keeps_its_price() {
    let app = TestApp::start().await;
    let listing = app.listing(app.show_of(&app.show_soon()).await, 4, 5_000).await;
    app.world.clock.advance(MINUTE * 59);
    let ask = async |cents: i64| {
        let body = json!({ "price": { "amountCents": cents, "currency": "GBP" } });
        app.patch_as(&app.seller, &format!("/api/listings/{listing}"), &body).await
    };
    ask(4_000).await.expect(200);
    app.world.clock.advance(MINUTE);
    assert_eq!(ask(3_000).await.expect(409).code(), "show_started");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_seats_than_one_order_has_are_not_sold_all_together() {
    let app = TestApp::start().await;
    let mut listing = numbered(&app.show().await);
    listing["seats"] = (1..=9).map(|n| n.to_string()).collect();
    let answer = app.post_as(&app.seller, "/api/listings", &listing).await.expect(422);
    assert_eq!(answer.pointers(), ["/splitRule"]);
}

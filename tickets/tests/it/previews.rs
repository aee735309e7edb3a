//! Sellers see what an offer would bring before they make it.

use common::events::order::OrderCreated;
use serde_json::{Value, json};

use crate::app::{HOUR, TestApp, general};

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_says_what_an_offer_brings_and_what_others_ask() {
    let app = TestApp::start().await;
    let show = app.show().await;
    for cents in [4_000, 6_000, 9_000] {
        app.listing(show, 2, cents).await;
    }
    let mut elsewhere = general(show, 2, 20_000);
    elsewhere["section"] = json!("Balcony");
    app.post_as(&app.seller, "/api/listings", &elsewhere).await.expect(201);
    let mut in_euro = general(show, 2, 1_000);
    in_euro["price"]["currency"] = json!("EUR");
    app.post_as(&app.seller, "/api/listings", &in_euro).await.expect(201);
    let sold_out = app.listing(show, 1, 1_000).await;
    app.world.publish(OrderCreated(app.order(show, sold_out, &[1]))).await;
    app.world.settle().await;
    let before = app.documents().await;

    let mut body = general(show, 3, 5_000);
    body["section"] = json!("FLOOR");
    let preview = app.post_as(&app.seller, "/api/listings/preview", &body).await.expect(200).json();
    let fees = |buyer: i64, total: i64, seller: i64, proceeds: i64| {
        json!({
            "buyerFeeCents": buyer, "totalCents": total, "sellerFeeCents": seller, "proceedsCents": proceeds,
        })
    };
    assert_eq!(preview["quantity"], 3);
    assert_eq!(preview["price"], json!({ "amountCents": 5_000, "currency": "GBP" }));
    assert_eq!(preview["perSeat"], fees(500, 5_500, 250, 4_750));
    assert_eq!(preview["inAll"], fees(1_500, 16_500, 750, 14_250));
    let cents = |range: &Value| {
        ["lowest", "median", "highest"].map(|name| range[name]["amountCents"].as_i64().unwrap())
    };
    assert_eq!(cents(&preview["inSection"]), [4_400, 6_600, 9_900]);
    assert_eq!(cents(&preview["inShow"]), [4_400, 6_600, 22_000]);
    assert_eq!((&preview["inSection"]["listings"], &preview["inShow"]["listings"]), (&json!(3), &json!(4)));
    assert_eq!(app.documents().await, before, "a preview offers nothing");

    let made = app.post_as(&app.seller, "/api/listings", &body).await.expect(201).json();
    assert_eq!(made["fees"], preview["perSeat"], "the offer is as it was shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_offers_there_is_nothing_to_compare() {
    let app = TestApp::start().await;
    let body = general(app.show().await, 1, 5_000);
    let preview = app.post_as(&app.seller, "/api/listings/preview", &body).await.expect(200).json();
    assert_eq!((&preview["inSection"], &preview["inShow"]), (&Value::Null, &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_is_refused_for_what_the_offer_would_be_refused_for() {
    let app = TestApp::start().await;
    let show = app.show_of(&app.show_soon()).await;
    let with = |name: &str, value: Value| {
        let mut body = general(show, 3, 5_000);
        body[name] = value;
        body
    };
    let refused = async |body: &Value, status: u16| {
        let preview = app.post_as(&app.seller, "/api/listings/preview", body).await.expect(status);
        let offer = app.post_as(&app.seller, "/api/listings", body).await.expect(status);
        assert_eq!((preview.code(), preview.pointers()), (offer.code(), offer.pointers()), "{body}");
    };
    refused(&with("price", json!({ "amountCents": 0, "currency": "GBP" })), 422).await;
    refused(&with("seats", json!(["1"])), 422).await;
    refused(&with("splitRule", json!("pairs")), 422).await;
    refused(&with("section", json!("")), 422).await;
    refused(&with("surprise", json!(1)), 422).await;
    refused(&with("showId", json!("01932f5c-7f1e-7cc3-98c4-dc0c0c07398f")), 404).await;
    app.world.clock.advance(HOUR * 2);
    refused(&general(show, 3, 5_000), 409).await;
}

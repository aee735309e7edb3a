//! Public answers may be kept, and have to be asked about before use.

use common::{events::order::OrderCreated, testing::Answer};
use serde_json::json;

use crate::app::TestApp;

async fn get_if_changed(app: &TestApp, path: &str, tag: &str) -> Answer {
    let request = app.world.request("GET", app.running.port(), path, None).header("If-None-Match", tag);
    Answer::read(request.send().await.unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_not_changed_is_not_sent_again() {
    let app = TestApp::start().await;
    let show = app.show().await;
    let listing = app.listing(show, 4, 5_000).await;
    // The show tells of the listing as soon as it has heard of it.
    app.world.settle().await;
    for path in [
        format!("/api/shows/{show}"),
        format!("/api/listings/{listing}"),
        "/api/shows?from=2026-01-01T00:00:00Z".to_owned(),
        format!("/api/listings?showId={show}"),
    ] {
        let first = app.get(&path).await.expect(200);
        assert_eq!(first.headers["cache-control"], "public, no-cache", "{path}");
        let again = get_if_changed(&app, &path, &first.headers["etag"]).await.expect(304);
        assert_eq!((again.text.as_str(), &again.headers["etag"]), ("", &first.headers["etag"]), "{path}");
        get_if_changed(&app, &path, "\"another\"").await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_price_and_a_taken_seat_are_sent() {
    let app = TestApp::start().await;
    let show = app.show().await;
    let listing = app.listing(show, 4, 5_000).await;
    let path = format!("/api/listings/{listing}");
    let before = app.get(&path).await.expect(200);
    let body = json!({ "price": { "amountCents": 4_000, "currency": "GBP" } });
    app.patch_as(&app.seller, &path, &body).await.expect(200);
    let after = get_if_changed(&app, &path, &before.headers["etag"]).await.expect(200);
    app.world.publish(OrderCreated(app.order(show, listing, &[1]))).await;
    app.world.settle().await;
    let taken = get_if_changed(&app, &path, &after.headers["etag"]).await.expect(200);
    assert_eq!(taken.json()["seatsLeft"], 3);
}

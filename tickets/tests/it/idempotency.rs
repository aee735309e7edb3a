//! One key, one listing.

use common::events::listing::ListingCreated;
use serde_json::json;

use crate::app::{TestApp, general, id};

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_sent_again_offers_nothing_twice() {
    let app = TestApp::start().await;
    let body = general(app.show().await, 2, 100);
    let post = async |key: &str, body| {
        app.world.post_once(app.running.port(), "/api/listings", Some(&app.seller), key, body).await
    };
    let first = post("k1", &body).await.expect(201);
    let again = post("k1", &body).await.expect(201);
    assert_eq!((first.json(), &first.headers["location"]), (again.json(), &again.headers["location"]));

    let mut other = body.clone();
    other["quantity"] = json!(3);
    assert_eq!(post("k1", &other).await.expect(422).code(), "idempotency_key_reused");
    assert_ne!(post("k2", &body).await.expect(201).json()["id"], first.json()["id"]);
    assert_eq!(post("two words", &body).await.expect(400).code(), "idempotency_key_invalid");

    let port = app.running.port();
    let rival = app.world.user();
    let theirs = app.world.post_once(port, "/api/listings", Some(&rival), "k1", &body).await.expect(201);
    assert_eq!(theirs.json()["sellerId"], json!(rival.id), "a key is its sender's own");
    assert_eq!(app.published::<ListingCreated>().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_at_once_with_one_key_make_one_listing() {
    let app = TestApp::start().await;
    let body = general(app.show().await, 2, 100);
    for round in 0..10 {
        let key = format!("round-{round}");
        let posts = (0..8).map(|_| {
            app.world.post_once(app.running.port(), "/api/listings", Some(&app.seller), &key, &body)
        });
        let answers = futures::future::join_all(posts).await;
        let first: common::ids::ListingId = id(&answers[0]);
        for answer in answers {
            let answer = answer.expect(201);
            assert_eq!(id::<common::ids::ListingId>(&answer), first);
        }
    }
    assert_eq!(app.published::<ListingCreated>().await.len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_comes_again_is_recognised_whatever_happened_since() {
    let app = TestApp::start().await;
    let show = app.show().await;
    let body = general(show, 2, 100);
    let post = async || {
        app.world
            .post_once(app.running.port(), "/api/listings", Some(&app.seller), "key", &body)
            .await
            .expect(201)
    };
    let first = post().await.json();
    app.patch_as(&app.admin, &format!("/api/shows/{show}"), &json!({ "status": "cancelled" }))
        .await
        .expect(200);
    app.world.settle().await;
    let again = post().await.json();
    assert_eq!((&again["id"], &again["status"]), (&first["id"], &json!("withdrawn")));
}

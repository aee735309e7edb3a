//! Listings follow their show.

use common::{
    events::listing::{ListingUpdated, ListingWithdrawn},
    ids::ListingId,
};
use serde_json::json;

use crate::app::{TestApp, general, id};

#[tokio::test(flavor = "multi_thread")]
async fn when_a_show_is_moved_its_listings_say_so() {
    let app = TestApp::start().await;
    let (show, other) = (app.show().await, app.show().await);
    let (one, withdrawn, elsewhere) =
        (app.listing(show, 2, 100).await, app.listing(show, 2, 200).await, app.listing(other, 2, 300).await);
    app.post_as(&app.seller, &format!("/api/listings/{withdrawn}/withdraw"), &json!({})).await.expect(200);
    let starts_at = app.in_days(45);
    app.patch_as(&app.admin, &format!("/api/shows/{show}"), &json!({ "startsAt": starts_at }))
        .await
        .expect(200);
    app.world.settle().await;
    let start_of = async |listing: ListingId| {
        app.get(&format!("/api/listings/{listing}")).await.json()["showStartsAt"].clone()
    };
    assert_eq!(start_of(one).await, json!(starts_at));
    assert_eq!(start_of(withdrawn).await, json!(starts_at));
    assert_ne!(start_of(elsewhere).await, json!(starts_at));
    let told: Vec<_> = app.published::<ListingUpdated>().await.into_iter().map(|fact| fact.0).collect();
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|listing| listing.show_starts_at == starts_at));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_a_show_is_called_off_its_listings_are_withdrawn() {
    let app = TestApp::start().await;
    let show = app.show().await;
    for cents in [100, 200, 300] {
        app.listing(show, 2, cents).await;
    }
    app.patch_as(&app.admin, &format!("/api/shows/{show}"), &json!({ "status": "cancelled" }))
        .await
        .expect(200);
    assert_eq!(app.published::<ListingWithdrawn>().await.len(), 3);
    let on_sale = app.get(&format!("/api/listings?showId={show}&status=active")).await.json();
    assert_eq!(on_sale["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_does_not_concern_them_leaves_listings_alone() {
    let app = TestApp::start().await;
    let show = app.show().await;
    app.listing(show, 2, 100).await;
    app.patch_as(&app.admin, &format!("/api/shows/{show}"), &json!({ "title": "Macbeth" })).await.expect(200);
    assert!(app.published::<ListingUpdated>().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn more_listings_than_fit_into_one_unit_of_work_follow_as_well() {
    let app = TestApp::start().await;
    let show = app.show().await;
    let offers = (0..230).map(|n| {
        let app = &app;
        async move { app.post_as(&app.seller, "/api/listings", &general(show, 2, 100 + n)).await.expect(201) }
    });
    futures::future::join_all(offers).await;
    app.world.settle().await;
    app.patch_as(&app.admin, &format!("/api/shows/{show}"), &json!({ "status": "cancelled" }))
        .await
        .expect(200);
    assert_eq!(app.published::<ListingWithdrawn>().await.len(), 230);
}

#[tokio::test(flavor = "multi_thread")]
async fn listings_that_are_made_while_the_show_changes_follow_as_well() {
    let app = TestApp::start().await;
    for _ in 0..10 {
        let show = app.show().await;
        let path = format!("/api/shows/{show}");
        let offers = (0..8).map(|_| {
            let app = &app;
            async move { app.post_as(&app.seller, "/api/listings", &general(show, 2, 100)).await }
        });
        let cancel = json!({ "status": "cancelled" });
        let (offers, _) =
            tokio::join!(futures::future::join_all(offers), app.patch_as(&app.admin, &path, &cancel));
        app.world.settle().await;
        for offer in offers.iter().filter(|offer| offer.status == 201) {
            let listing: ListingId = id(offer);
            let listing = app.get(&format!("/api/listings/{listing}")).await.json();
            assert_eq!(listing["status"], "withdrawn", "{listing} is on sale for a show that is off");
        }
    }
}

//! Who may do what.

use serde_json::json;

use crate::app::{TestApp, general};

#[tokio::test(flavor = "multi_thread")]
async fn only_admins_enter_and_change_shows() {
    let app = TestApp::start().await;
    let path = format!("/api/shows/{}", app.show().await);
    let answer = app.post_as(&app.seller, "/api/shows", &app.new_show(30)).await.expect(403);
    assert_eq!(answer.code(), "admin_only");
    let answer = app.patch_as(&app.seller, &path, &json!({ "title": "Mine" })).await.expect(403);
    assert_eq!(answer.code(), "admin_only");
    assert_eq!(app.documents().await, 1);
    assert_eq!(app.get(&path).await.json()["version"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_seller_and_admins_change_a_listing() {
    let app = TestApp::start().await;
    let listing = app.listing(app.show().await, 2, 5_000).await;
    let path = format!("/api/listings/{listing}");
    let price = |cents: i64| json!({ "price": { "amountCents": cents, "currency": "GBP" } });
    let withdraw = format!("{path}/withdraw");
    let stranger = app.world.user();
    assert_eq!(app.patch_as(&stranger, &path, &price(1)).await.expect(403).code(), "forbidden");
    assert_eq!(app.post_as(&stranger, &withdraw, &json!({})).await.expect(403).code(), "forbidden");
    assert_eq!(app.get(&path).await.json()["version"], 1);
    app.patch_as(&app.admin, &path, &price(4_000)).await.expect(200);
    app.patch_as(&app.seller, &path, &price(3_000)).await.expect(200);
    let withdrawn = app.post_as(&app.admin, &withdraw, &json!({})).await.expect(200).json();
    assert_eq!(withdrawn["sellerId"], json!(app.seller.id), "it stays the seller's");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_cannot_be_changed_by_anybody() {
    let app = TestApp::start().await;
    let price = json!({ "price": { "amountCents": 1, "currency": "GBP" } });
    for id in ["01932f5c-7f1e-7cc3-98c4-dc0c0c07398f", "none", "%7B%22$gt%22:%22%22%7D", "%00"] {
        for user in [&app.seller, &app.admin] {
            app.patch_as(user, &format!("/api/listings/{id}"), &price).await.expect(404);
            app.post_as(user, &format!("/api/listings/{id}/withdraw"), &json!({})).await.expect(404);
            app.get_as(user, &format!("/api/listings/{id}")).await.expect(404);
            app.get_as(user, &format!("/api/passes/{id}")).await.expect(404);
        }
        app.patch_as(&app.admin, &format!("/api/shows/{id}"), &json!({})).await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_signed_in_may_sell() {
    let app = TestApp::start().await;
    let body = general(app.show().await, 2, 100);
    for user in [&app.seller, &app.buyer, &app.admin] {
        let listing = app.post_as(user, "/api/listings", &body).await.expect(201).json();
        assert_eq!(listing["sellerId"], json!(user.id));
    }
}

//! Who sees an order.

use std::collections::BTreeSet;

use common::{clock::Timestamp, events::order::OrderSnapshot, http::Page, ids::OrderId, testing::TestUser};
use serde_json::Value;

use crate::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_seen_by_its_buyer_and_by_admins_and_by_nobody_else() {
    let app = TestApp::start().await;
    let listing = app.listing(2).await;
    let buyer = app.world.user();
    let order = app.place(&buyer, &listing, 2).await;
    assert_eq!(app.order(&buyer, order.id).await, order);
    assert_eq!(app.order(&app.world.admin(), order.id).await, order);
    let path = format!("/api/orders/{}", order.id);
    let theirs = app.get(&path, &app.world.user()).await.expect(404);
    let nobodys = app.get(&format!("/api/orders/{}", OrderId::generate()), &buyer).await.expect(404);
    assert_eq!((theirs.code(), nobodys.code()), ("not_found".to_owned(), "not_found".to_owned()));
    assert_eq!(app.try_refund(&app.world.user(), order.id, "k").await.expect(404).code(), "not_found");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_tells_its_story_and_the_answer_the_time() {
    let app = TestApp::start().await;
    let listing = app.listing(2).await;
    let buyer = app.world.user();
    let order = app.place(&buyer, &listing, 2).await;
    app.pay(&order).await;
    app.try_refund(&app.world.admin(), order.id, "k").await.expect(202);
    let answer = app.get(&format!("/api/orders/{}", order.id), &buyer).await.expect(200);
    let story = answer.json()["history"].as_array().unwrap().clone();
    let step =
        |step: &Value| ["status", "by", "reason"].map(|field| step[field].as_str().unwrap().to_owned());
    let told: Vec<_> = story.iter().map(step).collect();
    let expected = [
        ["awaiting_payment", "buyer", "placed"],
        ["confirmed", "system", "payment_authorized"],
        ["completed", "system", "payment_captured"],
        ["refunding", "admin", "refund_requested"],
    ];
    assert_eq!(told, expected);
    let told_at = |step: &Value| step["at"].as_str().unwrap().parse().unwrap();
    let times: Vec<Timestamp> = story.iter().map(told_at).collect();
    assert!(times.is_sorted() && times[0] == order.created_at, "{times:?}");
    assert!(answer.headers.contains_key("date"), "countdowns go by it");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ones_own_orders_come_in_pages_the_newest_first() {
    let app = TestApp::start().await;
    let listing = app.listing(20).await;
    let (buyer, other) = (app.world.user(), app.world.user());
    let mut placed = Vec::new();
    for _ in 0..4 {
        placed.insert(0, app.place(&buyer, &listing, 2).await);
        app.place(&other, &listing, 2).await;
    }
    let first = page(&app, &buyer, "/api/orders?limit=3").await;
    assert_eq!(first.items, placed[..3]);
    let cursor = first.next_cursor.unwrap();
    let second = page(&app, &buyer, &format!("/api/orders?limit=3&cursor={cursor}")).await;
    assert_eq!((second.items, second.next_cursor), (placed[3..].to_vec(), None));
    let all = page(&app, &app.world.user(), "/api/orders").await;
    assert_eq!((all.items, all.next_cursor), (vec![], None));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_cannot_be_is_refused_with_the_name_of_the_parameter() {
    let app = TestApp::start().await;
    let user = app.world.user();
    for (query, pointer) in [
        ("limit=0", "/query/limit"),
        ("limit=101", "/query/limit"),
        ("limit=-1", "/query/limit"),
        ("limit[$gt]=", ""),
        ("cursor=nonsense", ""),
        ("cursor=eyIkZ3QiOiIifQ", ""),
    ] {
        let answer = app.get(&format!("/api/orders?{query}"), &user).await;
        assert!(answer.status == 422 || query.contains('$') && answer.status == 200, "{query}: {answer:?}");
        let named: BTreeSet<_> = answer.pointers().into_iter().collect();
        assert!(pointer.is_empty() || named.contains(pointer), "{query}: {answer:?}");
    }
    app.end().await;
}

async fn page(app: &TestApp, user: &TestUser, path: &str) -> Page<OrderSnapshot> {
    app.get(path, user).await.expect(200).body()
}

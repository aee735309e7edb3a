//! Lists of listings.

use common::events::order::{OrderCompleted, OrderCreated, OrderRefundRequested, OrderSnapshot, OrderStatus};
use serde_json::{Value, json};

use crate::app::{TestApp, assert_names, general, id, ids, later};

async fn list(app: &TestApp, query: &str) -> Vec<String> {
    ids(&app.get(&format!("/api/listings?{query}")).await.expect(200))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_listings_of_a_show_are_listed_by_price_and_filtered() {
    let app = TestApp::start().await;
    let (show, other) = (app.show().await, app.show().await);
    let dear = app.listing(show, 2, 9_000).await;
    let cheap = app.listing(show, 4, 1_000).await;
    let middle = app.listing(show, 6, 5_000).await;
    let elsewhere = app.listing(other, 8, 500).await;
    app.post_as(&app.seller, &format!("/api/listings/{middle}/withdraw"), &json!({})).await.expect(200);
    let text = |ids: &[common::ids::ListingId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();

    assert_eq!(list(&app, &format!("showId={show}")).await, text(&[cheap, middle, dear]));
    assert_eq!(list(&app, &format!("showId={show}&status=active")).await, text(&[cheap, dear]));
    assert_eq!(list(&app, &format!("showId={show}&status=withdrawn")).await, text(&[middle]));
    assert_eq!(list(&app, &format!("showId={show}&maxPriceCents=5000")).await, text(&[cheap, middle]));
    assert_eq!(list(&app, &format!("showId={show}&minSeats=4")).await, text(&[cheap, middle]));
    assert_eq!(
        list(&app, "").await,
        text(&[elsewhere, middle, cheap, dear]),
        "without a show, the newest first"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sellers_find_their_own() {
    let app = TestApp::start().await;
    let show = app.show().await;
    let mine = app.listing(show, 2, 9_000).await.to_string();
    let rival = app.world.user();
    let body = general(show, 1, 100);
    let theirs: common::ids::ListingId = id(&app.post_as(&rival, "/api/listings", &body).await.expect(201));

    let answer = app.get_as(&app.seller, "/api/listings?mine=true").await.expect(200);
    assert_eq!(ids(&answer), std::slice::from_ref(&mine));
    assert_eq!(answer.headers["cache-control"], "no-store", "what depends on who asks is not to be kept");
    assert_eq!(list(&app, &format!("sellerId={}", app.seller.id)).await, [mine]);
    assert_eq!(list(&app, &format!("sellerId={}", rival.id)).await, [theirs.to_string()]);
    assert_eq!(app.get("/api/listings?mine=true").await.expect(401).code(), "unauthorized");
    let both = format!("/api/listings?mine=true&sellerId={}", rival.id);
    assert_eq!(app.get_as(&app.seller, &both).await.expect(422).pointers(), ["/query/sellerId"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sellers_see_how_many_of_their_seats_are_sold() {
    let app = TestApp::start().await;
    let show = app.show().await;
    let listing = app.listing(show, 6, 5_000).await;
    let (sold, refunded) = (app.order(show, listing, &[1, 2]), app.order(show, listing, &[3]));
    for order in [&sold, &refunded] {
        app.world.publish(OrderCompleted(later(order, 3, OrderStatus::Completed))).await;
    }
    app.world.publish(OrderCreated(app.order(show, listing, &[4]))).await;
    app.world.publish(OrderRefundRequested(later(&refunded, 4, OrderStatus::Refunding))).await;
    app.world.settle().await;
    for mine in ["sellerId=me".to_owned(), "mine=true".to_owned(), format!("sellerId={}", app.seller.id)] {
        let page = app.get_as(&app.seller, &format!("/api/listings?{mine}")).await.expect(200).json();
        assert_eq!(
            (&page["items"][0]["seatsSold"], &page["items"][0]["seatsLeft"]),
            (&json!(2), &json!(2)),
            "{mine}"
        );
    }
    let page = app.get(&format!("/api/listings?sellerId={}", app.seller.id)).await.expect(200).json();
    assert_eq!(page["items"][0].get("seatsSold"), None, "that is nobody else's business");
    assert_eq!(app.get("/api/listings?sellerId=me").await.expect(401).code(), "unauthorized");
}

#[tokio::test(flavor = "multi_thread")]
async fn listings_of_a_show_are_sorted_by_total_or_by_age() {
    let app = TestApp::start().await;
    let show = app.show().await;
    let mut made = Vec::new();
    for cents in [1_000, 5, 50_000] {
        made.push(app.listing(show, 2, cents).await.to_string());
    }
    let [middle, cheap, dear] = <[String; 3]>::try_from(made).unwrap();
    let by_total = [cheap.clone(), middle.clone(), dear.clone()];
    assert_eq!(list(&app, &format!("showId={show}")).await, by_total);
    assert_eq!(list(&app, &format!("showId={show}&sort=total")).await, by_total);
    assert_eq!(list(&app, &format!("showId={show}&sort=newest")).await, [dear, cheap, middle]);
    assert_names(&app.get("/api/listings?sort=total").await, "/query/sort");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_neither_repeat_nor_skip_what_costs_the_same() {
    let app = TestApp::start().await;
    let show = app.show().await;
    let mut offered = Vec::new();
    for cents in [300, 100, 100, 100, 200] {
        offered.push((cents, app.listing(show, 2, cents).await.to_string()));
    }
    for (query, newest_first) in [(format!("showId={show}&limit=2"), false), ("limit=2".to_owned(), true)] {
        let mut seen = Vec::new();
        let mut path = format!("/api/listings?{query}");
        loop {
            let page = app.get(&path).await.expect(200);
            assert!(ids(&page).len() <= 2);
            seen.extend(ids(&page));
            let Some(cursor) = page.json()["nextCursor"].as_str().map(str::to_owned) else { break };
            path = format!("/api/listings?{query}&cursor={cursor}");
        }
        offered.sort();
        if newest_first {
            offered.sort_by(|a, b| b.1.cmp(&a.1));
        }
        assert_eq!(seen, offered.iter().map(|(_, id)| id.clone()).collect::<Vec<_>>(), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_filled_from_behind_what_is_sold_out() {
    let app = TestApp::start().await;
    let show = app.show().await;
    for _ in 0..6 {
        let listing = app.listing(show, 2, 100).await;
        app.world.publish(OrderCreated(app.order(show, listing, &[1, 2]))).await;
    }
    let left = app.listing(show, 2, 200).await.to_string();
    app.world.settle().await;
    assert_eq!(list(&app, &format!("showId={show}&minSeats=1&limit=2")).await, std::slice::from_ref(&left));
    let page = app.get(&format!("/api/listings?showId={show}&minSeats=1&limit=1")).await.expect(200);
    assert_eq!((ids(&page), &page.json()["nextCursor"]), (vec![left], &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn how_many_are_left_decides_and_not_how_many_there_were() {
    let app = TestApp::start().await;
    let show = app.show().await;
    let listing = app.listing(show, 4, 100).await;
    let order: OrderSnapshot = app.order(show, listing, &[1, 2]);
    app.world.publish(OrderCreated(order)).await;
    app.world.settle().await;
    assert_eq!(list(&app, &format!("showId={show}&minSeats=2")).await.len(), 1);
    assert!(list(&app, &format!("showId={show}&minSeats=3")).await.is_empty());
}

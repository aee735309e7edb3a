//! Many at once: the unique indexes decide.

use std::collections::{BTreeMap, BTreeSet};

use common::{
    events::{listing::ListingSnapshot, order::OrderSnapshot},
    testing::Answer,
};
use futures::future::join_all;

use crate::app::TestApp;

/// That many buyers ask at the same moment; counts the answers by status and code.
async fn rush(
    app: &TestApp,
    listing: &ListingSnapshot,
    buyers: u32,
    quantity: u32,
) -> (Vec<Answer>, BTreeMap<String, usize>) {
    let users: Vec<_> = (0..buyers).map(|_| app.world.user()).collect();
    let answers = join_all(users.iter().map(|user| app.try_place(user, listing, quantity))).await;
    let mut counts = BTreeMap::new();
    for answer in &answers {
        *counts.entry(format!("{} {}", answer.status, answer.code())).or_default() += 1;
    }
    (answers, counts)
}

fn counts<const N: usize>(expected: [(&str, usize); N]) -> BTreeMap<String, usize> {
    expected.into_iter().map(|(answer, count)| (answer.to_owned(), count)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_64_buyers_gets_the_last_seat() {
    let app = TestApp::start().await;
    for _ in 0..5 {
        let listing = app.listing(1).await;
        let (_, answers) = rush(&app, &listing, 64, 1).await;
        assert_eq!(answers, counts([("201 ", 1), ("409 sold_out", 63)]));
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_of_64_pairs_get_16_seats() {
    let app = TestApp::start().await;
    for _ in 0..3 {
        let listing = app.listing(16).await;
        let (answers, counted) = rush(&app, &listing, 64, 2).await;
        assert_eq!(counted, counts([("201 ", 8), ("409 sold_out", 56)]));
        let placed = answers.iter().filter(|answer| answer.status == 201);
        let seats: BTreeSet<_> = placed.flat_map(|answer| answer.body::<OrderSnapshot>().seats).collect();
        assert_eq!(seats.len(), 16);
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_sell_no_seat_twice() {
    let app = TestApp::start().await;
    let config = crate::app::config(&app.world, crate::app::TERMS);
    let replica = orders::app::start(config, app.world.clock.clone()).await.unwrap();
    let listing = app.listing(8).await;
    let wish = crate::app::wish(&listing, 1);
    let users: Vec<_> = (0..32).map(|_| app.world.user()).collect();
    let ports = [app.running.port(), replica.port()];
    let requests = users.iter().zip(ports.into_iter().cycle()).map(|(user, port)| {
        let key = user.id.to_string();
        let (world, wish) = (&app.world, &wish);
        async move { world.post_once(port, "/api/orders", Some(user), &key, wish).await }
    });
    let answers = join_all(requests).await;
    let placed: Vec<OrderSnapshot> =
        answers.iter().filter(|answer| answer.status == 201).map(Answer::body).collect();
    let seats: BTreeSet<_> = placed.iter().flat_map(|order| order.seats.clone()).collect();
    assert_eq!(seats.len(), placed.len(), "a seat was sold twice");
    assert!(answers.iter().all(|answer| [201, 409].contains(&answer.status)), "{answers:?}");
    replica.stop().await.unwrap();
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buyer_who_asks_for_many_orders_at_once_gets_as_many_as_permitted() {
    let app = TestApp::start().await;
    let listing = app.listing(40).await;
    let buyer = app.world.user();
    let answers = join_all((0..16).map(|_| app.try_place(&buyer, &listing, 2))).await;
    let placed = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(placed, 4, "{answers:?}");
    assert!(
        answers.iter().all(|answer| answer.status == 201 || answer.code() == "limit_reached"),
        "{answers:?}"
    );
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_races_the_confirmation_and_one_of_them_wins() {
    let app = TestApp::start().await;
    for _ in 0..10 {
        let listing = app.listing(2).await;
        let buyer = app.world.user();
        let order = app.place(&buyer, &listing, 2).await;
        let (cancelled, _) = tokio::join!(app.try_cancel(&buyer, order.id), app.authorize(&order));
        let end = app.order(&buyer, order.id).await;
        let expected = if cancelled.status == 200 { "cancelled" } else { "confirmed" };
        assert_eq!(serde_json::to_value(end.status).unwrap(), expected);
    }
    app.end().await;
}

//! Who gets seats, and who does not.

use std::time::Duration;

use common::{
    events::{
        listing::{
            Admission, ListingCreated, ListingSnapshot, ListingStatus, ListingUpdated, ListingWithdrawn,
            Seat, SplitRule,
        },
        order::{OrderCreated, OrderStatus},
    },
    ids::ListingId,
    money::Money,
    testing::TestUser,
};
use serde_json::json;

use crate::app::{HOLD, PRICE_CENTS, TestApp, row, wish};

#[tokio::test(flavor = "multi_thread")]
async fn an_order_holds_seats_next_to_each_other_until_it_must_be_paid() {
    let app = TestApp::start().await;
    let listing = app.listing(4).await;
    let buyer = app.world.user();
    let answer = app.try_place(&buyer, &listing, 2).await.expect(201);
    let order: common::events::order::OrderSnapshot = answer.body();
    assert_eq!(answer.headers["location"], format!("/api/orders/{}", order.id));
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(order.status, OrderStatus::AwaitingPayment);
    assert_eq!(order.seats, [Seat::ordinal(1), Seat::ordinal(2)]);
    assert_eq!((order.buyer_id, order.seller_id), (buyer.id, listing.seller_id));
    assert_eq!(order.total, Money { amount_cents: 2 * PRICE_CENTS, ..listing.price });
    assert_eq!(order.expires_at, order.created_at.plus(HOLD));
    app.world.settle().await;
    assert_eq!(app.world.published::<OrderCreated>().await, [OrderCreated(order)]);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_that_are_not_left_are_sold_out() {
    let app = TestApp::start().await;
    let listing = app.listing(4).await;
    app.place(&app.world.user(), &listing, 2).await;
    let refused = app.try_place(&app.world.user(), &listing, 3).await.expect(409);
    assert_eq!(refused.code(), "sold_out");
    app.place(&app.world.user(), &listing, 2).await;
    assert_eq!(app.try_place(&app.world.user(), &listing, 1).await.expect(409).code(), "sold_out");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rules_of_the_seller_hold() {
    let app = TestApp::start().await;
    let now = app.world.now();
    let any = app.listing(3).await;
    let pairs = app.listed(ListingSnapshot { split_rule: SplitRule::Pairs, ..row(now, 4) }).await;
    let all = app.listed(ListingSnapshot { split_rule: SplitRule::AllTogether, ..row(now, 4) }).await;
    let general =
        app.listed(ListingSnapshot { admission: Admission::General, row: None, ..row(now, 3) }).await;
    for (listing, quantity, code) in [
        (&any, 2, "leaves_single_seat"),
        (&general, 2, "leaves_single_seat"),
        (&pairs, 3, "split_rule"),
        (&all, 2, "split_rule"),
    ] {
        let refused = app.try_place(&app.world.user(), listing, quantity).await.expect(409);
        assert_eq!((refused.code().as_str(), refused.pointers()), (code, vec!["/quantity".to_owned()]));
    }
    for (listing, quantity) in [(&any, 3), (&general, 1), (&pairs, 2), (&all, 4)] {
        app.place(&app.world.user(), listing, quantity).await;
    }
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_that_has_changed_is_not_charged_and_an_old_order_keeps_its_price() {
    let app = TestApp::start().await;
    let listing = app.listing(4).await;
    let before = app.place(&app.world.user(), &listing, 2).await;
    let dearer = Money { amount_cents: PRICE_CENTS + 1, ..listing.price };
    let changed = ListingSnapshot { version: 2, price: dearer, ..listing.clone() };
    app.world.publish(ListingUpdated(changed.clone())).await;
    app.world.settle().await;
    let refused = app.try_place(&app.world.user(), &listing, 2).await.expect(409);
    assert_eq!(refused.code(), "price_changed");
    assert_eq!(refused.pointers(), ["/expectedPriceCents"]);
    assert_eq!(app.place(&app.world.user(), &changed, 2).await.price, dearer);
    let admin = app.world.admin();
    assert_eq!(app.order(&admin, before.id).await, before);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_withdrawn_or_has_begun_is_closed() {
    let app = TestApp::start().await;
    let listing = app.listing(4).await;
    let before = app.place(&app.world.user(), &listing, 2).await;
    let withdrawn = ListingSnapshot { version: 2, status: ListingStatus::Withdrawn, ..listing.clone() };
    app.world.publish(ListingWithdrawn(withdrawn)).await;
    // A listing comes late: the newest that is known stays.
    app.world.publish(ListingCreated(listing.clone())).await;
    app.world.settle().await;
    assert_eq!(app.try_place(&app.world.user(), &listing, 2).await.expect(409).code(), "listing_closed");
    let admin = app.world.admin();
    assert_eq!(app.order(&admin, before.id).await.status, OrderStatus::AwaitingPayment);

    let soon = app.world.now().plus(Duration::from_mins(1));
    let tonight = app.listed(ListingSnapshot { show_starts_at: soon, ..row(app.world.now(), 4) }).await;
    app.world.clock.advance(Duration::from_mins(1));
    assert_eq!(app.try_place(&app.world.user(), &tonight, 2).await.expect(409).code(), "listing_closed");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_buys_from_himself() {
    let app = TestApp::start().await;
    let seller = app.world.user();
    let listing = app.listed(ListingSnapshot { seller_id: seller.id, ..row(app.world.now(), 4) }).await;
    assert_eq!(app.try_place(&seller, &listing, 2).await.expect(409).code(), "own_listing");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buyer_has_so_many_unpaid_orders_and_no_more() {
    let app = TestApp::start().await;
    let listing = app.listing(20).await;
    let buyer = app.world.user();
    let first = app.place(&buyer, &listing, 2).await;
    for _ in 1..4 {
        app.place(&buyer, &listing, 2).await;
    }
    assert_eq!(app.try_place(&buyer, &listing, 2).await.expect(409).code(), "limit_reached");
    app.place(&app.world.user(), &listing, 2).await;
    app.pay(&first).await;
    let fifth = app.place(&buyer, &listing, 2).await;
    assert_eq!(app.try_place(&buyer, &listing, 2).await.expect(409).code(), "limit_reached");
    app.try_cancel(&buyer, fifth.id).await.expect(200);
    app.place(&buyer, &listing, 2).await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_that_is_on_its_way_can_be_bought_and_an_unknown_one_cannot() {
    let app = TestApp::start().await;
    let listing = row(app.world.now(), 4);
    let buyer = app.world.user();
    let (answer, ()) = tokio::join!(app.try_place(&buyer, &listing, 2), async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        app.world.publish(ListingCreated(listing.clone())).await;
    });
    answer.expect(201);
    let unknown = ListingSnapshot { id: ListingId::generate(), ..listing };
    assert_eq!(app.try_place(&buyer, &unknown, 2).await.expect(404).code(), "not_found");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_order_frees_its_seats_in_the_same_moment() {
    let app = TestApp::start().await;
    let listing = app.listing(2).await;
    let buyer = app.world.user();
    let order = app.place(&buyer, &listing, 2).await;
    assert_eq!(app.try_place(&app.world.user(), &listing, 2).await.expect(409).code(), "sold_out");
    let cancelled = app.try_cancel(&buyer, order.id).await.expect(200).json();
    assert_eq!((&cancelled["status"], &cancelled["cancelReason"]), (&json!("cancelled"), &json!("by_buyer")));
    let again = app.place(&app.world.user(), &listing, 2).await;
    assert_eq!(again.seats, order.seats);
    app.try_cancel(&buyer, order.id).await.expect(200);
    assert_eq!(app.history(order.id).await.len(), 2, "to cancel again changes nothing");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_cancels_as_an_admin_and_nobody_else_does() {
    let app = TestApp::start().await;
    let listing = app.listing(2).await;
    let order = app.place(&app.world.user(), &listing, 2).await;
    let seller = TestUser { id: listing.seller_id, ..app.world.user() };
    app.try_cancel(&seller, order.id).await.expect(404);
    let cancelled = app.try_cancel(&app.world.admin(), order.id).await.expect(200).json();
    assert_eq!(cancelled["cancelReason"], "by_admin");
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_needs_a_name_of_its_own() {
    let app = TestApp::start().await;
    let listing = app.listing(2).await;
    let buyer = app.world.user();
    let answer = app.world.post(app.running.port(), "/api/orders", Some(&buyer), &wish(&listing, 2)).await;
    assert_eq!(answer.expect(400).code(), "idempotency_key_required");
    app.place(&buyer, &listing, 2).await;
    app.end().await;
}

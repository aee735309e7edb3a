//! Passes: issued, shown, void.

use common::{
    bus::{CommitError, Tx},
    events::{
        order::{OrderCompleted, OrderRefundRequested, OrderRefunded, OrderSnapshot, OrderStatus},
        pass::{PassIssued, PassStatus, PassVoided},
    },
    testing::TestUser,
};
use serde_json::{Value, json};
use tickets::domain::admission::{Admission, Reaction, pass_id};

use crate::app::{TestApp, ids, later, signer};

async fn completed(app: &TestApp, seats: &[u32]) -> OrderSnapshot {
    let show = app.show().await;
    let listing = app.listing(show, 8, 5_000).await;
    let order = later(&app.order(show, listing, seats), 3, OrderStatus::Completed);
    app.world.publish(OrderCompleted(order.clone())).await;
    app.world.settle().await;
    order
}

async fn passes(app: &TestApp, user: &TestUser, order: &OrderSnapshot) -> Vec<Value> {
    let page = app.get_as(user, &format!("/api/passes?orderId={}", order.id)).await.expect(200);
    page.json()["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_sold_seat_gets_one_pass() {
    let app = TestApp::start().await;
    let order = completed(&app, &[1, 2]).await;
    let passes = passes(&app, &app.buyer, &order).await;
    let told = app.published::<PassIssued>().await;
    assert_eq!(json!(passes), serde_json::to_value(&told).unwrap());
    let seats: Vec<_> = told.iter().map(|pass| pass.0.seat.clone()).collect();
    assert_eq!(seats, order.seats);
    for pass in told {
        assert_eq!(pass.0.id, pass_id(order.id, &pass.0.seat));
        assert_eq!((pass.0.holder_id, pass.0.version), (app.buyer.id, 1));
    }
    app.assert_s7().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_is_genuine_and_only_its_holder_sees_it() {
    let app = TestApp::start().await;
    let order = completed(&app, &[7]).await;
    let id = pass_id(order.id, &order.seats[0]);
    let path = format!("/api/passes/{id}");

    let answer = app.get_as(&app.buyer, &path).await.expect(200);
    assert_eq!(answer.headers["cache-control"], "no-store");
    let code = answer.json()["code"].as_str().unwrap().to_owned();
    let claim = signer().verify(&code).unwrap();
    assert_eq!((claim.pass_id, claim.show_id, claim.seat), (id, order.show_id, order.seats[0].clone()));

    let admin = app.get_as(&app.admin, &path).await.expect(200);
    assert!(admin.json().get("code").is_none(), "an admin sees the pass without its code");
    for stranger in [&app.seller, &app.world.user()] {
        assert_eq!(app.get_as(stranger, &path).await.expect(404).code(), "not_found");
    }
    app.get(&path).await.expect(401);

    let list = app.get_as(&app.buyer, "/api/passes").await.expect(200);
    let told = serde_json::to_string(&app.published::<PassIssued>().await).unwrap();
    let signature = code.rsplit_once('.').unwrap().1;
    assert!(!list.text.contains(signature) && !told.contains(signature), "the code got out");
}

#[tokio::test(flavor = "multi_thread")]
async fn passes_are_void_from_the_moment_a_refund_is_asked_for() {
    let app = TestApp::start().await;
    let order = completed(&app, &[1, 2]).await;
    app.world.publish(OrderRefundRequested(later(&order, 4, OrderStatus::Refunding))).await;
    let told = app.published::<PassVoided>().await;
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|pass| (pass.0.version, pass.0.status) == (2, PassStatus::Voided)));
    let pass = pass_id(order.id, &order.seats[0]);
    let answer = app.get_as(&app.buyer, &format!("/api/passes/{pass}")).await.expect(200).json();
    assert_eq!((&answer["status"], answer.get("code")), (&json!("voided"), None));
    app.world.publish(OrderRefunded(later(&order, 5, OrderStatus::Refunded))).await;
    assert_eq!(app.published::<PassVoided>().await.len(), 2, "what is void is not voided again");
    app.assert_s7().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_come_twice_or_late_change_nothing() {
    let app = TestApp::start().await;
    let order = completed(&app, &[1, 2]).await;
    let refunded = later(&order, 5, OrderStatus::Refunded);
    app.world.publish(OrderCompleted(order.clone())).await;
    app.world.publish(OrderRefunded(refunded.clone())).await;
    app.world.publish(OrderCompleted(order.clone())).await;
    app.world.publish(OrderRefundRequested(later(&order, 4, OrderStatus::Refunding))).await;
    app.world.publish(OrderRefunded(refunded)).await;
    assert_eq!(app.published::<PassIssued>().await.len(), 2);
    assert_eq!(app.published::<PassVoided>().await.len(), 2);
    assert!(passes(&app, &app.buyer, &order).await.iter().all(|pass| pass["status"] == "voided"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_overtakes_the_completion_leaves_no_passes() {
    let app = TestApp::start().await;
    let show = app.show().await;
    let listing = app.listing(show, 2, 5_000).await;
    let order = later(&app.order(show, listing, &[1, 2]), 3, OrderStatus::Completed);
    app.world.publish(OrderRefunded(later(&order, 5, OrderStatus::Refunded))).await;
    app.world.publish(OrderCompleted(order.clone())).await;
    assert!(app.published::<PassIssued>().await.is_empty());
    assert!(passes(&app, &app.buyer, &order).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seat_that_was_sold_again_gets_its_pass_when_the_old_one_is_void() {
    let app = TestApp::start().await;
    let first = completed(&app, &[1, 2]).await;
    let heir = app.world.user();
    let again = app.order(first.show_id, first.listing_id, &[2, 3]);
    let again = OrderSnapshot { buyer_id: heir.id, ..later(&again, 3, OrderStatus::Completed) };
    // Seat 2 was refunded and sold again, and the news of the sale is faster than the news of the refund.
    app.world.publish(OrderCompleted(again.clone())).await;
    app.world.publish(OrderRefundRequested(later(&first, 4, OrderStatus::Refunding))).await;
    app.world.settle().await;
    assert_eq!(passes(&app, &heir, &again).await.len(), 2, "the retry succeeds once the seat is free");
    assert_eq!(app.published::<PassIssued>().await.len(), 4);
    app.assert_s7().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_valid_pass_for_a_seat_is_refused_by_the_database_itself() {
    let app = TestApp::start().await;
    let first = completed(&app, &[1, 2]).await;
    let again = later(&app.order(first.show_id, first.listing_id, &[2, 3]), 3, OrderStatus::Completed);
    let Reaction::Issued(admission, _) = Admission::begin(again, app.world.now()) else {
        panic!("a completed order gets passes");
    };
    let insert = async |tx: &mut Tx| {
        tx.insert(admission.clone());
        Ok(())
    };
    let refused: Result<(), CommitError> = app.running.bus().transact(insert).await;
    let duplicate = matches!(&refused, Err(CommitError::Duplicate { index }) if index == "valid_passes");
    assert!(duplicate, "S7: {refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_lists_their_own_passes() {
    let app = TestApp::start().await;
    let mine = [completed(&app, &[1, 2, 3]).await, completed(&app, &[4]).await];
    let other = app.world.user();
    let theirs = app.order(mine[0].show_id, mine[0].listing_id, &[5]);
    let theirs = OrderSnapshot { buyer_id: other.id, ..later(&theirs, 3, OrderStatus::Completed) };
    app.world.publish(OrderCompleted(theirs.clone())).await;
    app.world.settle().await;

    let of = |order: &OrderSnapshot| {
        order.seats.iter().map(|seat| pass_id(order.id, seat).to_string()).collect::<Vec<_>>()
    };
    let expected = [of(&mine[1]), of(&mine[0])].concat();
    for limit in [1, 2, 3, 4, 20] {
        let mut seen = Vec::new();
        let mut path = format!("/api/passes?limit={limit}");
        loop {
            let page = app.get_as(&app.buyer, &path).await.expect(200);
            assert!(ids(&page).len() <= limit);
            seen.extend(ids(&page));
            let Some(cursor) = page.json()["nextCursor"].as_str().map(str::to_owned) else { break };
            path = format!("/api/passes?limit={limit}&cursor={cursor}");
        }
        assert_eq!(seen, expected, "{limit} at a time, those of the newest order first");
    }
    assert!(passes(&app, &app.buyer, &theirs).await.is_empty(), "of another's order nothing is told");
    assert_eq!(passes(&app, &app.admin, &theirs).await.len(), 1);
    let pages = format!("/api/passes?orderId={}&limit=2", mine[0].id);
    let page = app.get_as(&app.buyer, &pages).await.expect(200);
    let cursor = page.json()["nextCursor"].as_str().unwrap().to_owned();
    let rest = app.get_as(&app.buyer, &format!("{pages}&cursor={cursor}")).await.expect(200);
    assert_eq!([ids(&page), ids(&rest)].concat(), of(&mine[0]));
}

//! Entering: once with each pass.

use common::{
    events::{
        order::{OrderCompleted, OrderRefundRequested, OrderSnapshot, OrderStatus},
        pass::PassCheckedIn,
    },
    testing::{Answer, TestUser},
};
use futures::future::join_all;
use serde_json::json;
use tickets::{app, domain::admission::pass_id};

use crate::app::{TestApp, config, later, signer};

const PATH: &str = "/api/passes/check-ins";

async fn completed(app: &TestApp, seats: &[u32]) -> OrderSnapshot {
    let show = app.show().await;
    let listing = app.listing(show, 8, 5_000).await;
    let order = later(&app.order(show, listing, seats), 3, OrderStatus::Completed);
    app.world.publish(OrderCompleted(order.clone())).await;
    app.world.settle().await;
    order
}

/// The code of the pass of one of the order's seats, as its holder sees it.
async fn code(app: &TestApp, order: &OrderSnapshot, seat: usize) -> String {
    let path = format!("/api/passes/{}", pass_id(order.id, &order.seats[seat]));
    let pass = app.get_as(&app.buyer, &path).await.expect(200).json();
    pass["code"].as_str().unwrap().to_owned()
}

async fn scan(app: &TestApp, door: &TestUser, key: &str, code: &str) -> Answer {
    app.world.post_once(app.running.port(), PATH, Some(door), key, &json!({ "code": code })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_admits_once_and_everybody_hears_of_it() {
    let app = TestApp::start().await;
    let order = completed(&app, &[1, 2]).await;
    let (first, second) = (code(&app, &order, 0).await, code(&app, &order, 1).await);
    let entered = scan(&app, &app.admin, "a", &first).await.expect(200).json();
    assert_eq!((&entered["seat"], &entered["status"]), (&json!("1"), &json!("valid")));
    let at = entered["checkedInAt"].as_str().unwrap();

    let again = scan(&app, &app.admin, "b", &first).await.expect(409);
    assert_eq!(again.code(), "already_checked_in");
    assert!(again.json()["detail"].as_str().unwrap().contains(at), "it does not say when: {again:?}");
    scan(&app, &app.admin, "c", &second).await.expect(200);

    let told = app.published::<PassCheckedIn>().await;
    assert_eq!(told.len(), 2);
    assert_eq!(serde_json::to_value(&told[0]).unwrap(), entered);
    let pass = app.get_as(&app.buyer, &format!("/api/passes/{}", entered["id"].as_str().unwrap())).await;
    assert_eq!(pass.expect(200).json()["checkedInAt"], at);
    app.assert_s7().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_door_that_asks_again_has_the_first_answer_again() {
    let app = TestApp::start().await;
    let (order, other) = (completed(&app, &[1, 2]).await, completed(&app, &[1]).await);
    let first = code(&app, &order, 0).await;
    let entered = scan(&app, &app.admin, "a", &first).await.expect(200);
    app.world.clock.advance(crate::app::HOUR);
    let again = scan(&app, &app.admin, "a", &first).await.expect(200);
    assert_eq!(again.json(), entered.json());
    for other in [code(&app, &order, 1).await, code(&app, &other, 0).await] {
        let reused = scan(&app, &app.admin, "a", &other).await.expect(422);
        assert_eq!(reused.code(), "idempotency_key_reused");
        scan(&app, &app.world.admin(), "a", &other).await.expect(200);
    }
    assert_eq!(app.published::<PassCheckedIn>().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_doors_at_once_one_lets_in() {
    let app = TestApp::start().await;
    let replica = app::start(config(&app.world), app.world.clock.clone()).await.unwrap();
    let order = completed(&app, &[1, 2, 3, 4]).await;
    for seat in 0..order.seats.len() {
        let body = json!({ "code": code(&app, &order, seat).await });
        let doors: Vec<TestUser> = (0..16).map(|_| app.world.admin()).collect();
        let ports = [app.running.port(), replica.port()].into_iter().cycle();
        let scans = doors.iter().zip(ports).map(|(door, port)| {
            let key = format!("scan-{seat}");
            let (world, body) = (&app.world, &body);
            async move { world.post_once(port, PATH, Some(door), &key, body).await }
        });
        let answers = join_all(scans).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:#?}");
        let late = answers.iter().filter(|answer| answer.status == 409);
        assert_eq!(late.filter(|answer| answer.code() == "already_checked_in").count(), 15, "{answers:#?}");
    }
    assert_eq!(app.published::<PassCheckedIn>().await.len(), 4);
    replica.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_enters_with_a_pass_that_is_void_or_was_made_up() {
    let app = TestApp::start().await;
    let order = completed(&app, &[1]).await;
    let genuine = code(&app, &order, 0).await;
    app.world.publish(OrderRefundRequested(later(&order, 4, OrderStatus::Refunding))).await;
    app.world.settle().await;
    assert_eq!(scan(&app, &app.admin, "a", &genuine).await.expect(409).code(), "pass_voided");

    let (claim, _) = genuine.rsplit_once('.').unwrap();
    let made_up = [claim.to_owned(), format!("{claim}.{}", "A".repeat(43)), "a.b.1.c".to_owned()];
    for code in made_up {
        let answer = scan(&app, &app.admin, "b", &code).await.expect(422);
        assert_eq!((answer.code().as_str(), answer.pointers()), ("code_forged", vec!["/code".to_owned()]));
    }
    let elsewhere = completed(&app, &[2]).await;
    let id = pass_id(common::ids::OrderId::generate(), &elsewhere.seats[0]);
    let path = format!("/api/passes/{}", pass_id(elsewhere.id, &elsewhere.seats[0]));
    let mut pass = app.get_as(&app.admin, &path).await.expect(200).json();
    pass["id"] = json!(id);
    let unknown = signer().sign(&serde_json::from_value(pass).unwrap());
    assert_eq!(scan(&app, &app.admin, "c", &unknown).await.expect(404).code(), "not_found");
    assert!(app.published::<PassCheckedIn>().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_admins_stand_at_the_door() {
    let app = TestApp::start().await;
    let order = completed(&app, &[1]).await;
    let code = code(&app, &order, 0).await;
    for user in [&app.buyer, &app.seller] {
        assert_eq!(scan(&app, user, "a", &code).await.expect(403).code(), "admin_only");
    }
    let keyless = app.post_as(&app.admin, PATH, &json!({ "code": code })).await.expect(400);
    assert_eq!(keyless.code(), "idempotency_key_required");
    assert!(app.published::<PassCheckedIn>().await.is_empty());
}

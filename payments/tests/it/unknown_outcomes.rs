//! Unknown is not failed: what the gateway did not tell is found out.

use common::{
    events::{
        order::{OrderSnapshot, OrderStatus},
        payment::PaymentStatus,
    },
    ids::PaymentId,
};
use payments::{
    domain::{NewPayment, Payment, PaymentMethod},
    routes::PaymentView,
    sandbox,
    store::{Orders, Payments},
};

use crate::app::*;

#[tokio::test]
async fn a_request_that_never_arrived_is_made_again() {
    let app = TestApp::start().await;
    let order = app.place().await;
    let payment: PaymentView = app.pay(&order, TIMES_OUT_BEFORE).await.expect(201).body();
    assert_eq!(payment.status, PaymentStatus::Authorizing, "nobody knows yet");
    app.until(payment.id, PaymentStatus::Authorized).await;
    assert_eq!(app.effects(payment.id).await, ["authorized"]);
}

#[tokio::test]
async fn an_answer_that_was_lost_is_looked_up() {
    let app = TestApp::start().await;
    for card in [TIMES_OUT_AFTER, FAILS_AFTER] {
        let order = app.place().await;
        let payment: PaymentView = app.pay(&order, card).await.expect(201).body();
        app.until(payment.id, PaymentStatus::Authorized).await;
        assert_eq!(app.effects(payment.id).await, ["authorized"]);
        let order = confirmed_by(&order, payment.id);
        app.tell(&order).await;
        app.until(payment.id, PaymentStatus::Captured).await;
        assert_eq!(app.effects(payment.id).await, ["authorized", "captured"]);
        app.assert_sound(&order).await;
    }
}

#[tokio::test]
async fn a_capture_whose_answer_was_lost_has_happened_once() {
    let app = TestApp::start().await;
    let order = app.place().await;
    let payment: PaymentView = app.pay(&order, CAPTURE_UNKNOWN).await.expect(201).body();
    let order = confirmed_by(&order, payment.id);
    app.tell(&order).await;
    app.until(payment.id, PaymentStatus::Captured).await;
    assert_eq!(app.effects(payment.id).await, ["authorized", "captured"]);
    app.assert_sound(&order).await;
}

#[tokio::test]
async fn voids_and_refunds_go_on_through_every_fault() {
    for fault in ["hang_before", "hang_after", "error_before", "error_after"] {
        let app = TestApp::start().await;
        let (kept, given_up) = (app.place().await, app.place().await);
        let paid: PaymentView = app.pay(&kept, VISA).await.expect(201).body();
        let unwanted: PaymentView = app.pay(&given_up, VISA).await.expect(201).body();
        for operation in ["capture", "void", "refund", "lookup"] {
            app.fault(operation, fault, 2).await;
        }
        let kept = confirmed_by(&kept, paid.id);
        app.tell(&kept).await;
        app.tell(&then(&given_up, OrderStatus::Expired)).await;
        app.until(unwanted.id, PaymentStatus::Voided).await;
        app.until(paid.id, PaymentStatus::Captured).await;
        let kept = then(&then(&kept, OrderStatus::Completed), OrderStatus::Refunding);
        app.tell(&kept).await;
        app.until(paid.id, PaymentStatus::Refunded).await;
        assert_eq!(app.effects(paid.id).await, ["authorized", "captured", "refunded"], "{fault}");
        assert_eq!(app.effects(unwanted.id).await, ["authorized", "voided"], "{fault}");
    }
}

#[tokio::test]
async fn a_gateway_that_is_away_fails_no_payment() {
    let app = TestApp::start().await;
    let order = app.place().await;
    let token = app.token(VISA).await;
    app.fault("any", "error_before", 5).await;
    let answer = app.pay_with(&app.buyer, "key", order.id, &token).await.expect(201);
    let payment: PaymentView = answer.body();
    assert_eq!(payment.status, PaymentStatus::Authorizing);
    app.until(payment.id, PaymentStatus::Authorized).await;
    assert_eq!(app.effects(payment.id).await, ["authorized"]);
}

#[tokio::test]
async fn an_unknown_payment_whose_order_ended_is_closed_at_the_gateway() {
    let app = TestApp::start().await;
    let order = app.place().await;
    let token = app.token(VISA).await;
    app.fault("authorize", "error_before", 1_000).await;
    let answer = app.pay_with(&app.buyer, "key", order.id, &token).await.expect(201);
    let payment: PaymentView = answer.body();
    app.tell(&then(&order, OrderStatus::Cancelled)).await;
    app.until(payment.id, PaymentStatus::Declined).await;
    assert_eq!(app.effects(payment.id).await, ["voided"], "what is still on its way finds it closed");
}

#[tokio::test]
async fn what_a_crash_left_under_way_is_finished_by_the_next_process() {
    let app = TestApp::start().await;
    let order = app.place().await;
    let token = app.token(VISA).await;
    let id = leave_behind(&app, &order, &token).await;
    let next = payments::app::start(config(&app.world, &app.sandbox.url()), app.world.clock.clone());
    let next = next.await.unwrap();
    app.until(id, PaymentStatus::Authorized).await;
    assert_eq!(app.effects(id).await, ["authorized"]);
    // The order finds the payment, though the process that made it never told it.
    let view = Orders::of(next.bus()).get(order.id).await.unwrap().unwrap();
    assert_eq!(view.state.payment_id, Some(id));
    next.stop().await.unwrap();
}

#[tokio::test]
async fn a_payment_that_missed_the_end_of_its_order_learns_of_it_before_the_gateway_reserves_anything() {
    let app = TestApp::start().await;
    let order = app.place().await;
    let token = app.token(VISA).await;
    // The listener had looked for payments before this one was stored.
    app.tell(&then(&order, OrderStatus::Expired)).await;
    let id = leave_behind(&app, &order, &token).await;
    let next = payments::app::start(config(&app.world, &app.sandbox.url()), app.world.clock.clone());
    let next = next.await.unwrap();
    app.until(id, PaymentStatus::Declined).await;
    assert_eq!(app.effects(id).await, ["voided"]);
    next.stop().await.unwrap();
}

/// Stores a payment as a process leaves it that dies before it asks the gateway.
async fn leave_behind(app: &TestApp, order: &OrderSnapshot, token: &str) -> PaymentId {
    let new = NewPayment {
        id: PaymentId::generate(),
        order: order.clone(),
        payment_method: PaymentMethod::parse(token).unwrap(),
        idempotency_key: "key".to_owned(),
        fingerprint: "fingerprint".to_owned(),
        next_attempt_at: app.world.now().plus(std::time::Duration::from_hours(1)),
    };
    let payment = Payment::new(new, app.world.now());
    let payments = Payments::of(app.running.bus());
    let work = async |tx: &mut common::bus::Tx| {
        payments.insert(tx, payment.clone());
        Ok::<_, common::bus::CommitError>(())
    };
    app.running.bus().transact(work).await.unwrap();
    payment.id
}

#[tokio::test]
async fn a_gateway_that_restarts_remembers_every_effect() {
    let world = common::testing::TestWorld::new("payments").await;
    let directory = tempfile::tempdir().unwrap();
    let sandbox = sandbox::start(sandbox_config(&world, &directory)).await.unwrap();
    let http = reqwest::Client::new();
    let card = serde_json::json!({ "number": VISA, "expMonth": 1, "expYear": 2099, "cvc": "123" });
    let post = async |url: String, body: &serde_json::Value| {
        let answer = http.post(url).json(body).send().await.unwrap();
        answer.json::<serde_json::Value>().await.unwrap()
    };
    let token = post(format!("{}/v1/tokens", sandbox.url()), &card).await["token"].clone();
    let request = serde_json::json!(
        { "reference": "p1", "token": token, "amountCents": 100, "currency": "USD" }
    );
    let first = post(format!("{}/v1/authorizations", sandbox.url()), &request).await;
    sandbox.stop().await;

    let sandbox = sandbox::start(sandbox_config(&world, &directory)).await.unwrap();
    let again = post(format!("{}/v1/authorizations", sandbox.url()), &request).await;
    assert_eq!(first, again);
    let ledger = http.get(format!("{}/v1/ledger", sandbox.url())).send().await.unwrap();
    let ledger = ledger.json::<serde_json::Value>().await.unwrap();
    assert_eq!(ledger["entries"].as_array().unwrap().len(), 2, "one token, one authorisation");
    sandbox.stop().await;
}

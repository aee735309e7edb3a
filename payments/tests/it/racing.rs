//! Several at once.

use common::{
    bus::{CommitError, StoreError, Tx},
    events::{
        order::{OrderSnapshot, OrderStatus},
        payment::{DeclineReason, PaymentStatus},
    },
    ids::{OrderId, PaymentId},
    testing::{Answer, TestWorld},
};
use futures::future::join_all;
use payments::{
    domain::{Decision, GatewayState, Input, decide},
    routes::PaymentView,
    settle::{self, SettleError},
};

use crate::{
    app::*,
    laws::{authorised, new_payment, quiet},
};

#[tokio::test(flavor = "multi_thread")]
async fn of_eight_payments_of_one_order_one_is_made() {
    let app = TestApp::start().await;
    for _ in 0..5 {
        let order = app.place().await;
        let answers = join_all((0..8).map(|_| app.pay(&order, VISA))).await;
        let made: Vec<PaymentView> =
            answers.iter().filter(|answer| answer.status == 201).map(Answer::body).collect();
        assert_eq!(made.len(), 1, "{answers:#?}");
        for answer in answers.into_iter().filter(|answer| answer.status != 201) {
            assert_eq!(answer.expect(409).code(), "payment_in_progress");
        }
        let order = confirmed_by(&order, made[0].id);
        app.tell(&order).await;
        app.until(made[0].id, PaymentStatus::Captured).await;
        app.assert_sound(&order).await;
        let total = order.total.amount_cents;
        let ledger = app.ledger().await;
        let of_order = ledger.iter().filter(|entry| entry["amountCents"] == total);
        let captured = of_order.filter(|entry| entry["reference"] == made[0].id.to_string().as_str());
        assert_eq!(captured.count(), 2, "one authorisation and one capture");
    }
    let authorised = app.ledger().await.iter().filter(|entry| entry["kind"] == "authorized").count();
    assert_eq!(authorised, 5, "one for each order");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_races_the_end_of_its_order_is_never_charged_and_leaves_nothing_reserved() {
    let app = TestApp::start().await;
    for round in 0..20 {
        let order = app.place().await;
        let ended = if round % 2 == 0 { OrderStatus::Cancelled } else { OrderStatus::Expired };
        let end = then(&order, ended);
        let (answer, ()) = tokio::join!(app.pay(&order, VISA), async {
            tokio::time::sleep(std::time::Duration::from_millis(round)).await;
            tell_only(&app.world, &end).await;
        });
        if answer.status == 201 {
            let payment: PaymentView = answer.body();
            let over = async || {
                let status = app.payment(payment.id).await.status;
                matches!(status, PaymentStatus::Voided | PaymentStatus::Declined).then_some(())
            };
            app.world.eventually("the payment is over", over).await;
            let effects = app.effects(payment.id).await;
            assert!(!effects.contains(&"captured".to_owned()), "{effects:?}");
            assert_eq!(effects.last().map(String::as_str), Some("voided"), "{effects:?}");
        } else {
            assert_eq!(answer.expect(409).code(), "order_closed");
        }
        app.assert_sound(&end).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_charge_once() {
    let app = TestApp::start().await;
    let config = config(&app.world, &app.sandbox.url());
    let other = payments::app::start(config, app.world.clock.clone()).await.unwrap();
    let mut paid: Vec<(PaymentId, _)> = Vec::new();
    for _ in 0..10 {
        let order = app.place().await;
        let payment: PaymentView = app.pay(&order, CAPTURE_UNKNOWN).await.expect(201).body();
        let order = confirmed_by(&order, payment.id);
        tell_only(&app.world, &order).await;
        tell_only(&app.world, &order).await;
        paid.push((payment.id, order));
    }
    for (id, order) in paid {
        app.until(id, PaymentStatus::Captured).await;
        assert_eq!(app.effects(id).await, ["authorized", "captured"]);
        app.assert_sound(&order).await;
    }
    other.stop().await.unwrap();
}

#[tokio::test]
async fn whoever_is_slow_with_a_declined_payment_leaves_the_order_to_the_next_one() {
    let world = TestWorld::new("payments").await;
    let (_service, context) = quiet(&world).await;
    let (order, next) = authorised(&world, &context, &world.user()).await;
    // As a replica has read it that is late; meanwhile another one has heard of the decline.
    let slow = new_payment(&world, &order);
    let heard = Input::Gateway(GatewayState::Declined(DeclineReason::CardDeclined, None));
    let Decision::Next(declined, _) = decide(&slow, heard, world.now()) else { panic!("not declined") };
    let store = async |tx: &mut Tx| {
        context.payments.insert(tx, (*declined).clone());
        Ok::<_, CommitError>(())
    };
    context.bus.transact(store).await.unwrap();
    settle::ask_once(&context, slow, None).await.unwrap();
    let named = context.orders.get(order.id).await.unwrap().unwrap().state.payment_id;
    assert_eq!(named, Some(next), "the news of the order is for the payment that is authorised");
}

/// As after an election, when MongoDB may not show yet what the former primary has acknowledged.
#[tokio::test]
async fn a_payment_that_cannot_be_named_yet_is_not_made_known_to_the_gateway() {
    let world = TestWorld::new("payments").await;
    let (_service, context) = quiet(&world).await;
    let (order, _) = authorised(&world, &context, &world.user()).await;
    let unseen = new_payment(&world, &order);
    let without_order = new_payment(&world, &OrderSnapshot { id: OrderId::generate(), ..order });
    let store = async |tx: &mut Tx| {
        context.payments.insert(tx, without_order.clone());
        Ok::<_, CommitError>(())
    };
    context.bus.transact(store).await.unwrap();
    for (of, payment) in
        [(unseen.id.to_string(), unseen), (without_order.order_id.to_string(), without_order)]
    {
        let asked = settle::ask_once(&context, payment, None).await;
        let missed = matches!(&asked, Err(SettleError::Store(StoreError::Unseen { id, .. })) if *id == of);
        assert!(missed, "{asked:?}");
    }
}

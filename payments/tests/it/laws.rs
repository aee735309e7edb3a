//! The laws that every listener obeys.

use std::sync::Arc;

use common::{
    bus::{CommitError, Tx},
    events::{
        order::{OrderChanged, OrderSnapshot, OrderStatus},
        payment::{CardSummary, PaymentStatus},
    },
    ids::PaymentId,
    service::Service,
    testing::{TestUser, TestWorld, laws},
};
use payments::{
    app::Context,
    domain::{Decision, GatewayState, Input, NewPayment, Payment, PaymentMethod, Payout, decide},
    gateway::sandbox::SandboxGateway,
    listeners::{FollowOrderOnOrderChanged, SettlePayoutOnOrderChanged},
    reconciler::Hints,
    store::{OrderView, Orders, Payments, Payouts},
};

use crate::app::*;

/// A service that neither listens nor asks the gateway.
pub async fn quiet(world: &TestWorld) -> (Service, Context) {
    let service = Service::connect("payments", &world.service_config(), world.clock.clone()).await.unwrap();
    service.register::<Payment>().await.unwrap();
    service.register::<Payout>().await.unwrap();
    service.register::<OrderView>().await.unwrap();
    let bus = service.bus();
    let gateway = SandboxGateway::new("http://127.0.0.1:9", "/sandbox", GATEWAY_TIMEOUT).unwrap();
    let context = Context {
        payments: Payments::of(&bus),
        payouts: Payouts::of(&bus),
        orders: Orders::of(&bus),
        bus,
        clock: service.clock(),
        gateway: Arc::new(gateway),
        gateway_timeout: GATEWAY_TIMEOUT,
        hints: Hints::channel().0,
        webhook_secret: SECRET.into(),
    };
    (service, context)
}

/// A payment that nobody has asked the gateway about.
pub fn new_payment(world: &TestWorld, order: &OrderSnapshot) -> Payment {
    let id = PaymentId::generate();
    let new = NewPayment {
        id,
        order: order.clone(),
        payment_method: PaymentMethod::parse("tok_a").unwrap(),
        idempotency_key: id.to_string(),
        fingerprint: String::new(),
        next_attempt_at: world.now(),
    };
    Payment::new(new, world.now())
}

/// An order that payments knows, with an authorised payment.
pub async fn authorised(
    world: &TestWorld,
    context: &Context,
    buyer: &TestUser,
) -> (OrderSnapshot, PaymentId) {
    let order = new_order(world, buyer);
    let payment = new_payment(world, &order);
    let card = CardSummary { brand: "visa".to_owned(), last4: "4242".to_owned() };
    let input = Input::Gateway(GatewayState::Authorized(card));
    let Decision::Next(payment, _) = decide(&payment, input, world.now()) else { panic!("not authorised") };
    let view = OrderView { order: order.clone(), payment_id: Some(payment.id) };
    let work = async |tx: &mut Tx| {
        context.payments.insert(tx, (*payment).clone());
        tx.insert(view.clone());
        Ok::<_, CommitError>(())
    };
    context.bus.transact(work).await.unwrap();
    (order, payment.id)
}

#[tokio::test]
async fn following_an_order_obeys_the_laws() {
    let world = TestWorld::new("payments").await;
    let (service, context) = quiet(&world).await;
    let buyer = world.user();
    let (bought, payment) = authorised(&world, &context, &buyer).await;
    let (given_up, unwanted) = authorised(&world, &context, &buyer).await;
    let unpaid = new_order(&world, &buyer);
    let confirmed = confirmed_by(&bought, payment);
    let completed = then(&confirmed, OrderStatus::Completed);
    let history = [
        bought,
        confirmed,
        completed.clone(),
        then(&completed, OrderStatus::Refunding),
        given_up.clone(),
        then(&given_up, OrderStatus::Expired),
        unpaid.clone(),
        then(&unpaid, OrderStatus::Cancelled),
    ];
    let history = history.map(OrderChanged);
    laws::check::<FollowOrderOnOrderChanged>(&service.bus(), &context, &history).await;
    let status = async |id| context.payments.get(id).await.unwrap().unwrap().state.status;
    assert_eq!(status(payment).await, PaymentStatus::Capturing, "nobody asked the gateway here");
    assert_eq!(status(unwanted).await, PaymentStatus::Voiding);
}

#[tokio::test]
async fn settling_a_payout_obeys_the_laws() {
    let world = TestWorld::new("payments").await;
    let (service, context) = quiet(&world).await;
    let buyer = world.user();
    let completed = then(&new_order(&world, &buyer), OrderStatus::Completed);
    let overtaken = then(&new_order(&world, &buyer), OrderStatus::Completed);
    let history = [
        completed.clone(),
        then(&completed, OrderStatus::Refunding),
        then(&then(&completed, OrderStatus::Refunding), OrderStatus::Refunded),
        then(&overtaken, OrderStatus::Refunding),
        overtaken,
        then(&new_order(&world, &buyer), OrderStatus::Expired),
    ];
    let history = history.map(OrderChanged);
    laws::check::<SettlePayoutOnOrderChanged>(&service.bus(), &context, &history).await;
}

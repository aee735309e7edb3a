//! The service in a world of its own, with a sandbox gateway of its own. The tests play the part of orders.

use std::{collections::HashMap, time::Duration};

use common::{
    events::{
        listing::Seat,
        order::{
            OrderCancelled, OrderCompleted, OrderConfirmed, OrderCreated, OrderExpired, OrderRefundRequested,
            OrderRefunded, OrderSnapshot, OrderStatus,
        },
        payment::PaymentStatus,
    },
    ids::{ListingId, OrderId, PaymentId, ShowId},
    money::{Currency, Money},
    service::Running,
    testing::{Answer, TestUser, TestWorld},
};
use payments::{
    config::Config,
    domain::{Charge, Payment, s3_violations, s4_violations, s5_violations},
    routes::PaymentView,
    sandbox::{self, SandboxConfig},
    store::Orders,
};
use serde_json::{Value, json};
use tempfile::TempDir;

pub const SECRET: &str = "whsec_of_the_tests";
/// How long a request of the sandbox hangs; longer than the service waits.
pub const HANG: Duration = Duration::from_millis(1_500);
/// How long the service waits for the sandbox.
pub const GATEWAY_TIMEOUT: Duration = Duration::from_millis(400);

pub const VISA: &str = "4242424242424242";
pub const DECLINED: &str = "4000000000000002";
pub const NEEDS_AUTHENTICATION: &str = "4000002500003155";
pub const TIMES_OUT_BEFORE: &str = "4000000000001000";
pub const TIMES_OUT_AFTER: &str = "4000000000001018";
pub const FAILS_AFTER: &str = "4000000000001026";
pub const CAPTURE_FAILS: &str = "4000000000001109";
pub const CAPTURE_UNKNOWN: &str = "4000000000001117";
pub const DUPLICATE_WEBHOOKS: &str = "4000000000001208";
pub const LATE_WEBHOOKS: &str = "4000000000001216";
pub const EARLY_WEBHOOK: &str = "4000000000001224";

pub struct TestApp {
    pub world: TestWorld,
    pub sandbox: sandbox::Running,
    pub running: Running,
    pub buyer: TestUser,
    http: reqwest::Client,
    _ledger: TempDir,
}

impl TestApp {
    pub async fn start() -> Self {
        let world = TestWorld::new("payments").await;
        let ledger = tempfile::tempdir().unwrap();
        let sandbox = sandbox::start(sandbox_config(&world, &ledger)).await.unwrap();
        let config = config(&world, &sandbox.url());
        let running = payments::app::start(config, world.clock.clone()).await.unwrap();
        let port = running.port();
        sandbox.send_webhooks_to(format!("http://127.0.0.1:{port}/api/payments/webhooks/sandbox"));
        let (buyer, http) = (world.user(), reqwest::Client::new());
        let signed_in = async || {
            let answer = world.get(port, "/api/payments", Some(&buyer)).await;
            (answer.status == 200).then_some(())
        };
        world.eventually("tokens are believed", signed_in).await;
        Self { world, sandbox, running, buyer, http, _ledger: ledger }
    }

    pub fn port(&self) -> u16 {
        self.running.port()
    }

    /// An order that awaits payment, known to payments.
    pub async fn place(&self) -> OrderSnapshot {
        let order = new_order(&self.world, &self.buyer);
        self.tell(&order).await;
        order
    }

    /// Publishes the state of an order, as orders would, and waits until payments knows it.
    pub async fn tell(&self, order: &OrderSnapshot) {
        tell_only(&self.world, order).await;
        let orders = Orders::of(self.running.bus());
        let known = async || {
            let view = orders.get(order.id).await.unwrap()?;
            (view.state.order.version >= order.version).then_some(())
        };
        self.world.eventually("payments knows the order", known).await;
    }

    /// The gateway's token for a card.
    pub async fn token(&self, number: &str) -> String {
        let card = json!({ "number": number, "expMonth": 12, "expYear": 2099, "cvc": "123" });
        let answer = self.gateway("POST", "/v1/tokens", Some(&card)).await.expect(201);
        answer.json()["token"].as_str().unwrap().to_owned()
    }

    /// Pays with a card under a new key.
    pub async fn pay(&self, order: &OrderSnapshot, number: &str) -> Answer {
        let token = self.token(number).await;
        self.pay_with(&self.buyer, &PaymentId::generate().to_string(), order.id, &token).await
    }

    pub async fn pay_with(&self, user: &TestUser, key: &str, order: OrderId, token: &str) -> Answer {
        let body = json!({ "orderId": order, "paymentMethod": token });
        self.world.post_once(self.port(), "/api/payments", Some(user), key, &body).await
    }

    /// The payment, as its owner sees it.
    pub async fn payment(&self, id: PaymentId) -> PaymentView {
        let path = format!("/api/payments/{id}");
        self.world.get(self.port(), &path, Some(&self.buyer)).await.expect(200).body()
    }

    /// Waits until the payment has this status.
    pub async fn until(&self, id: PaymentId, status: PaymentStatus) -> PaymentView {
        let reached = async || {
            let payment = self.payment(id).await;
            (payment.status == status).then_some(payment)
        };
        self.world.eventually(&format!("the payment is {status:?}"), reached).await
    }

    /// The payment, as it is stored.
    pub async fn stored(&self, id: PaymentId) -> Payment {
        self.running.bus().repository::<Payment>().get(id).await.unwrap().unwrap().state
    }

    /// A request to the sandbox gateway.
    pub async fn gateway(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let url = format!("{}{path}", self.sandbox.url());
        let request = self.http.request(method.parse().unwrap(), url);
        let request = body.map_or(request.try_clone().unwrap(), |body| request.json(body));
        Answer::read(request.send().await.unwrap()).await
    }

    /// Orders a fault of the gateway.
    pub async fn fault(&self, operation: &str, fault: &str, times: u32) {
        let order = json!({ "operation": operation, "fault": fault, "times": times });
        self.gateway("POST", "/v1/faults", Some(&order)).await.expect(204);
    }

    /// The effects that the gateway had under a reference, in order.
    pub async fn effects(&self, reference: PaymentId) -> Vec<String> {
        let reference = reference.to_string();
        let entries = self.ledger().await;
        let ours = entries.iter().filter(|entry| entry["reference"] == reference.as_str());
        ours.map(|entry| entry["kind"].as_str().unwrap().to_owned()).collect()
    }

    pub async fn ledger(&self) -> Vec<Value> {
        let json = self.gateway("GET", "/v1/ledger?after=0", None).await.expect(200).json();
        json["entries"].as_array().unwrap().clone()
    }

    /// What the gateway did with the money of this order's payments.
    async fn charges(&self, order: &OrderSnapshot) -> Vec<Charge> {
        let admin = self.world.admin();
        let path = format!("/api/payments?orderId={}&limit=100", order.id);
        let page = self.world.get(self.port(), &path, Some(&admin)).await.expect(200).json();
        let zero = Money::new(0, order.total.currency);
        let ids = page["items"].as_array().unwrap().iter();
        let ids = ids.map(|item| item["id"].as_str().unwrap().parse::<PaymentId>().unwrap());
        let mut charges: HashMap<PaymentId, Charge> = ids
            .map(|id| (id, Charge { payment_id: id, order_id: order.id, captured: zero, refunded: zero }))
            .collect();
        for entry in self.ledger().await {
            let id = entry["reference"].as_str().and_then(|id| id.parse().ok());
            let Some(charge) = id.and_then(|id| charges.get_mut(&id)) else { continue };
            let cents = entry["amountCents"].as_i64().unwrap_or(0);
            match entry["kind"].as_str().unwrap() {
                "captured" => charge.captured.amount_cents += cents,
                "refunded" => charge.refunded.amount_cents += cents,
                _ => {}
            }
        }
        charges.into_values().collect()
    }

    /// What must be true of the money of an order when nothing is under way any more.
    pub async fn assert_sound(&self, order: &OrderSnapshot) {
        self.world.settle().await;
        let (charges, orders) = (self.charges(order).await, std::slice::from_ref(order));
        assert_eq!(s3_violations(&charges, orders), []);
        assert_eq!(s4_violations(&charges, orders), []);
        assert_eq!(s5_violations(&charges, orders), []);
        let dead = self.running.bus().dead_letters().open().await.unwrap();
        assert!(dead.is_empty(), "dead letters: {dead:#?}");
    }
}

pub fn config(world: &TestWorld, sandbox_url: &str) -> Config {
    Config {
        service: world.service_config(),
        sandbox_gateway_url: sandbox_url.to_owned(),
        sandbox_gateway_public_url: "/sandbox".to_owned(),
        sandbox_webhook_secret: SECRET.into(),
        gateway_timeout: GATEWAY_TIMEOUT,
    }
}

pub fn sandbox_config(world: &TestWorld, directory: &TempDir) -> SandboxConfig {
    SandboxConfig {
        bind_address: "127.0.0.1".to_owned(),
        port: 0,
        ledger_path: directory.path().join("ledger.jsonl"),
        webhook_url: None,
        webhook_secret: SECRET.into(),
        hang: HANG,
        late: Duration::from_millis(600),
        log_format: common::config::LogFormat::default(),
        clock: world.clock.clone(),
    }
}

/// An order that awaits payment.
pub fn new_order(world: &TestWorld, buyer: &TestUser) -> OrderSnapshot {
    let price = Money::new(4_900, Currency::Usd);
    OrderSnapshot {
        id: OrderId::generate(),
        version: 1,
        listing_id: ListingId::generate(),
        show_id: ShowId::generate(),
        buyer_id: buyer.id,
        seller_id: world.user().id,
        seats: vec![Seat::ordinal(1), Seat::ordinal(2)],
        price,
        fees: None,
        total: price.times(2).unwrap(),
        status: OrderStatus::AwaitingPayment,
        created_at: world.now(),
        expires_at: world.now().plus(Duration::from_mins(15)),
        payment_id: None,
        cancel_reason: None,
        changed_at: world.now(),
    }
}

/// The order, one version later.
pub fn then(order: &OrderSnapshot, status: OrderStatus) -> OrderSnapshot {
    OrderSnapshot { version: order.version + 1, status, ..order.clone() }
}

/// The order, confirmed by a payment.
pub fn confirmed_by(order: &OrderSnapshot, payment: PaymentId) -> OrderSnapshot {
    OrderSnapshot { payment_id: Some(payment), ..then(order, OrderStatus::Confirmed) }
}

/// Publishes the state of an order, as orders would.
pub async fn tell_only(world: &TestWorld, order: &OrderSnapshot) {
    let order = order.clone();
    match order.status {
        OrderStatus::AwaitingPayment => world.publish(OrderCreated(order)).await,
        OrderStatus::Confirmed => world.publish(OrderConfirmed(order)).await,
        OrderStatus::Completed => world.publish(OrderCompleted(order)).await,
        OrderStatus::Refunding => world.publish(OrderRefundRequested(order)).await,
        OrderStatus::Refunded => world.publish(OrderRefunded(order)).await,
        OrderStatus::Cancelled => world.publish(OrderCancelled(order)).await,
        OrderStatus::Expired => world.publish(OrderExpired(order)).await,
    }
}

//! What people do while services die, and how they try again.

use std::{fmt, time::Duration};

use bson::{Document, doc};
use common::{
    events::{
        listing::ListingSnapshot,
        order::{OrderSnapshot, OrderStatus},
        payment::PaymentStatus,
    },
    ids::OrderId,
    testing::Answer,
};
use serde_json::{Value, json};

use crate::market::{Market, PASSWORD, Person, Service, card, new_key, send, until_within};

/// How long anything may take though a service died under it. The longest that has to pass is the lease of a
/// claimed timer, 10 s, and after it the delay of a message whose handler was killed.
pub const RECOVERY: Duration = Duration::from_secs(45);
/// How many seats are offered.
pub const OFFERED: u32 = 4;
/// How many of them are ordered.
pub const ORDERED: u32 = 2;
/// What is asked for each of them.
const PRICE_CENTS: i64 = 5_000;
/// What both of them cost, fees included.
pub const TOTAL_CENTS: i64 = 11_000;

/// The key of the deadlines in Redis.
const DEADLINES: &str = "{stagedoor:expiration}:deadlines";
/// For how long Redis does not answer: longer than expiration waits for it, and much shorter than a hold.
const OUTAGE: Duration = Duration::from_millis(800);
/// How many timers are forgotten beside that of the order; expiration reads a thousand at a time.
const STRANGERS: usize = 1_000;
/// The field that tells them.
const STRANGER: &str = "stranger";
const YEAR: Duration = Duration::from_hours(365 * 24);

/// Something that people do, from where it begins to be interesting to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flow {
    /// Order and pay.
    Buy,
    /// Order, and let the hold end.
    Expire,
    /// Give up an order that was placed before.
    Cancel,
    /// Pay an order that was placed before with a card that is declined, then with another.
    Decline,
    /// Give back an order that was completed before.
    Refund,
    /// Order, and pay such that the money turns out to be reserved after the hold.
    LatePay,
    /// Order, and let the hold end though Redis has forgotten it.
    Forget,
    /// The same, when it has forgotten more than are read at a time.
    ForgetMany,
    /// Order, and let the hold end though Redis says that it is over long before that.
    Hurry,
    /// Order while Redis does not answer, and let the hold end.
    Outage,
    /// Sign up and sign out.
    Visit,
    /// Nobody does anything, but every listener of orders and payments gets a message that is none.
    Poison,
}

impl Flow {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Buy,
        Self::Expire,
        Self::Cancel,
        Self::Decline,
        Self::Refund,
        Self::LatePay,
        Self::Forget,
        Self::ForgetMany,
        Self::Hurry,
        Self::Outage,
        Self::Visit,
        Self::Poison,
    ];

    /// As tables call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Buy => "buy",
            Self::Expire => "expire",
            Self::Cancel => "cancel",
            Self::Decline => "decline",
            Self::Refund => "refund",
            Self::LatePay => "late pay",
            Self::Forget => "forget",
            Self::ForgetMany => "many",
            Self::Hurry => "hurry",
            Self::Outage => "outage",
            Self::Visit => "visit",
            Self::Poison => "poison",
        }
    }

    /// Whether its holds have to end while somebody waits.
    pub const fn is_hasty(self) -> bool {
        match self {
            Self::Expire | Self::LatePay | Self::Forget | Self::ForgetMany | Self::Hurry | Self::Outage => {
                true
            }
            Self::Buy | Self::Cancel | Self::Decline | Self::Refund | Self::Visit | Self::Poison => false,
        }
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Who does it, and with what.
pub struct Scene {
    /// Whose seats.
    pub seller: Person,
    /// Who orders.
    pub buyer: Person,
    /// The seats.
    pub listing: ListingSnapshot,
    /// What was ordered before the flow begins.
    before: Option<OrderSnapshot>,
}

impl Scene {
    /// Everything that comes before the flow; nothing is under way when this returns.
    pub async fn set(flow: Flow, market: &Market) -> Self {
        let (seller, buyer) = market.two_people().await;
        let listing = market.list_seats(&seller, OFFERED, PRICE_CENTS).await;
        let mut scene = Self { seller, buyer, listing, before: None };
        scene.before = match flow {
            Flow::Buy
            | Flow::Expire
            | Flow::LatePay
            | Flow::Forget
            | Flow::ForgetMany
            | Flow::Hurry
            | Flow::Outage
            | Flow::Visit
            | Flow::Poison => None,
            Flow::Cancel | Flow::Decline => Some(scene.order().await),
            Flow::Refund => Some(scene.buy(market).await),
        };
        market.settled_books().await;
        scene
    }

    /// The flow, up to its end. Every request is repeated until it is answered.
    pub async fn act(&self, flow: Flow, market: &Market) -> Option<OrderSnapshot> {
        let order = match flow {
            Flow::Buy => self.buy(market).await,
            Flow::Expire => self.ended(market, &self.order().await, OrderStatus::Expired).await,
            Flow::Cancel => self.cancel().await,
            Flow::Decline => self.pay_twice(market).await,
            Flow::Refund => self.refund(market).await,
            Flow::LatePay => self.pay_late(market).await,
            Flow::Forget => self.order_and_forget(market).await,
            Flow::ForgetMany => self.order_and_forget_many(market).await,
            Flow::Hurry => self.order_and_hurry(market).await,
            Flow::Outage => self.order_in_an_outage(market).await,
            Flow::Visit => {
                visit(market).await;
                return None;
            }
            Flow::Poison => {
                publish_nonsense(market);
                return None;
            }
        };
        Some(order)
    }

    fn before(&self) -> &OrderSnapshot {
        self.before.as_ref().expect("an order that was placed before")
    }

    async fn order(&self) -> OrderSnapshot {
        let price_cents = self.listing.total().amount_cents;
        let body = json!({
            "listingId": self.listing.id, "quantity": ORDERED, "expectedPriceCents": price_cents
        });
        self.insist("/api/orders", &body, |answer| answer.status == 201).await.body()
    }

    async fn buy(&self, market: &Market) -> OrderSnapshot {
        let order = self.order().await;
        self.pay(market, &order, card::VISA, |answer| answer.status == 201).await;
        self.ended(market, &order, OrderStatus::Completed).await
    }

    async fn cancel(&self) -> OrderSnapshot {
        let path = format!("/api/orders/{}/cancel", self.before().id);
        self.insist(&path, &json!({}), |answer| answer.status == 200).await.body()
    }

    async fn pay_twice(&self, market: &Market) -> OrderSnapshot {
        let order = self.before();
        self.pay(market, order, card::DECLINED, |answer| answer.status == 201).await;
        until_within(RECOVERY, "the first card to be declined", async || {
            let payments = self.buyer.payments_of(order).await?;
            let declined = payments.iter().any(|payment| payment.status == PaymentStatus::Declined);
            if declined { Ok(()) } else { Err(format!("{payments:?}")) }
        })
        .await;
        self.pay(market, order, card::MASTERCARD, |answer| answer.status == 201).await;
        self.ended(market, order, OrderStatus::Completed).await
    }

    async fn refund(&self, market: &Market) -> OrderSnapshot {
        let order = self.before();
        let path = format!("/api/orders/{}/refund", order.id);
        self.insist(&path, &json!({}), |answer| answer.status == 202).await;
        self.ended(market, order, OrderStatus::Refunded).await
    }

    /// The gateway reserves the money and then says nothing until the hold is over.
    async fn pay_late(&self, market: &Market) -> OrderSnapshot {
        let order = self.order().await;
        market.site.break_gateway("lookup").await;
        // Too late for the buyer as well, if a service was away for longer than the hold.
        let is_over = |answer: &Answer| answer.status == 201 || answer.code() == "order_closed";
        self.pay(market, &order, card::HANGS_AFTER_EFFECT, is_over).await;
        let expired = self.ended(market, &order, OrderStatus::Expired).await;
        market.site.mend_gateway().await;
        expired
    }

    async fn order_and_forget(&self, market: &Market) -> OrderSnapshot {
        let order = self.order().await;
        until_timer_is_set(market, &order).await;
        market.machinery.flush_redis();
        self.ended(market, &order, OrderStatus::Expired).await
    }

    async fn order_and_forget_many(&self, market: &Market) -> OrderSnapshot {
        let order = self.order().await;
        until_timer_is_set(market, &order).await;
        add_strangers(market, &order).await;
        market.machinery.flush_redis();
        let ended = self.ended(market, &order, OrderStatus::Expired).await;
        remove_strangers(market).await;
        ended
    }

    async fn order_and_hurry(&self, market: &Market) -> OrderSnapshot {
        let order = self.order().await;
        until_timer_is_set(market, &order).await;
        market.machinery.tell_redis(&format!(
            "EVAL \"redis.call('ZADD', KEYS[1], 0, ARGV[1]) return redis.status_reply('OK')\" 1 {DEADLINES} {}",
            order.id
        ));
        self.ended(market, &order, OrderStatus::Expired).await
    }

    async fn order_in_an_outage(&self, market: &Market) -> OrderSnapshot {
        // Whoever connects when it is over has not noticed it.
        market.machinery.until_ready(Service::Expiration).await;
        market.machinery.tell_redis(&format!("CLIENT PAUSE {} ALL", OUTAGE.as_millis()));
        let order = self.order().await;
        self.ended(market, &order, OrderStatus::Expired).await
    }

    async fn pay(&self, market: &Market, order: &OrderSnapshot, card: &str, over: impl Fn(&Answer) -> bool) {
        let token = market.site.tokenize(card).await;
        self.insist("/api/payments", &json!({ "orderId": order.id, "paymentMethod": token }), over).await;
    }

    /// Repeats a request, under one key, until it is answered as it should be.
    async fn insist(&self, path: &str, body: &Value, over: impl Fn(&Answer) -> bool) -> Answer {
        let key = new_key();
        until_within(RECOVERY, &format!("POST {path} to be answered"), async || {
            let answer = self.buyer.post_once(path, &key, body).await;
            if over(&answer) { Ok(answer) } else { Err(format!("{}: {}", answer.status, answer.text)) }
        })
        .await
    }

    async fn ended(&self, market: &Market, order: &OrderSnapshot, wanted: OrderStatus) -> OrderSnapshot {
        market.until_order_is_within(RECOVERY, order, wanted).await
    }
}

async fn until_timer_is_set(market: &Market, order: &OrderSnapshot) {
    until_within(RECOVERY, "the timer to be set", async || {
        match market.books.count(Service::Expiration, "timers", doc! { "_id": order.id }).await {
            0 => Err("there is none".to_owned()),
            _ => Ok(()),
        }
    })
    .await;
}

/// Adds timers of orders that nobody has placed, which are due in a year.
#[expect(clippy::disallowed_methods, reason = "an operator's hand, past the service")]
async fn add_strangers(market: &Market, order: &OrderSnapshot) {
    let timers = market.books.database(Service::Expiration).collection::<Document>("timers");
    let known = timers.find_one(doc! { "_id": order.id }).await.expect("read the timer");
    let known = known.expect("the timer, which is set");
    let strangers = (0..STRANGERS).map(|_| {
        let (mut stranger, id) = (known.clone(), OrderId::generate());
        stranger.extend(doc! { "_id": id, STRANGER: true });
        let state = stranger.get_document_mut("state").expect("a timer");
        state.extend(doc! { "id": id, "status": "pending", "expiresAt": order.expires_at.plus(YEAR) });
        stranger
    });
    timers.insert_many(strangers).await.expect("add timers");
}

#[expect(clippy::disallowed_methods, reason = "an operator's hand, past the service")]
async fn remove_strangers(market: &Market) {
    let timers = market.books.database(Service::Expiration).collection::<Document>("timers");
    timers.delete_many(doc! { STRANGER: true }).await.expect("remove timers");
}

/// Somebody signs up, or in if it turns out that he has an account by now, and out again.
async fn visit(market: &Market) {
    let email = format!("visitor-{}@stagedoor.example", new_key());
    let account = json!({ "email": email, "password": PASSWORD, "name": "A visitor" });
    let visitor = until_within(RECOVERY, "the visitor to be let in", async || {
        let signed_up = market.site.post("/api/users", &account).await;
        match signed_up.status {
            201 => Ok(Person::of(&market.site, &signed_up)),
            409 => Ok(Person::sign_in(&market.site, &email, PASSWORD).await),
            status => Err(format!("{status}: {}", signed_up.text)),
        }
    })
    .await;
    until_within(RECOVERY, "the visitor to be let out", async || {
        let request = visitor.request("DELETE", "/api/users/sessions/current");
        match send(request).await?.status {
            204 | 401 => Ok(()),
            status => Err(format!("{status}")),
        }
    })
    .await;
    until_within(RECOVERY, "orders to know that he is gone", async || {
        match visitor.try_get("/api/orders").await?.status {
            401 => Ok(()),
            status => Err(format!("{status}")),
        }
    })
    .await;
}

/// One message without headers for each listener that follows orders or payments.
fn publish_nonsense(market: &Market) {
    for fact in ["orders.order.created.v1", "payments.payment.captured.v1"] {
        market.machinery.publish_nonsense(&format!("{fact}.{}", new_key()));
    }
}

//! The service in a world of its own, with a Redis of its own, which a test may stop, start and flush.

use std::time::Duration;

use common::{
    bus::Bus,
    events::{
        order::{OrderCancelled, OrderCreated, OrderSnapshot, OrderStatus},
        timer::{ExpirationCompleted, TimerSnapshot},
    },
    ids::{ListingId, OrderId, ShowId, UserId},
    money::{Currency, Money},
    service::Running,
    testing::{Child, Servers, TestWorld, free_port, start_redis},
};
use expiration::{config::Config, schedule::Schedule};
use redis::AsyncCommands as _;

/// How late a timer may be when nothing is wrong: "well under a second".
pub const PRECISE: Duration = Duration::from_millis(500);

pub struct TestApp {
    pub world: TestWorld,
    redis: TestRedis,
    replicas: Vec<Running>,
}

impl TestApp {
    /// One replica, up and running.
    pub async fn start() -> Self {
        let redis = TestRedis::start().await;
        let servers = Servers { redis_url: redis.url(), ..Servers::shared().await.clone() };
        let world = TestWorld::on(servers, "expiration").await;
        let mut app = Self { world, redis, replicas: Vec::new() };
        app.start_replica().await;
        app
    }

    pub async fn start_replica(&mut self) {
        let running = expiration::app::start(self.config(), self.world.clock.clone()).await.unwrap();
        self.replicas.push(running);
    }

    pub async fn stop(self) {
        for running in self.replicas {
            running.stop().await.unwrap();
        }
    }

    /// The bus of the first replica.
    pub fn bus(&self) -> &Bus {
        self.replicas[0].bus()
    }

    pub fn port(&self) -> u16 {
        self.replicas[0].port()
    }

    pub fn internal_port(&self) -> u16 {
        self.replicas[0].internal_port()
    }

    pub fn config(&self) -> Config {
        Config {
            service: self.world.service_config(),
            redis_url: self.redis.url().into(),
            redis_prefix: PREFIX.to_owned(),
        }
    }

    /// A Redis that this test may do harm to.
    pub fn redis(&mut self) -> &mut TestRedis {
        &mut self.redis
    }

    /// The index as another replica would see it.
    pub fn schedule(&self) -> Schedule {
        Schedule::open(&self.redis.url(), PREFIX).unwrap()
    }

    /// An order that was placed now and is held for so long.
    pub async fn place(&self, hold: Duration) -> OrderSnapshot {
        let order = order(self.world.now(), hold);
        self.world.publish(OrderCreated(order.clone())).await;
        order
    }

    pub async fn cancel(&self, order: &OrderSnapshot) {
        self.world.publish(OrderCancelled(cancelled(order))).await;
    }

    pub async fn fired(&self) -> Vec<TimerSnapshot> {
        let facts = self.world.published::<ExpirationCompleted>().await;
        facts.into_iter().map(|fact| fact.0).collect()
    }

    /// Waits until the timer of this order has fired.
    pub async fn fires(&self, order: OrderId) -> TimerSnapshot {
        let find = async || self.fired().await.into_iter().find(|timer| timer.id == order);
        self.world.eventually("the timer to fire", find).await
    }

    /// Waits until so many timers are indexed.
    pub async fn indexed(&self, count: usize) {
        let look = async || (self.redis.indexed().await? == count).then_some(());
        self.world.eventually("the timers to be indexed", look).await;
    }
}

const PREFIX: &str = "test";

/// A Redis server of one test's own.
pub struct TestRedis {
    port: u16,
    child: Option<Child>,
}

impl TestRedis {
    pub async fn start() -> Self {
        let port = free_port();
        Self { port, child: Some(start_redis(port).await) }
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Ends it, as a crash would; what it held is gone.
    pub fn kill(&mut self) {
        drop(self.child.take());
    }

    /// Starts it again, empty.
    pub async fn restart(&mut self) {
        self.kill();
        self.child = Some(start_redis(self.port).await);
    }

    /// Takes away everything, as an operator's mistake would.
    pub async fn flush(&self) {
        let () = redis::cmd("FLUSHALL").query_async(&mut self.connect().await.unwrap()).await.unwrap();
    }

    /// Takes away one timer and leaves the rest.
    pub async fn forget(&self, order: OrderId) {
        let key = format!("{{{PREFIX}}}:deadlines");
        let mut connection = self.connect().await.unwrap();
        let removed: usize = connection.zrem(key, order.to_string()).await.unwrap();
        assert_eq!(removed, 1, "the timer was not in the index");
    }

    async fn indexed(&self) -> Option<usize> {
        let key = format!("{{{PREFIX}}}:deadlines");
        self.connect().await?.zcard(key).await.ok()
    }

    async fn connect(&self) -> Option<redis::aio::MultiplexedConnection> {
        let client = redis::Client::open(self.url()).unwrap();
        client.get_multiplexed_async_connection().await.ok()
    }
}

/// The first snapshot of an order.
pub fn order(now: common::clock::Timestamp, hold: Duration) -> OrderSnapshot {
    let price = Money::new(5_000, Currency::Eur);
    OrderSnapshot {
        id: OrderId::generate(),
        version: 1,
        listing_id: ListingId::generate(),
        show_id: ShowId::generate(),
        buyer_id: UserId::generate(),
        seller_id: UserId::generate(),
        seats: Vec::new(),
        price,
        fees: None,
        total: price,
        status: OrderStatus::AwaitingPayment,
        created_at: now,
        expires_at: now.plus(hold),
        payment_id: None,
        cancel_reason: None,
        changed_at: now,
    }
}

/// The next snapshot of an order that was given up.
pub fn cancelled(order: &OrderSnapshot) -> OrderSnapshot {
    OrderSnapshot { version: order.version + 1, status: OrderStatus::Cancelled, ..order.clone() }
}

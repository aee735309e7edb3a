//! The composition root: what the service is made of.

use std::sync::Arc;

use common::{
    bus::Bus,
    clock::Clock,
    config::ConfigError,
    http::ApiInfo,
    service::{Running, Service, StartError},
};
use redis::RedisError;
use secrecy::ExposeSecret as _;

use crate::{
    audit, config::Config, domain::Timer, keeper, listeners, schedule::Schedule, store::Timers, worker,
};

/// What the document of the API says; there is no route in it.
const INFO: ApiInfo = ApiInfo {
    area: "expiration",
    title: "Stagedoor expiration",
    description: "Timers of orders. It listens and publishes, and has no routes.",
};

/// What the listener, the worker and the keeper work with.
#[derive(Clone)]
pub struct Context {
    /// Commits and publishes.
    pub bus: Bus,
    /// The time.
    pub clock: Clock,
    /// The timers, in MongoDB.
    pub timers: Timers,
    /// The index of their deadlines, in Redis.
    pub schedule: Arc<Schedule>,
}

impl Context {
    /// Works through this bus, with this index.
    pub fn new(bus: Bus, clock: Clock, schedule: Schedule) -> Self {
        let timers = Timers::new(bus.repository());
        Self { bus, clock, timers, schedule: Arc::new(schedule) }
    }
}

/// Starts the service. Redis may be away: it is connected to when first needed, and again when lost.
pub async fn start(config: Config, clock: Clock) -> Result<Running, StartError> {
    let schedule = Schedule::open(config.redis_url.expose_secret(), &config.redis_prefix)
        .map_err(|error| ConfigError::new("REDIS_URL", reason(&error)))?;
    let service = Service::connect("expiration", &config.service, clock).await?;
    service.register::<Timer>().await?;
    let context = Context::new(service.bus(), service.clock(), schedule);
    service.listen(listeners::table(), context.clone()).await?;
    service.audit(audit::table(), context.timers.clone());
    service.spawn("worker", worker::run(context.clone(), service.stopping()));
    service.spawn("keeper", keeper::run(context, service.stopping()));
    service.serve(INFO, |_| {})
}

/// What is wrong with an address, without the address: it may hold a password.
fn reason(error: &RedisError) -> String {
    format!("it must be an address such as redis://host:6379/ ({:?})", error.kind())
}

//! The composition root: what orders is made of.

use common::{
    bus::Bus,
    clock::Clock,
    live::Feed,
    service::{Running, Service, StartError},
};

use crate::{
    audit,
    config::Config,
    domain::{inventory::Inventory, order::Order, placing::Terms},
    listeners,
    live::OrdersLive,
    routes,
    store::{Inventories, Orders},
    sweeper,
};

/// What the routes, the listeners and the sweeper work with.
#[derive(Clone)]
pub struct Context {
    /// Commits units of work.
    pub bus: Bus,
    /// The time that judges deadlines.
    pub clock: Clock,
    /// The orders.
    pub orders: Orders,
    /// What is known of the listings.
    pub inventories: Inventories,
    /// How long seats are held, and for how many orders of one buyer.
    pub terms: Terms,
}

/// Starts orders; it serves when this returns.
pub async fn start(config: Config, clock: Clock) -> Result<Running, StartError> {
    let (service, context) = connect(&config, clock).await?;
    service.listen(listeners::table(), context.clone()).await?;
    service.audit(audit::table(), context.clone());
    service.spawn("sweeper", sweeper::run(context.clone(), service.stopping()));
    let feed: Feed<OrdersLive> = service.show(OrdersLive::of(&context.orders));
    service.serve(routes::API, routes::configure(context, feed))
}

/// Connects to the servers and starts nothing yet.
pub async fn connect(config: &Config, clock: Clock) -> Result<(Service, Context), StartError> {
    let service = Service::connect("orders", &config.service, clock).await?;
    service.register::<Order>().await?;
    service.register::<Inventory>().await?;
    let bus = service.bus();
    let context = Context {
        clock: service.clock(),
        orders: Orders::of(&bus),
        inventories: Inventories::of(&bus),
        terms: config.terms,
        bus,
    };
    Ok((service, context))
}

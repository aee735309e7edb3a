//! The composition root: what is connected to what.

use std::{sync::Arc, time::Duration};

use common::{
    bus::Bus,
    clock::Clock,
    service::{Running, Service, StartError},
};
use secrecy::SecretString;

use crate::{
    audit,
    config::Config,
    domain::{Payment, Payout},
    gateway::{PaymentGateway, sandbox::SandboxGateway},
    listeners,
    reconciler::{self, Hints},
    routes,
    store::{OrderView, Orders, Payments, Payouts},
};

/// What routes, listeners and the reconciler work with.
#[derive(Clone)]
pub struct Context {
    /// Commits units of work.
    pub bus: Bus,
    /// The time.
    pub clock: Clock,
    /// The payments.
    pub payments: Payments,
    /// The payouts.
    pub payouts: Payouts,
    /// What is known of orders.
    pub orders: Orders,
    /// Whoever moves the money.
    pub gateway: Arc<dyn PaymentGateway>,
    /// How long the gateway may take to answer.
    pub gateway_timeout: Duration,
    /// The way to the reconciler.
    pub hints: Hints,
    /// What the gateway signs webhooks with.
    pub webhook_secret: SecretString,
}

/// Starts payments; it serves when this returns.
pub async fn start(config: Config, clock: Clock) -> Result<Running, StartError> {
    let gateway = SandboxGateway::new(
        &config.sandbox_gateway_url,
        &config.sandbox_gateway_public_url,
        config.gateway_timeout,
    )
    .map_err(|error| StartError::own("make the client of the payment gateway", error))?;
    let service = Service::connect("payments", &config.service, clock).await?;
    service.register::<Payment>().await?;
    service.register::<Payout>().await?;
    service.register::<OrderView>().await?;

    let (bus, clock) = (service.bus(), service.clock());
    let (hints, hinted) = Hints::channel();
    let context = Context {
        payments: Payments::of(&bus),
        payouts: Payouts::of(&bus),
        orders: Orders::of(&bus),
        bus,
        clock,
        gateway: Arc::new(gateway),
        gateway_timeout: config.gateway_timeout,
        hints,
        webhook_secret: config.sandbox_webhook_secret,
    };
    service.listen(listeners::table(), context.clone()).await?;
    service.audit(audit::table(), audit::Context::from(&context));
    service.spawn("reconciler", reconciler::run(context.clone(), hinted, service.stopping()));
    service.serve(routes::API, routes::configure(context))
}

//! The frame of a service: it connects, starts and stops everything in the right order.
//!
//! Start: MongoDB (a replica set), NATS, the bus, indexes, the keys of auth, listeners, own tasks, and the
//! HTTP ports last. Stop: not ready at once, serving on for the drain, no new connections, own tasks and
//! listeners finish what they began, the outboxes are flushed. If any task ends by itself, the process ends.

mod nats;
mod trust;

use std::{error::Error, future::Future, process::ExitCode, time::Duration};

use bson::doc;
use mongodb::Database;
use secrecy::ExposeSecret as _;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use utoipa_actix_web::service_config::ServiceConfig as Routes;

use crate::{
    audit::{Auditor, Audits},
    bus::{Aggregate, Bus, BusConfig, BusError, ListenerInfo, Listeners, Namespace},
    clock::Clock,
    config::{self, ConfigError, FromEnv, ServiceConfig},
    control,
    http::{self, ApiInfo, HttpServer, KeyRing, Readiness, RunningServer},
    live::{Feed, Live},
    mongo::{self, MongoError},
    shutdown::{self, EndedEarly, Tasks, Unfinished},
    telemetry,
};

/// The service that owns the signing keys; it needs nobody to tell it about them.
const AUTH: &str = "auth";
/// How often MongoDB is asked whether it is there.
const PING_INTERVAL: Duration = Duration::from_secs(1);
const PING_TIMEOUT: Duration = Duration::from_secs(3);
/// How long listeners and own tasks may take to finish what they began.
const FRONT_TIMEOUT: Duration = Duration::from_secs(25);
/// How long the last commits and the outboxes may take.
const BACK_TIMEOUT: Duration = Duration::from_secs(10);

/// A service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The environment is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// MongoDB cannot be used.
    #[error(transparent)]
    Mongo(#[from] MongoError),
    /// NATS cannot be reached.
    #[error("reach NATS (check NATS_URL)")]
    Nats(#[source] async_nats::ConnectError),
    /// The bus cannot start.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// A port cannot be served.
    #[error(transparent)]
    Http(#[from] http::StartError),
    /// Signals cannot be received.
    #[error("listen for signals")]
    Signals(#[source] std::io::Error),
    /// Something of the service's own.
    #[error("{0}")]
    Own(String, #[source] Box<dyn Error + Send + Sync>),
}

impl StartError {
    /// Something of the service's own cannot start; `what` fits “failed to {what}”.
    pub fn own(what: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Own(what.into(), source.into())
    }
}

/// Why a service ended that nobody had stopped, or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A task ended by itself.
    #[error(transparent)]
    Task(#[from] EndedEarly),
    /// A port is not served any more.
    #[error("serve the ports: {0:?}")]
    Server(Option<std::io::Error>),
    /// Tasks did not finish within their time.
    #[error(transparent)]
    Unfinished(#[from] Unfinished),
}

/// The listeners that [`Service::connect`] adds to a service's own table, for the catalogue.
pub fn shared_listeners(service: &str) -> Vec<ListenerInfo> {
    if service == AUTH { Vec::new() } else { trust::table(service).infos() }
}

/// A service that is being put together.
pub struct Service {
    name: &'static str,
    config: ServiceConfig,
    clock: Clock,
    bus: Bus,
    readiness: Readiness,
    keys: KeyRing,
    /// What commits: listeners and the service's own tasks. Stopped first.
    front: Tasks,
    /// What they commit through: committer, relay, repair. Stopped last.
    back: Tasks,
}

impl Service {
    /// Connects to MongoDB and NATS and starts the bus.
    pub async fn connect(
        name: &'static str,
        config: &ServiceConfig,
        clock: Clock,
    ) -> Result<Self, StartError> {
        control::announce();
        let database = config.mongodb_database.as_deref().unwrap_or(name);
        let database = mongo::connect(config.mongodb_uri.expose_secret(), database).await?;
        let client = nats::connect(name, config).await.map_err(StartError::Nats)?;
        let namespace = config.nats_namespace.as_deref().unwrap_or_default();
        let namespace: Namespace =
            namespace.parse().map_err(|error| ConfigError::new("NATS_NAMESPACE", error))?;
        let (front, back) = (Tasks::new(CancellationToken::new()), Tasks::new(CancellationToken::new()));
        let bus = Bus::start(BusConfig::new(name, namespace), database.clone(), client, clock.clone(), &back)
            .await?;
        let readiness = Readiness::new();
        let pinging = watch_mongodb(database, readiness.clone(), back.stopping());
        back.spawn("mongodb watch", pinging);
        let keys = KeyRing::new();
        let service = Self { name, config: config.clone(), clock, bus, readiness, keys, front, back };
        if name != AUTH {
            trust::follow_auth(&service).await?;
        }
        Ok(service)
    }

    /// The bus of this service.
    pub fn bus(&self) -> Bus {
        self.bus.clone()
    }

    /// The clock of this service.
    pub fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// The keys that access tokens are verified with.
    pub fn keys(&self) -> KeyRing {
        self.keys.clone()
    }

    /// What `/readyz` answers; a service may add checks of its own.
    pub fn readiness(&self) -> Readiness {
        self.readiness.clone()
    }

    /// Tells a task of this service when to stop.
    pub fn stopping(&self) -> CancellationToken {
        self.front.stopping()
    }

    /// Makes the indexes of an aggregate and lets the bus look after its documents.
    pub async fn register<A: Aggregate>(&self) -> Result<(), StartError> {
        Ok(self.bus.register::<A>().await?)
    }

    /// Starts the listeners of a table.
    pub async fn listen<C: Clone + Send + Sync + 'static>(
        &self,
        table: Listeners<C>,
        context: C,
    ) -> Result<(), StartError> {
        Ok(self.bus.listen(table, context, &self.front).await?)
    }

    /// Starts a task of this service's own, which has to go on until [`Self::stopping`] is cancelled.
    pub fn spawn(&self, name: impl Into<String>, task: impl Future<Output = ()> + Send + 'static) {
        self.front.spawn(name, task);
    }

    /// Audits what a table lists, every `AUDIT_INTERVAL_SECS`.
    pub fn audit<C: Clone + Send + Sync + 'static>(&self, audits: Audits<C>, context: C) {
        let auditor = Auditor::new(self.bus(), audits, context);
        if let Some(every) = self.config.audit_interval {
            self.front.spawn("auditor", auditor.run(every, self.front.stopping()));
        }
    }

    /// Lets people follow something as it changes.
    pub fn show<L: Live>(&self, live: L) -> Feed<L> {
        let feed = Feed::new(live, self.bus());
        self.front.spawn(format!("live {}", L::EVENT), feed.clone().run(self.front.stopping()));
        feed
    }

    /// Serves both ports; they answer when this returns. Every aggregate has to be registered by now.
    pub fn serve<F>(self, api: ApiInfo, routes: F) -> Result<Running, StartError>
    where
        F: Fn(&mut Routes) + Clone + Send + 'static,
    {
        let server = HttpServer {
            service: self.name,
            config: self.config,
            readiness: self.readiness.clone(),
            keys: self.keys.clone(),
            clock: self.clock,
            api,
        };
        let server = server.start(routes)?;
        self.bus.look_after_stream(&self.back);
        tracing::info!(
            service = self.name,
            port = server.port(),
            internal_port = server.internal_port(),
            "serving"
        );
        Ok(Running {
            server,
            bus: self.bus,
            keys: self.keys,
            readiness: self.readiness,
            front: self.front,
            back: self.back,
        })
    }
}

/// A service that runs.
pub struct Running {
    server: RunningServer,
    bus: Bus,
    keys: KeyRing,
    readiness: Readiness,
    front: Tasks,
    back: Tasks,
}

impl Running {
    /// The public port.
    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// The port for `/livez`, `/readyz` and `/metrics`.
    pub fn internal_port(&self) -> u16 {
        self.server.internal_port()
    }

    /// The bus, for tests that look at the service from inside.
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// The keys that access tokens are verified with.
    pub fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// Whether the service can serve.
    pub fn is_ready(&self) -> bool {
        self.readiness.is_ready()
    }

    /// Stops gracefully: drain, finish what was begun, flush the outboxes.
    pub async fn stop(self) -> Result<(), RunError> {
        self.server.stop().await;
        let front = self.front.finish(FRONT_TIMEOUT).await;
        let back = self.back.finish(BACK_TIMEOUT).await;
        Ok(front.and(back)?)
    }

    /// Ends at once and leaves everything as it is, as a crash would.
    #[cfg(feature = "testing")]
    pub fn abandon(self) {
        std::mem::forget(self);
    }

    /// Runs until SIGTERM or SIGINT and then stops; an error if a task or a port ends before.
    pub async fn wait(mut self) -> Result<(), RunError> {
        let asked = shutdown::on_signal().map_err(|error| RunError::Server(Some(error)))?;
        tokio::select! {
            () = asked.cancelled() => {}
            ended = self.front.ended_early() => return Err(ended.into()),
            ended = self.back.ended_early() => return Err(ended.into()),
            ended = self.server.ended() => return Err(RunError::Server(ended.err())),
        }
        self.stop().await
    }
}

/// What `main` does: reads the configuration, starts the service, runs it to its end.
pub async fn main<C, F>(start: impl FnOnce(C, Clock) -> F) -> ExitCode
where
    C: FromEnv + AsRef<ServiceConfig>,
    F: Future<Output = Result<Running, StartError>>,
{
    match run(start).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = %telemetry::chain(&*error), "the service ends");
            ExitCode::FAILURE
        }
    }
}

async fn run<C, F>(start: impl FnOnce(C, Clock) -> F) -> Result<(), Box<dyn Error>>
where
    C: FromEnv + AsRef<ServiceConfig>,
    F: Future<Output = Result<Running, StartError>>,
{
    let config = config::from_env::<C>().inspect_err(|_| telemetry::init(config::LogFormat::default()))?;
    telemetry::init(config.as_ref().log_format);
    #[cfg(feature = "failpoints")]
    crate::failpoint::arm(&config::Env::of_process())?;
    Ok(start(config, Clock::system()).await?.wait().await?)
}

/// Keeps the readiness check `mongodb` current. NATS is no part of readiness: without it a service still
/// serves, and its events wait in the outboxes.
async fn watch_mongodb(database: Database, readiness: Readiness, stopping: CancellationToken) {
    let check = readiness.check("mongodb");
    let mut ping = interval(PING_INTERVAL);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ping.tick() => {}
            () = stopping.cancelled() => return,
        }
        let answer = timeout(PING_TIMEOUT, database.run_command(doc! { "ping": 1 })).await;
        check.set(matches!(answer, Ok(Ok(_))));
    }
}

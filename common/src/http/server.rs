//! The two ports of a service, and how they end: not ready at once, serving on while the load balancer
//! notices, and only then refusing new connections and finishing what is under way.

use std::{future::ready, io, net::SocketAddr, time::Duration};

use actix_web::{
    App, HttpResponse, HttpServer as ActixServer,
    dev::{Server, ServerHandle},
    http::KeepAlive,
    middleware::from_fn,
    web::{self, Data},
};
use bytes::Bytes;
use tokio::task::JoinHandle;
use utoipa_actix_web::{AppExt as _, service_config::ServiceConfig as Routes};

use super::{
    ApiInfo, KeyRing, Readiness,
    edge::{self, Edge},
    fallback::{RouteTable, fallback},
    internal,
    openapi::openapi_of,
    streams::Streams,
};
use crate::{clock::Clock, config::ServiceConfig, telemetry};

/// For each worker; the ingress keeps far fewer open.
const MAX_CONNECTIONS: usize = 10_000;
/// Longer than the ingress keeps an idle connection, so that it is the ingress that closes it.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long a caller may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a caller may take to close its connection.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long requests under way may take when the server stops.
const FINISH_SECS: u64 = 10;
/// How often measurements are put in order, if nobody reads them.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// The port could not be served.
#[derive(Debug, thiserror::Error)]
#[error("serve {name} on {address}")]
pub struct StartError {
    /// Which port: `PORT` or `INTERNAL_PORT`.
    pub name: &'static str,
    /// Where it should have been.
    pub address: String,
    /// Why it could not.
    #[source]
    pub source: io::Error,
}

/// Everything that the ports of a service need.
#[derive(Debug, Clone)]
pub struct HttpServer {
    /// The name of the service, in measurements.
    pub service: &'static str,
    /// Addresses, bounds and times.
    pub config: ServiceConfig,
    /// What `/readyz` answers.
    pub readiness: Readiness,
    /// Who is believed.
    pub keys: KeyRing,
    /// The time by which tokens expire.
    pub clock: Clock,
    /// What the API is about.
    pub api: ApiInfo,
}

impl HttpServer {
    /// Serves both ports; they answer when this returns.
    pub fn start<F>(self, routes: F) -> Result<RunningServer, StartError>
    where
        F: Fn(&mut Routes) + Clone + Send + 'static,
    {
        telemetry::install_metrics();
        let readiness = self.readiness.clone();
        let drain = Duration::from_secs(self.config.drain_secs);
        let (internal, internal_address) = self.internal()?;
        let streams = Streams::new(self.config.max_streams, self.config.max_streams_per_caller);
        let (public, address) = self.public(streams.clone(), routes)?;
        let handles = (public.handle(), internal.handle());
        Ok(RunningServer {
            readiness,
            drain,
            streams,
            port: address.port(),
            internal_port: internal_address.port(),
            public: Part { handle: handles.0, task: tokio::spawn(public) },
            internal: Part { handle: handles.1, task: tokio::spawn(internal) },
            upkeep: tokio::spawn(upkeep()),
        })
    }

    fn public<F>(self, streams: Streams, routes: F) -> Result<(Server, SocketAddr), StartError>
    where
        F: Fn(&mut Routes) + Clone + Send + 'static,
    {
        let document = openapi_of(self.api, routes.clone());
        let table = Data::new(RouteTable::of(&document, &self.api.path()));
        let json = Bytes::from(serde_json::to_vec(&document).unwrap_or_default());
        let address = (self.config.bind_address.clone(), self.config.port);
        let (workers, path) = (self.config.http_workers, self.api.path());
        let edge = Data::new(Edge {
            service: self.service.to_owned(),
            public_origin: self.config.public_origin,
            keys: self.keys,
            clock: self.clock,
            streams,
        });
        let app = move || {
            let json = json.clone();
            let document = web::get().to(move || ready(document_answer(json.clone())));
            // Before the table, in which `/api/shows/{id}` would match as well.
            let app = App::new().route(&path, document).into_utoipa_app().configure(routes.clone());
            app.into_app()
                .app_data(table.clone())
                .app_data(edge.clone())
                .default_service(web::to(fallback))
                .wrap(from_fn(edge::through))
        };
        let server = ActixServer::new(app)
            .workers(workers)
            .worker_max_blocking_threads(1)
            .max_connections(MAX_CONNECTIONS)
            .keep_alive(KeepAlive::Timeout(KEEP_ALIVE))
            .client_request_timeout(HEAD_TIMEOUT)
            .client_disconnect_timeout(DISCONNECT_TIMEOUT)
            // Whoever has closed its side reads no more: an event stream ends at once, and not when it next writes.
            .h1_allow_half_closed(false)
            .shutdown_timeout(FINISH_SECS)
            .disable_signals();
        let failed =
            |source| StartError { name: "PORT", address: format!("{}:{}", address.0, address.1), source };
        let server = server.bind(address.clone()).map_err(failed)?;
        let address = first(&server.addrs());
        Ok((server.run(), address))
    }

    fn internal(&self) -> Result<(Server, SocketAddr), StartError> {
        let readiness = self.readiness.clone();
        let app = move || App::new().configure(|config| internal::configure(config, readiness.clone()));
        let address = (self.config.bind_address.clone(), self.config.internal_port);
        let failed = |source| StartError {
            name: "INTERNAL_PORT",
            address: format!("{}:{}", address.0, address.1),
            source,
        };
        let server = ActixServer::new(app)
            .workers(1)
            .worker_max_blocking_threads(1)
            .max_connections(100)
            .client_request_timeout(HEAD_TIMEOUT)
            .shutdown_timeout(1)
            .disable_signals()
            .bind(address.clone())
            .map_err(failed)?;
        let address = first(&server.addrs());
        Ok((server.run(), address))
    }
}

/// Both ports, being served.
#[derive(Debug)]
pub struct RunningServer {
    readiness: Readiness,
    drain: Duration,
    streams: Streams,
    port: u16,
    internal_port: u16,
    public: Part,
    internal: Part,
    upkeep: JoinHandle<()>,
}

struct Part {
    handle: ServerHandle,
    task: JoinHandle<io::Result<()>>,
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Part").field("task", &self.task).finish_non_exhaustive()
    }
}

impl RunningServer {
    /// The public port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The port for `/livez`, `/readyz` and `/metrics`.
    pub fn internal_port(&self) -> u16 {
        self.internal_port
    }

    /// Waits until a port is not served any more, though nobody asked for it.
    pub async fn ended(&mut self) -> io::Result<()> {
        let ended = tokio::select! {
            ended = &mut self.public.task => ended,
            ended = &mut self.internal.task => ended,
        };
        ended.map_err(io::Error::other)?
    }

    /// Drains and closes.
    pub async fn stop(self) {
        self.drain().await;
        self.close().await;
    }

    /// Not ready at once, and serving on until no load balancer sends anybody any more.
    pub async fn drain(&self) {
        self.readiness.stop();
        tokio::time::sleep(self.drain).await;
    }

    /// Ends the event streams, takes no new connections, and returns when requests under way are finished, or
    /// after a bound.
    pub async fn close(self) {
        self.streams.end();
        self.public.stop().await;
        self.internal.stop().await;
        self.upkeep.abort();
    }
}

impl Part {
    async fn stop(self) {
        self.handle.stop(true).await;
        // Both ways to end say the same here: it has ended.
        let _ = self.task.await;
    }
}

fn document_answer(document: Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header(("Cache-Control", "public, max-age=60"))
        .body(document)
}

async fn upkeep() {
    let mut interval = tokio::time::interval(UPKEEP_INTERVAL);
    loop {
        interval.tick().await;
        telemetry::tend_metrics();
    }
}

fn first(addresses: &[SocketAddr]) -> SocketAddr {
    addresses.first().copied().unwrap_or_else(|| SocketAddr::from(([0, 0, 0, 0], 0)))
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;

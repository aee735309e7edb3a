//! The processes that a marketplace consists of, each of which a test may kill and start again.

use std::{
    path::{Path, PathBuf},
    process::ExitStatus,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use tokio::runtime::Handle;
use xtask::{
    children::Process,
    client,
    log::Log,
    servers::{self, Servers, wait_for},
    workspace::Workspace,
};

use super::{
    Patience,
    doors::Doors,
    ports, remains,
    surroundings::{Surroundings, binaries, tools},
    wait::until,
};

/// How long a part may take to start. Generous: several marketplaces may start at once.
const READY_BOUND: Duration = Duration::from_mins(1);

/// How often it is looked whether a process has ended.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// A service of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    Auth,
    Tickets,
    Orders,
    Expiration,
    Payments,
}

impl Service {
    /// All five.
    pub const ALL: [Self; 5] = [Self::Auth, Self::Tickets, Self::Orders, Self::Expiration, Self::Payments];

    /// Its binary; also its database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Tickets => "tickets",
            Self::Orders => "orders",
            Self::Expiration => "expiration",
            Self::Payments => "payments",
        }
    }
}

/// Where everything listens, on the loopback.
#[derive(Debug, Clone, Copy)]
pub struct Ports {
    /// What browsers see.
    pub ingress: u16,
    /// The payment gateway.
    pub gateway: u16,
    /// The client, once somebody has started it.
    pub client: u16,
    /// The servers that the services stand on.
    pub servers: servers::Ports,
    services: [u16; 5],
    internal: [u16; 5],
}

impl Ports {
    /// Ports that nobody has.
    pub fn new() -> Self {
        let next = |()| ports::next();
        Self {
            ingress: ports::next(),
            gateway: ports::next(),
            client: ports::next(),
            servers: servers::Ports { mongodb: ports::next(), nats: ports::next(), redis: ports::next() },
            services: [(); 5].map(next),
            internal: [(); 5].map(next),
        }
    }

    /// The same, with the gateway behind another port.
    #[must_use]
    pub fn with_gateway(self, gateway: u16) -> Self {
        Self { gateway, ..self }
    }

    /// The same, with the ingress behind another port.
    #[must_use]
    pub fn with_ingress(self, ingress: u16) -> Self {
        Self { ingress, ..self }
    }

    /// The public and the internal port of a service.
    pub fn of(&self, service: Service) -> (u16, u16) {
        let [auth, tickets, orders, expiration, payments] = self.services;
        let [i_auth, i_tickets, i_orders, i_expiration, i_payments] = self.internal;
        match service {
            Service::Auth => (auth, i_auth),
            Service::Tickets => (tickets, i_tickets),
            Service::Orders => (orders, i_orders),
            Service::Expiration => (expiration, i_expiration),
            Service::Payments => (payments, i_payments),
        }
    }
}

/// All processes of one marketplace. They end with this process.
pub struct Machinery {
    ports: Ports,
    dir: PathBuf,
    mongodb_uri: String,
    parts: Mutex<Parts>,
}

struct Parts {
    servers: Servers,
    services: Vec<(Service, Process)>,
    _gateway: Process,
    _ingress: Process,
    client: Option<Process>,
}

impl Machinery {
    /// Starts everything, with data and logs in a directory of that name; all of it is ready when this
    /// returns. Blocks, on a thread where one may.
    pub fn start(name: &str, patience: Patience, doors: &Doors) -> Result<Self> {
        let (ports, dir) = (Ports::new(), remains::dir().join(name));
        let binaries = binaries()?;
        let workspace = Workspace::here();
        let log = Log::quiet();
        let tools = tools(&workspace)?;
        let specs = doors.specs(&tools, &dir, ports.servers)?;
        let mut servers = Servers::start_from(specs, ports.servers, &log)?;
        servers.wait_until_ready(READY_BOUND)?;
        Handle::current().block_on(doors.prepare(ports.servers))?;
        let mut surroundings = Surroundings { ports, patience, servers: Vec::new(), dir: &dir, binaries };
        let mut gateway = Process::start(surroundings.gateway(), &log)?;
        wait_for(&mut gateway, deadline(), || answers_ok(ports.gateway))?;
        let mut services = Vec::new();
        for service in Service::ALL {
            surroundings.servers = doors.told(service, ports.servers)?;
            services.push((service, Process::start(surroundings.service(service), &log)?));
        }
        for (service, process) in &mut services {
            wait_for(process, deadline(), || answers_ok(ports.of(*service).1))?;
        }
        let ingress = surroundings.ingress().start(&workspace, &tools.nginx, &log)?;
        let parts = Parts { servers, services, _gateway: gateway, _ingress: ingress, client: None };
        let mongodb_uri = doors.mongodb_uri(ports.servers)?;
        Ok(Self { ports, dir: dir.clone(), mongodb_uri, parts: Mutex::new(parts) })
    }

    /// Starts the client, which few tests need, and waits until it answers. Blocks.
    pub fn start_client(&self) -> Result<()> {
        let place = client::Place {
            port: self.ports.client,
            tickets_port: self.ports.of(Service::Tickets).0,
            public_origin: format!("http://stagedoor.localhost:{}", self.ports.ingress),
            dir: self.dir.clone(),
        };
        let mut process = Process::start(client::spec(&Workspace::here(), &place)?, &Log::quiet())?;
        wait_for(&mut process, deadline(), || {
            ensure!(xtask::ports::answers(place.port), "nobody answers on port {}", place.port);
            Ok(())
        })?;
        self.parts().client = Some(process);
        Ok(())
    }

    /// Where everything listens.
    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    /// Where its data and logs are.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// How its databases are reached.
    pub fn mongodb_uri(&self) -> &str {
        &self.mongodb_uri
    }

    /// Kills a service, as a power cut would.
    pub fn kill(&self, service: Service) {
        self.with(service, Process::kill);
    }

    /// Starts a service that was killed, and waits until it says that it can serve.
    pub async fn start_again(&self, service: Service) {
        self.with(service, |process| process.start_again().expect("start a service again"));
        self.until_ready(service).await;
    }

    /// Starts a service again, by killing it if it runs, with this value of a variable from now on. Whether
    /// it will be ready is another matter: the variable may be the end of it.
    pub fn start_with(&self, service: Service, variable: &str, value: &str) {
        self.with(service, |process| {
            let mut spec = process.spec().clone();
            spec.env.retain(|(name, _)| name != variable);
            spec.env.push((variable.to_owned(), value.to_owned()));
            // The record and the log of the process that was are the new one's from here on.
            process.kill();
            *process = Process::start(spec, &Log::quiet()).expect("start a service with a variable");
        });
    }

    /// Waits, as long as the caller does, until a service has ended by itself.
    pub async fn until_ended(&self, service: Service) -> ExitStatus {
        loop {
            if let Some(status) = self.with(service, Process::ended) {
                return status;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// What a service counts, as Prometheus reads it.
    pub async fn metrics(&self, service: Service) -> String {
        let url = format!("http://127.0.0.1:{}/metrics", self.ports.of(service).1);
        let response = reqwest::get(url).await.expect("ask for the metrics");
        response.text().await.expect("read the metrics")
    }

    /// Publishes bytes that are no event, past every outbox.
    pub fn publish_nonsense(&self, subject: &str) {
        use std::io::{Read as _, Write as _};
        let address = ("127.0.0.1", self.ports.servers.nats);
        let mut stream = std::net::TcpStream::connect(address).expect("reach NATS");
        stream.set_read_timeout(Some(Duration::from_secs(5))).expect("set a timeout");
        let commands = format!("CONNECT {{\"verbose\":false}}\r\nPUB {subject} 8\r\nnonsense\r\nPING\r\n");
        stream.write_all(commands.as_bytes()).expect("publish");
        let mut answer = Vec::new();
        // NATS answers in order: after the PONG it has the message.
        while !answer.windows(4).any(|bytes| bytes == b"PONG") {
            let mut bytes = [0; 1024];
            let count = stream.read(&mut bytes).expect("read the answer of NATS");
            assert_ne!(count, 0, "NATS hung up: {}", String::from_utf8_lossy(&answer));
            answer.extend_from_slice(&bytes[..count]);
        }
    }

    /// Kills NATS.
    pub fn kill_nats(&self) {
        self.parts().servers.nats.kill();
    }

    /// Deletes all that NATS, which must not run, has ever stored.
    pub fn delete_the_streams(&self) {
        let store = self.dir.join("nats");
        std::fs::remove_dir_all(&store).expect("delete the streams");
        std::fs::create_dir(&store).expect("make an empty store");
    }

    /// Starts NATS again and waits until it takes connections.
    pub async fn start_nats_again(&self) {
        self.parts().servers.nats.start_again().expect("start NATS again");
        let port = self.ports.servers.nats;
        until("NATS to be there", async || servers::nats::check(port).map_err(|why| why.to_string())).await;
    }

    /// Makes Redis forget everything.
    pub fn flush_redis(&self) {
        self.tell_redis("FLUSHALL");
    }

    /// Has Redis carry out a command that it answers with OK.
    pub fn tell_redis(&self, command: &str) {
        use std::io::{Read as _, Write as _};
        let address = ("127.0.0.1", self.ports.servers.redis);
        let mut stream = std::net::TcpStream::connect(address).expect("reach Redis");
        stream.write_all(format!("{command}\r\n").as_bytes()).expect("ask Redis");
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).expect("read the answer of Redis");
        assert_eq!(&answer, b"+OK\r\n");
    }

    /// Starts whatever does not run, after a test that failed half-way.
    pub async fn make_whole(&self) {
        if self.parts().servers.nats.ended().is_some() {
            self.start_nats_again().await;
        }
        for service in Service::ALL {
            if self.with(service, |process| process.ended().is_some()) {
                self.start_again(service).await;
            }
        }
    }

    /// Waits until a service says that it can serve.
    pub async fn until_ready(&self, service: Service) {
        let port = self.ports.of(service).1;
        until(&format!("{} to be ready", service.name()), async || {
            answers_ok(port).map_err(|why| format!("{why:#}"))
        })
        .await;
    }

    fn with<T>(&self, service: Service, work: impl FnOnce(&mut Process) -> T) -> T {
        let mut parts = self.parts();
        let found = parts.services.iter_mut().find(|(known, _)| *known == service);
        work(&mut found.expect("all five services").1)
    }

    /// A test that failed while it held the lock has left nothing half done in here.
    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn deadline() -> Instant {
    Instant::now() + READY_BOUND
}

/// Succeeds when `/readyz` on that port answers 200.
pub fn answers_ok(port: u16) -> Result<()> {
    use std::io::{Read as _, Write as _};
    let address = (std::net::Ipv4Addr::LOCALHOST, port).into();
    let mut stream = std::net::TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    ensure!(answer.starts_with("HTTP/1.1 200"), "it answers {}", answer.lines().last().unwrap_or_default());
    Ok(())
}

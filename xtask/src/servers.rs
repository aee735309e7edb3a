//! The three servers that the services stand on, as real processes on ports of this machine.
//!
//! `up` and `test` start them with [`Servers::start`]. Tests of other crates use this library too (a
//! dev-dependency on `xtask`), to start servers of their own that they may stop, kill and start again:
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! use std::time::Duration;
//! use xtask::{log::Log, ports, provision, servers::{Ports, Servers}, workspace::Workspace};
//!
//! let workspace = Workspace::here();
//! let tools = provision::provision(&workspace, &Log::quiet())?;
//! let [mongodb, nats, redis] = ports::free()?;
//! let dir = workspace.test_run("mine");
//! let mut servers = Servers::start(&tools, &dir, Ports { mongodb, nats, redis }, &Log::quiet())?;
//! servers.wait_until_ready(Duration::from_secs(60))?;
//! servers.nats.kill();          // and, later,
//! servers.nats.start_again()?;  // on the same port with the same data
//! # Ok(()) }
//! ```

pub mod bson;
pub mod mongo;
pub mod nats;
pub mod redis;

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

use crate::{
    children::{Ended, Process, Spec},
    log::{Log, file},
    provision::Tools,
};

/// How long a server may take to write down what it has and to stop.
pub const STOP_BOUND: Duration = Duration::from_secs(20);

/// Where the servers listen, all on the loopback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    pub mongodb: u16,
    pub nats: u16,
    pub redis: u16,
}

/// How to start each of them; whoever wants one to be different changes it here.
#[derive(Debug, Clone)]
pub struct Specs {
    pub mongodb: Spec,
    pub nats: Spec,
    pub redis: Spec,
}

impl Specs {
    /// With data, logs and records under `dir`.
    pub fn new(tools: &Tools, dir: &Path, ports: Ports) -> Result<Self> {
        Ok(Self {
            mongodb: mongo::spec(&tools.mongod, dir, ports.mongodb)?,
            nats: nats::spec(&tools.nats_server, dir, ports.nats)?,
            redis: redis::spec(&tools.redis_server, dir, ports.redis)?,
        })
    }
}

/// The running servers. Dropping them kills them.
#[derive(Debug)]
pub struct Servers {
    pub mongodb: Process,
    pub nats: Process,
    pub redis: Process,
    ports: Ports,
}

impl Servers {
    /// Starts all three, with data, logs and records under `dir`; does not wait.
    pub fn start(tools: &Tools, dir: &Path, ports: Ports, log: &Log) -> Result<Self> {
        Self::start_from(Specs::new(tools, dir, ports)?, ports, log)
    }

    /// Starts all three in this way, on these ports; does not wait.
    pub fn start_from(specs: Specs, ports: Ports, log: &Log) -> Result<Self> {
        Ok(Self {
            mongodb: Process::start(specs.mongodb, log)?,
            nats: Process::start(specs.nats, log)?,
            redis: Process::start(specs.redis, log)?,
            ports,
        })
    }

    /// Waits until each can be used.
    pub fn wait_until_ready(&mut self, bound: Duration) -> Result<()> {
        let Ports { mongodb, nats, redis } = self.ports;
        let deadline = Instant::now() + bound;
        wait_for(&mut self.mongodb, deadline, || mongo::become_primary(mongodb))?;
        wait_for(&mut self.nats, deadline, || nats::check(nats))?;
        wait_for(&mut self.redis, deadline, || redis::check(redis))
    }

    /// What the services are told about them.
    pub fn environment(&self) -> Vec<(String, String)> {
        environment(self.ports)
    }

    /// Stops all three together, and tells how each ended.
    pub fn stop(&mut self) -> Vec<(String, Ended)> {
        stop_together([&mut self.mongodb, &mut self.nats, &mut self.redis], STOP_BOUND)
    }
}

/// What the services are told about servers on these ports that let everybody in.
pub fn environment(ports: Ports) -> Vec<(String, String)> {
    vec![
        ("MONGODB_URI".to_owned(), mongo::uri(ports.mongodb)),
        ("NATS_URL".to_owned(), nats::url(ports.nats)),
        ("REDIS_URL".to_owned(), redis::url(ports.redis)),
    ]
}

/// Asks all to stop at once, then waits for each, with one bound for all.
pub fn stop_together<'a>(
    processes: impl IntoIterator<Item = &'a mut Process>,
    bound: Duration,
) -> Vec<(String, Ended)> {
    let mut processes: Vec<&mut Process> = processes.into_iter().collect();
    let deadline = Instant::now() + bound;
    for process in &mut processes {
        process.ask_to_stop();
    }
    processes.into_iter().map(|process| (process.name().to_owned(), process.wait_until(deadline))).collect()
}

/// Waits until a check of a process succeeds. Gives up at the deadline, or when the process has ended,
/// with the reason and the end of its log.
pub fn wait_for(process: &mut Process, deadline: Instant, check: impl Fn() -> Result<()>) -> Result<()> {
    loop {
        let Err(why) = check() else { return Ok(()) };
        let log_file = process.spec().log_file();
        if let Some(status) = process.ended() {
            let last = file::tail(&log_file, 8).join("\n  ");
            bail!("{} ended ({status}) before it was ready; the end of its log:\n  {last}", process.name());
        }
        if Instant::now() > deadline {
            bail!("{} is not ready in time: {why:#}; its log is {}", process.name(), log_file.display());
        }
        thread::sleep(Duration::from_millis(30));
    }
}

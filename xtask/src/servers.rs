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
    children::{Ended, Process},
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
        Ok(Self {
            mongodb: Process::start(mongo::spec(&tools.mongod, dir, ports.mongodb)?, log)?,
            nats: Process::start(nats::spec(&tools.nats_server, dir, ports.nats)?, log)?,
            redis: Process::start(redis::spec(&tools.redis_server, dir, ports.redis)?, log)?,
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
        let Ports { mongodb, nats, redis } = self.ports;
        vec![
            ("MONGODB_URI".to_owned(), mongo::uri(mongodb)),
            ("NATS_URL".to_owned(), nats::url(nats)),
            ("REDIS_URL".to_owned(), redis::url(redis)),
        ]
    }

    /// Stops all three together, and tells how each ended.
    pub fn stop(&mut self) -> Vec<(String, Ended)> {
        stop_together([&mut self.mongodb, &mut self.nats, &mut self.redis], STOP_BOUND)
    }
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

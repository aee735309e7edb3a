//! MongoDB, NATS and Redis of `up`: those that the environment names, else our own.

use std::{env, time::Duration};

use anyhow::Result;

use super::running::Running;
use crate::{
    children::{Process, Spec},
    log::Log,
    provision::Tools,
    servers::{mongo, nats, redis},
    workspace::Workspace,
};

/// How long a server may take to recover its data.
pub const READY_BOUND: Duration = Duration::from_mins(2);

/// The private ports of our own servers: away from the usual ones, where others may listen.
pub const MONGODB_PORT: u16 = 7117;
pub const NATS_PORT: u16 = 7122;
pub const REDIS_PORT: u16 = 7179;

/// Where each server is, if the environment says so.
#[derive(Debug, Clone, Default)]
pub struct Backing {
    mongodb_uri: Option<String>,
    nats_url: Option<String>,
    redis_url: Option<String>,
}

impl Backing {
    /// Looks at `MONGODB_URI`, `NATS_URL` and `REDIS_URL`.
    pub fn from_environment() -> Self {
        let given = |name| env::var(name).ok().filter(|value| !value.is_empty());
        Self { mongodb_uri: given("MONGODB_URI"), nats_url: given("NATS_URL"), redis_url: given("REDIS_URL") }
    }

    /// The ports that our own servers need.
    pub fn wanted_ports(&self) -> Vec<(&'static str, u16)> {
        [
            (&self.mongodb_uri, ("mongod", MONGODB_PORT)),
            (&self.nats_url, ("nats-server", NATS_PORT)),
            (&self.redis_url, ("redis-server", REDIS_PORT)),
        ]
        .into_iter()
        .filter_map(|(given, wanted)| given.is_none().then_some(wanted))
        .collect()
    }

    /// Where the services find them.
    pub fn environment(&self) -> Vec<(String, String)> {
        let own = |given: &Option<String>, own: String| given.clone().unwrap_or(own);
        vec![
            ("MONGODB_URI".to_owned(), own(&self.mongodb_uri, mongo::uri(MONGODB_PORT))),
            ("NATS_URL".to_owned(), own(&self.nats_url, nats::url(NATS_PORT))),
            ("REDIS_URL".to_owned(), own(&self.redis_url, redis::url(REDIS_PORT))),
        ]
    }

    /// Starts those that are not given, and tells the services where all are. Does not wait.
    pub fn start(
        &self,
        workspace: &Workspace,
        tools: &Tools,
        running: &mut Running,
        log: &Log,
    ) -> Result<Vec<(String, String)>> {
        let dir = workspace.up();
        let mut start = |given: &Option<String>, variable: &str, spec: Spec, check: fn() -> Result<()>| {
            if given.is_some() {
                // Its value may hold a password.
                log.say(format!("using the server that {variable} names, instead of our own {}", spec.name));
                return Ok(());
            }
            running.add_server(Process::start(spec, log)?, check);
            anyhow::Ok(())
        };
        start(&self.mongodb_uri, "MONGODB_URI", mongo::spec(&tools.mongod, &dir, MONGODB_PORT)?, || {
            mongo::become_primary(MONGODB_PORT)
        })?;
        start(&self.nats_url, "NATS_URL", nats::spec(&tools.nats_server, &dir, NATS_PORT)?, || {
            nats::check(NATS_PORT)
        })?;
        start(&self.redis_url, "REDIS_URL", redis::spec(&tools.redis_server, &dir, REDIS_PORT)?, || {
            redis::check(REDIS_PORT)
        })?;
        Ok(self.environment())
    }
}

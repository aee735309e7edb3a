//! Servers for one run of the tests: on free ports, with data of their own, so that `up` and several runs
//! may go on at once. What dead runs left is cleared away.

use std::{
    fs,
    path::{Path, PathBuf},
    process,
    time::Duration,
};

use anyhow::Result;

use crate::{
    leftovers::{self, Record},
    log::Log,
    ports, provision,
    servers::{Ports, Servers},
    workspace::{Workspace, make_dir, remove_dir},
};

const READY_BOUND: Duration = Duration::from_secs(90);
const OWNER: &str = "xtask.owner";

/// The servers of this run.
#[derive(Debug)]
pub struct TestServers {
    servers: Servers,
    dir: PathBuf,
}

impl TestServers {
    /// Finds or installs the servers and starts them. Does not wait: there is something to compile.
    pub fn start(workspace: &Workspace, log: &Log) -> Result<Self> {
        clear_dead_runs(&workspace.test_runs(), log);
        let tools = provision::provision(workspace, log)?;
        let dir = workspace.test_runs().join(process::id().to_string());
        make_dir(&dir)?;
        Record::write(&dir.join(OWNER), process::id())?;
        let [mongodb, nats, redis] = ports::free()?;
        let servers = Servers::start(&tools, &dir, Ports { mongodb, nats, redis }, &Log::quiet())?;
        Ok(Self { servers, dir })
    }

    /// Waits until they can be used, and tells what the tests are told about them.
    pub fn ready(&mut self) -> Result<Vec<(String, String)>> {
        self.servers.wait_until_ready(READY_BOUND)?;
        Ok(self.servers.environment())
    }

    /// Stops them. Their logs stay until the next run if the tests failed.
    pub fn end(mut self, passed: bool, log: &Log) {
        self.servers.stop();
        if passed {
            // Deleted by the next run otherwise.
            let _ = remove_dir(&self.dir);
        } else {
            log.say(format!("the logs of the servers are in {}", self.dir.display()));
        }
    }
}

fn clear_dead_runs(runs: &Path, log: &Log) {
    let Ok(entries) = fs::read_dir(runs) else { return };
    for run in entries.flatten().map(|entry| entry.path()) {
        if leftovers::living(&run.join(OWNER)).is_none() {
            leftovers::stop_all(&run, log);
            // Tried again by the next run.
            let _ = remove_dir(&run);
        }
    }
}

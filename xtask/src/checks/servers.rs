//! Servers for one run of the tests: on free ports, with data of their own, so that `up` and several runs
//! may go on at once. What dead runs left is cleared away.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Result;

use crate::{
    leftovers,
    log::Log,
    ports, provision,
    servers::{Ports, Servers},
    workspace::{Workspace, remove_dir},
};

const READY_BOUND: Duration = Duration::from_secs(90);

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
        let dir = workspace.test_run("run");
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
        if is_abandoned(&run) {
            leftovers::stop_all(&run, log);
            // Tried again by the next run.
            let _ = remove_dir(&run);
        }
    }
}

/// Whether the process that is named in a directory's name has gone. If another has got its number
/// meanwhile, the directory stays a while longer.
fn is_abandoned(run: &Path) -> bool {
    let name = run.file_name().unwrap_or_default().to_string_lossy();
    let pid = name.rsplit('-').next().and_then(|pid| pid.parse::<u32>().ok());
    pid.is_some_and(|pid| !Path::new("/proc").join(pid.to_string()).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_directories_of_dead_processes_are_abandoned() {
        assert!(!is_abandoned(&Workspace::here().test_run("mine")));
        assert!(!is_abandoned(Path::new("/tmp/somebody's")));
        // Beyond the largest process id that Linux gives out.
        assert!(is_abandoned(Path::new("/tmp/e2e-4999999")));
    }
}

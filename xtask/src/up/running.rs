//! Everything that `up` has started: waited for, started again when it crashes, and stopped in the right
//! order: first the ingress and the services, which may still have something to write, then the servers.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};

use super::services::Service;
use crate::{
    children::{Ended, Process, Spec},
    log::{Level, Log, file},
    ports,
    servers::{STOP_BOUND, wait_for},
    signals::Stop,
};

const POLL: Duration = Duration::from_millis(100);

/// How long the services may take to finish what they began.
const SERVICES_STOP_BOUND: Duration = Duration::from_secs(20);

/// How long node may take to begin.
const CLIENT_READY_BOUND: Duration = Duration::from_mins(1);

const FIRST_BACKOFF: Duration = Duration::from_millis(500);
const LONGEST_BACKOFF: Duration = Duration::from_secs(15);

/// A process that ran this long before it crashed is forgiven its earlier crashes.
const FORGIVEN_AFTER: Duration = Duration::from_secs(30);

/// All processes of `up`.
#[derive(Debug)]
pub struct Running {
    servers: Vec<Supervised>,
    unready_servers: Vec<Unready>,
    services: Vec<Supervised>,
    log: Log,
}

/// A server, by its index, that is ready when the check succeeds.
#[derive(Debug)]
struct Unready {
    index: usize,
    check: fn() -> Result<()>,
}

#[derive(Debug)]
struct Supervised {
    process: Process,
    service: Option<Service>,
    since: Instant,
    crashes: u32,
    start_again_at: Option<Instant>,
}

impl Running {
    /// Nothing runs yet.
    pub fn new(log: &Log) -> Self {
        Self { servers: Vec::new(), unready_servers: Vec::new(), services: Vec::new(), log: log.clone() }
    }

    /// A server was started, and is ready when the check succeeds.
    pub fn add_server(&mut self, process: Process, check: fn() -> Result<()>) {
        self.unready_servers.push(Unready { index: self.servers.len(), check });
        self.servers.push(Supervised::new(process, None));
    }

    /// nginx was started.
    pub fn add_ingress(&mut self, process: Process) {
        self.services.push(Supervised::new(process, None));
    }

    /// Starts the client, and waits until it answers.
    pub fn start_client(&mut self, spec: Spec, port: u16) -> Result<()> {
        let mut process = Process::start(spec, &self.log)?;
        wait_for(&mut process, Instant::now() + CLIENT_READY_BOUND, || {
            ensure!(ports::answers(port), "nobody answers on port {port}");
            Ok(())
        })?;
        self.services.push(Supervised::new(process, None));
        Ok(())
    }

    /// Starts a service; says nothing about whether it is ready.
    pub fn start_service(&mut self, service: &Service, spec: Spec) -> Result<()> {
        let process = Process::start(spec, &self.log)?;
        self.services.push(Supervised::new(process, Some(*service)));
        Ok(())
    }

    /// Waits until every server can be used.
    pub fn wait_for_servers(&mut self, bound: Duration, stop: &Stop) -> Result<()> {
        // The build before this may have taken as long as it likes.
        let deadline = Instant::now() + bound;
        for Unready { index, check } in std::mem::take(&mut self.unready_servers) {
            let server = self.servers.get_mut(index).context("find a server")?;
            wait_for(&mut server.process, deadline, || if stop.is_requested() { Ok(()) } else { check() })?;
            self.log.line(server.process.name(), Level::Info, "ready");
        }
        give_way(stop)
    }

    /// Waits until every service says that it is ready; else says which is not, and why.
    pub fn wait_for_services(&mut self, bound: Duration, stop: &Stop) -> Result<()> {
        let deadline = Instant::now() + bound;
        let mut waiting: Vec<Service> = self.services.iter().filter_map(|one| one.service).collect();
        loop {
            give_way(stop)?;
            self.start_crashed_again();
            let mut reasons = Vec::new();
            waiting.retain(|service| match readiness(service) {
                Ok(()) => {
                    self.log.line(service.name, Level::Info, &format!("ready on port {}", service.port));
                    false
                }
                Err(why) => {
                    reasons.push(format!("  {}: {why:#}", service.name));
                    true
                }
            });
            if waiting.is_empty() {
                return Ok(());
            }
            if Instant::now() > deadline {
                reasons.extend(waiting.iter().flat_map(|service| self.last_words(service)));
                bail!("not ready within {} s:\n{}", bound.as_secs(), reasons.join("\n"));
            }
            thread::sleep(POLL);
        }
    }

    /// Keeps everything running until somebody asks to stop.
    pub fn supervise(&mut self, stop: &Stop) -> Result<()> {
        while !stop.is_requested() {
            self.start_crashed_again();
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// Stops everything. Asked a second time to stop, it kills what still runs.
    pub fn stop(&mut self, stop: &Stop) {
        if self.services.is_empty() && self.servers.is_empty() {
            return;
        }
        self.log.say("stopping everything; Ctrl-C again kills it");
        self.stop_group(Group::Services, SERVICES_STOP_BOUND, stop);
        self.stop_group(Group::Servers, STOP_BOUND, stop);
        self.log.say("everything has stopped");
    }

    fn stop_group(&mut self, group: Group, bound: Duration, stop: &Stop) {
        let processes = match group {
            Group::Services => &mut self.services,
            Group::Servers => &mut self.servers,
        };
        let deadline = Instant::now() + bound;
        for one in processes.iter_mut() {
            one.process.ask_to_stop();
        }
        while processes.iter_mut().any(|one| one.process.ended().is_none())
            && Instant::now() < deadline
            && !stop.is_urgent()
        {
            thread::sleep(POLL / 4);
        }
        for one in processes.iter_mut() {
            let ended = one.process.wait_until(Instant::now());
            match ended {
                Ended::Killed => self.log.warn(format!("{} had to be killed", one.process.name())),
                Ended::InTime(status) if !status.success() && one.start_again_at.is_none() => {
                    self.log.warn(format!("{} ended with {status}", one.process.name()));
                }
                Ended::InTime(_) => {}
            }
        }
    }

    fn start_crashed_again(&mut self) {
        for one in self.servers.iter_mut().chain(&mut self.services) {
            one.start_again_if_crashed(&self.log);
        }
    }

    fn last_words(&self, service: &Service) -> Vec<String> {
        let process = self.services.iter().find(|one| one.process.name() == service.name);
        let lines = process.map(|one| file::tail(&one.process.spec().log_file(), 3)).unwrap_or_default();
        lines.into_iter().map(|line| format!("  {} said: {line}", service.name)).collect()
    }
}

#[derive(Clone, Copy)]
enum Group {
    Services,
    Servers,
}

impl Supervised {
    fn new(process: Process, service: Option<Service>) -> Self {
        Self { process, service, since: Instant::now(), crashes: 0, start_again_at: None }
    }

    fn start_again_if_crashed(&mut self, log: &Log) {
        let Some(status) = self.process.ended() else { return };
        let name = self.process.name().to_owned();
        match self.start_again_at {
            None => {
                if self.since.elapsed() > FORGIVEN_AFTER {
                    self.crashes = 0;
                }
                let pause = backoff(self.crashes);
                self.crashes += 1;
                self.start_again_at = Some(Instant::now() + pause);
                let secs = pause.as_secs_f64();
                log.line(&name, Level::Error, &format!("ended with {status}; starting it again in {secs} s"));
            }
            Some(moment) if Instant::now() >= moment => {
                self.start_again_at = None;
                self.since = Instant::now();
                match self.process.start_again() {
                    Ok(()) => log.line(&name, Level::Warn, "started again"),
                    Err(error) => log.line(&name, Level::Error, &format!("cannot be started: {error:#}")),
                }
            }
            Some(_) => {}
        }
    }
}

fn backoff(crashes: u32) -> Duration {
    FIRST_BACKOFF.saturating_mul(2_u32.saturating_pow(crashes)).min(LONGEST_BACKOFF)
}

fn give_way(stop: &Stop) -> Result<()> {
    if stop.is_requested() {
        bail!("stopped");
    }
    Ok(())
}

/// Asks a service whether it is ready.
pub fn readiness(service: &Service) -> Result<()> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(2)))
        .http_status_as_error(false)
        .build()
        .into();
    if !ports::answers(service.internal_port) {
        bail!("nobody listens on its internal port {}", service.internal_port);
    }
    let url = format!("http://127.0.0.1:{}/readyz", service.internal_port);
    let mut response = agent.get(&url).call().context("ask for /readyz")?;
    if response.status().is_success() {
        return Ok(());
    }
    let why = response.body_mut().read_to_string().unwrap_or_default();
    bail!("{} {}", response.status(), why.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_loop_slows_down_and_never_stops() {
        assert_eq!(backoff(0), Duration::from_millis(500));
        assert_eq!(backoff(2), Duration::from_secs(2));
        assert_eq!(backoff(90), Duration::from_secs(15));
    }
}

//! What `up` runs now, each part asked directly.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpStream},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};

use super::Finding;
use crate::{
    leftovers, ports,
    servers::{mongo, nats, redis},
    up::{
        self,
        backing::{self, Backing},
        running::readiness,
        services::{CLIENT_PORT, SERVICES},
    },
    workspace::Workspace,
};

/// The process that runs everything, if it does.
pub fn owner(workspace: &Workspace) -> Option<u32> {
    leftovers::living(&workspace.up().join(up::OWNER))
}

/// Looks at each part; at nothing if `up` does not run.
pub fn examine(workspace: &Workspace) -> Vec<Finding> {
    if owner(workspace).is_none() {
        return Vec::new();
    }
    let own: Vec<u16> =
        Backing::from_environment().wanted_ports().into_iter().map(|(_, port)| port).collect();
    let mut findings = Vec::new();
    if own.contains(&backing::MONGODB_PORT) {
        findings.push(part("mongod", backing::MONGODB_PORT, mongo::become_primary(backing::MONGODB_PORT)));
    }
    if own.contains(&backing::NATS_PORT) {
        findings.push(part("nats-server", backing::NATS_PORT, nats::check(backing::NATS_PORT)));
    }
    if own.contains(&backing::REDIS_PORT) {
        findings.push(part("redis-server", backing::REDIS_PORT, redis::check(backing::REDIS_PORT)));
    }
    findings.extend(SERVICES.iter().map(|service| part(service.name, service.port, readiness(service))));
    findings.push(part("client", CLIENT_PORT, answers(CLIENT_PORT)));
    match port_of_ingress(workspace) {
        Some(port) => findings.push(part("nginx", port, ingress(port))),
        None => findings.push(Finding::bad("nginx", "it was not started", "look at what `up` says")),
    }
    findings
}

fn part(name: &str, port: u16, state: Result<()>) -> Finding {
    match state {
        Ok(()) => Finding::good(name, format!("ready on port {port}")),
        Err(why) => Finding::bad(name, format!("{why:#}"), format!("its log is .stagedoor/up/{name}.log")),
    }
}

fn port_of_ingress(workspace: &Workspace) -> Option<u16> {
    let configuration = fs::read_to_string(workspace.up().join("nginx/nginx.conf")).ok()?;
    let (_, rest) = configuration.split_once("listen 127.0.0.1:")?;
    rest.split(';').next()?.parse().ok()
}

fn answers(port: u16) -> Result<()> {
    ensure!(ports::answers(port), "nobody answers on port {port}");
    Ok(())
}

fn ingress(port: u16) -> Result<()> {
    let address = (Ipv4Addr::LOCALHOST, port).into();
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1)).context("connect")?;
    stream.set_read_timeout(Some(Duration::from_secs(2))).context("set a timeout")?;
    stream
        .write_all(b"GET / HTTP/1.0\r\nHost: stagedoor.localhost\r\n\r\n")
        .context("ask for the first page")?;
    let mut answer = [0; 15];
    stream.read_exact(&mut answer).context("read its answer")?;
    ensure!(answer.starts_with(b"HTTP/1.1 200"), "its first page is not there");
    Ok(())
}

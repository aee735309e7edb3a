//! cargo-deny and cargo-machete: those on PATH, else built once into `.stagedoor/tools`.

use std::{path::PathBuf, process::Command};

use anyhow::{Result, ensure};

use super::steps::{Outcome, finish};
use crate::{
    cargo,
    log::Log,
    signals::Stop,
    workspace::{Workspace, is_executable, which},
};

const DENY: (&str, &str) = ("cargo-deny", "0.20.2");
const MACHETE: (&str, &str) = ("cargo-machete", "0.9.2");

/// Licences, sources and bans.
pub fn deny(workspace: &Workspace, stop: &Stop, log: &Log) -> Result<Outcome> {
    check(workspace, &["bans", "licenses", "sources"], stop, log)
}

/// Known vulnerabilities. Their database lives in a git repository of its own, which is fetched.
pub fn advisories(workspace: &Workspace, stop: &Stop, log: &Log) -> Result<Outcome> {
    check(workspace, &["advisories"], stop, log)
}

fn check(workspace: &Workspace, what: &[&str], stop: &Stop, log: &Log) -> Result<Outcome> {
    let mut command = Command::new(install(DENY, workspace, stop, log)?);
    command.current_dir(workspace.root()).args(["--all-features", "--locked", "check"]).args(what);
    finish(&command, stop)
}

/// Dependencies that nothing uses.
pub fn machete(workspace: &Workspace, stop: &Stop, log: &Log) -> Result<Outcome> {
    let machete = install(MACHETE, workspace, stop, log)?;
    let mut command = Command::new(machete);
    command.args(["--skip-target-dir", "."]).current_dir(workspace.root());
    finish(&command, stop)
}

fn install((name, version): (&str, &str), workspace: &Workspace, stop: &Stop, log: &Log) -> Result<PathBuf> {
    let ours = workspace.tools().join("bin").join(name);
    if let Some(found) = which(name).or_else(|| is_executable(&ours).then(|| ours.clone())) {
        return Ok(found);
    }
    log.say(format!("building {name} {version}, once; it takes minutes on a small machine"));
    let mut install = cargo::command(workspace, &["install", "--quiet", "--locked", "--debug", "--root"]);
    install.arg(workspace.tools()).arg(format!("{name}@{version}"));
    // Nobody debugs it, and it does its work in seconds either way: what counts is how soon it is built.
    install.env("CARGO_PROFILE_DEV_DEBUG", "0");
    ensure!(finish(&install, stop)? == Outcome::Passed, "{name} cannot be built");
    Ok(ours)
}

//! cargo-deny and cargo-machete: those on PATH, else built once into `.stagedoor/tools`.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Result, ensure};

use super::steps::{Outcome, finish};
use crate::{
    cargo,
    children::foreground,
    log::Log,
    signals::Stop,
    workspace::{Workspace, is_executable, which},
};

const FETCH_BOUND: Duration = Duration::from_mins(2);
const DENY: (&str, &str) = ("cargo-deny", "0.20.2");
const MACHETE: (&str, &str) = ("cargo-machete", "0.9.2");

/// Licences, sources and bans. Advisories live in a git repository of their own, which not every machine
/// can fetch: there that part is left out, and said so.
pub fn deny(workspace: &Workspace, stop: &Stop, log: &Log) -> Result<Outcome> {
    let deny = install(DENY, workspace, stop, log)?;
    let check = |what: &[&str]| {
        let mut command = Command::new(&deny);
        command.current_dir(workspace.root()).args(["--all-features", "--locked", "check"]).args(what);
        command
    };
    if finish(&check(&["bans", "licenses", "sources"]), stop)? != Outcome::Passed {
        return Ok(Outcome::Failed(None));
    }
    if !advisories_can_be_fetched(&deny, workspace, stop) {
        println!("advisories: left out, for their database cannot be fetched from here");
        return Ok(Outcome::Passed);
    }
    finish(&check(&["advisories", "--disable-fetch"]), stop)
}

/// git says a lot about a machine without a network, none of which is news here.
fn advisories_can_be_fetched(deny: &Path, workspace: &Workspace, stop: &Stop) -> bool {
    let mut fetch = Command::new("sh");
    fetch.args(["-c", "exec \"$0\" fetch db 2>/dev/null"]).arg(deny).current_dir(workspace.root());
    foreground::run(&fetch, FETCH_BOUND, stop, |_| {}).is_ok_and(|status| status.success())
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

//! `cargo xtask torture`: provides what the instrument needs, builds it and the services, and runs it. The
//! instrument itself is in `e2e/src/torture/`.

use std::{
    fs,
    path::Path,
    process::{Command, ExitCode},
    time::Duration,
};

use anyhow::Result;

use crate::{
    cargo,
    children::foreground,
    log::Log,
    provision::{self, debian},
    signals::Stop,
    workspace::Workspace,
};

/// The longest run that anybody may want, with the time that it takes to judge it.
const BOUND: Duration = Duration::from_hours(25);
const PACKAGES: [&str; 6] = ["auth", "tickets", "orders", "expiration", "payments", "e2e"];
/// Where Debian puts the library that makes a process believe in another time, below the directory of the
/// architecture.
const FAKETIME: &str = "faketime/libfaketime.so.1";

/// Runs it with these arguments; the code tells whether every promise was kept.
pub fn run(
    workspace: &Workspace,
    release: bool,
    args: &[String],
    stop: &Stop,
    log: &Log,
) -> Result<ExitCode> {
    provision::provision(workspace, log)?;
    if !has_faketime() {
        debian::install(&["faketime"], log)?;
    }
    let mut build = vec!["--locked", "--bins"];
    build.extend(release.then_some("--release"));
    if is_control(args) {
        build.extend(["--workspace", "--all-features"]);
    } else {
        build.extend(PACKAGES.iter().flat_map(|package| ["--package", package]));
    }
    let binaries = cargo::build(workspace, &build, stop)?;
    let mut torture = Command::new(binaries.get("torture")?);
    torture.current_dir(workspace.root()).args(args);
    if !args.iter().any(|arg| arg == "--out" || arg == "--help" || arg == "-h") {
        torture.arg("--out").arg(workspace.torture_runs().join(seed(args)));
    }
    torture.envs(binaries.dir().map(|dir| ("STAGEDOOR_BIN_DIR", dir)));
    let status = foreground::run(&torture, BOUND, stop, |line| println!("{line}"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether the services are to make a mistake on purpose, which is compiled into no other build.
fn is_control(args: &[String]) -> bool {
    args.iter().any(|arg| arg == "--control" || arg.starts_with("--control="))
}

/// What the directory of the report is called.
fn seed(args: &[String]) -> String {
    let given = args.iter().position(|arg| arg == "--seed").and_then(|at| args.get(at + 1));
    format!("seed-{}", given.map_or("1", String::as_str))
}

fn has_faketime() -> bool {
    let libraries = fs::read_dir(Path::new("/usr/lib")).into_iter().flatten().flatten();
    libraries.map(|entry| entry.path().join(FAKETIME)).any(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_lies_where_its_seed_says() {
        let args = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(seed(&args(&["--minutes", "3", "--seed", "42"])), "seed-42");
        assert_eq!(seed(&args(&["--minutes", "3"])), "seed-1");
    }
}

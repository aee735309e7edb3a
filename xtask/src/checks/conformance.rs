//! What the bus promises, on each version of NATS that we support: the tests of common's `conformance`, each
//! time with another nats-server.

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Result, ensure};

use super::{
    servers::TestServers,
    steps::Outcome,
    summary::{Counts, verdict},
};
use crate::{
    cargo, children::foreground, log::Log, provision::wheel::Wheel, signals::Stop, workspace::Workspace,
};

const SUITE: [&str; 7] =
    ["test", "--locked", "--all-features", "--package", "common", "--test", "conformance"];
const SUITE_BOUND: Duration = Duration::from_mins(10);
/// The tests wait for most of their time.
const TESTS_AT_ONCE: &str = "8";

/// Which promise was kept on which version.
type Verdicts = BTreeMap<String, BTreeMap<&'static str, bool>>;

/// Runs the suite on the versions that the tests themselves do not run on.
pub fn check(workspace: &Workspace, stop: &Stop, log: &Log, counts: &mut Counts) -> Result<Outcome> {
    let wheels = [Wheel::oldest_nats_server()?, Wheel::newest_nats_server()?];
    let verdicts = run(workspace, &wheels, stop, log, counts)?;
    Ok(if all_kept(&verdicts) { Outcome::Passed } else { Outcome::Failed(None) })
}

/// Runs the suite on all versions, and prints which promise was kept on which of them.
pub fn show(workspace: &Workspace, stop: &Stop, log: &Log) -> Result<ExitCode> {
    let wheels = [Wheel::oldest_nats_server()?, Wheel::nats_server()?, Wheel::newest_nats_server()?];
    let verdicts = run(workspace, &wheels, stop, log, &mut Counts::default())?;
    for line in table(&wheels.map(|wheel| wheel.version()), &verdicts) {
        println!("{line}");
    }
    Ok(if all_kept(&verdicts) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn run(
    workspace: &Workspace,
    wheels: &[Wheel],
    stop: &Stop,
    log: &Log,
    counts: &mut Counts,
) -> Result<Verdicts> {
    let programs: Vec<PathBuf> =
        wheels.iter().map(|wheel| wheel.unpacked_in(&workspace.bin(), log)).collect::<Result<_>>()?;
    let mut servers = TestServers::start(workspace, log)?;
    let mut command = cargo::command(workspace, &SUITE);
    // The controls are caught on one version; it is their catchers that run on all.
    command.args(["--", "--test-threads", TESTS_AT_ONCE, "--skip", "controls::"]);
    command.envs(servers.ready()?).env_remove("NATS_URL");
    let mut verdicts = Verdicts::new();
    for (wheel, program) in wheels.iter().zip(&programs) {
        println!("\n-- nats-server {}", wheel.version());
        command.env("NATS_SERVER", program);
        let status = foreground::run(&command, SUITE_BOUND, stop, |line| {
            println!("{line}");
            counts.take(line);
            if let Some((test, kept)) = verdict(line) {
                verdicts.entry(test.to_owned()).or_default().insert(wheel.version(), kept);
            }
        })?;
        ensure!(
            status.success() || !all_kept(&verdicts),
            "the suite broke off on nats-server {}",
            wheel.version()
        );
    }
    servers.end(all_kept(&verdicts), log);
    Ok(verdicts)
}

fn all_kept(verdicts: &Verdicts) -> bool {
    !verdicts.is_empty() && verdicts.values().flat_map(BTreeMap::values).all(|kept| *kept)
}

/// One line for each promise, one column for each version.
fn table(versions: &[&'static str], verdicts: &Verdicts) -> Vec<String> {
    let width = verdicts.keys().map(String::len).max().unwrap_or_default();
    let row = |name: &str, cells: Vec<&str>| {
        let cells: Vec<String> = cells.iter().map(|cell| format!("{cell:>8}")).collect();
        format!("{name:<width$} {}", cells.join(" "))
    };
    let of_version = |kept: Option<&bool>| match kept {
        Some(true) => "kept",
        Some(false) => "BROKEN",
        None => "-",
    };
    let mut lines = vec![row("", versions.to_vec())];
    for (name, kept) in verdicts {
        let cells = versions.iter().map(|version| of_version(kept.get(version))).collect();
        lines.push(row(&name.replace('_', " ").replace("::", ": "), cells));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_shows_what_is_kept_broken_and_unknown() {
        let of = |test: &str, kept: &[(&'static str, bool)]| {
            (test.to_owned(), kept.iter().copied().collect::<BTreeMap<_, _>>())
        };
        let verdicts = Verdicts::from([
            of("a::holds", &[("2.12.6", true), ("2.15.1", true)]),
            of("a::breaks", &[("2.12.6", false)]),
        ]);
        assert!(!all_kept(&verdicts));
        let lines = table(&["2.12.6", "2.15.1"], &verdicts);
        assert_eq!(lines[0].split_whitespace().collect::<Vec<_>>(), ["2.12.6", "2.15.1"]);
        assert_eq!(lines[1].split_whitespace().collect::<Vec<_>>(), ["a:", "breaks", "BROKEN", "-"]);
        assert_eq!(lines[2].split_whitespace().collect::<Vec<_>>(), ["a:", "holds", "kept", "kept"]);
    }

    #[test]
    fn no_verdict_at_all_is_no_promise_kept() {
        assert!(!all_kept(&Verdicts::new()));
    }
}

//! The steps: quick ones first, so that a slip is told soon; the tests last, so that what they say is
//! what one sees in the end.

use std::{fmt, process::Command, time::Duration};

use anyhow::{Result, bail};

use super::{Wanted, conformance, manifests, servers::TestServers, summary::Counts, tools};
use crate::{
    cargo,
    children::foreground,
    client,
    log::Log,
    provision::{cluster::ClusterTools, debian, packages},
    signals::Stop,
    workspace::Workspace,
};

const STEP_BOUND: Duration = Duration::from_mins(30);
const TESTS_BOUND: Duration = Duration::from_hours(1);
/// What builds all binaries, with the features that the tests are built with, so that nothing is compiled twice.
pub const BINARIES: [&str; 4] = ["--locked", "--workspace", "--all-features", "--bins"];

/// Where property tests, and those that make requests up, read how many cases they are to try.
const EXAMPLES: [&str; 2] = ["PROPTEST_CASES", "STAGEDOOR_EXAMPLES"];

/// One check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Format,
    Lints,
    Docs,
    Generated,
    Dependencies,
    Unused,
    /// Needs a database from outside, so it is run by `ci` and on demand only.
    Advisories,
    Client,
    Manifests,
    Conformance,
    Tests,
}

/// How a step went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Passed,
    /// It could not be done here, and that is no fault of the tree: why.
    Skipped(String),
    /// What to type to repeat it, if that is not simply the step.
    Failed(Option<String>),
}

impl Outcome {
    /// One word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Skipped(_) => "skipped",
            Self::Failed(_) => "FAILED",
        }
    }
}

impl Step {
    /// All that need nothing from outside, in the order in which they are run.
    pub const ALL: [Self; 10] = [
        Self::Format,
        Self::Generated,
        Self::Unused,
        Self::Dependencies,
        Self::Lints,
        Self::Docs,
        Self::Client,
        Self::Manifests,
        Self::Conformance,
        Self::Tests,
    ];

    /// The step of that name.
    pub fn named(name: &str) -> Result<Self> {
        let step = Self::ALL.into_iter().chain([Self::Advisories]).find(|step| step.name() == name);
        let Some(step) = step else {
            let names = Self::ALL.map(Self::name).join(", ");
            bail!("there is no step {name}; the steps are {names}, {}", Self::Advisories);
        };
        Ok(step)
    }

    /// As one types it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Lints => "lints",
            Self::Docs => "docs",
            Self::Generated => "generated",
            Self::Dependencies => "dependencies",
            Self::Unused => "unused",
            Self::Advisories => "advisories",
            Self::Client => "client",
            Self::Manifests => "manifests",
            Self::Conformance => "conformance",
            Self::Tests => "tests",
        }
    }

    /// What it does.
    pub fn what(self) -> &'static str {
        match self {
            Self::Format => "cargo fmt would change nothing",
            Self::Lints => "clippy has no objection",
            Self::Docs => "the documentation builds, and its links lead somewhere",
            Self::Generated => "the generated documents are current",
            Self::Dependencies => "cargo deny: licences, sources and bans",
            Self::Unused => "cargo machete: every dependency is used",
            Self::Advisories => "cargo deny: no dependency is known to be dangerous; fetches what is known",
            Self::Client => {
                "the client: generated types, format, lints, types, unit tests and production build"
            }
            Self::Manifests => "Kubernetes and a security linter have no objection to what is rendered",
            Self::Conformance => "the bus keeps its promises on the oldest and the newest NATS as well",
            Self::Tests => "cargo test, on a mongod, a nats-server and a redis-server of its own",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Runs one step.
pub fn run(
    which: Step,
    workspace: &Workspace,
    wanted: &Wanted,
    stop: &Stop,
    log: &Log,
    counts: &mut Counts,
) -> Result<Outcome> {
    let cargo = |args: &[&str]| cargo::command(workspace, args);
    match which {
        Step::Format => finish(&cargo(&["fmt", "--all", "--check"]), stop),
        Step::Lints => finish(
            &cargo(&[
                "clippy",
                "--locked",
                "--workspace",
                "--all-targets",
                "--all-features",
                "--",
                "-Dwarnings",
            ]),
            stop,
        ),
        Step::Docs => {
            let mut doc = cargo(&["doc", "--locked", "--workspace", "--all-features", "--no-deps"]);
            doc.env("RUSTDOCFLAGS", "-Dwarnings");
            finish(&doc, stop)
        }
        Step::Generated => {
            let binaries = cargo::build(workspace, &BINARIES, stop)?;
            let mut catalog = Command::new(binaries.get("catalog")?);
            finish(catalog.arg("--check").current_dir(workspace.root()), stop)
        }
        Step::Dependencies => tools::deny(workspace, stop, log),
        Step::Unused => tools::machete(workspace, stop, log),
        Step::Advisories => tools::advisories(workspace, stop, log),
        Step::Client => client(workspace, stop, log),
        Step::Manifests => manifests::check(workspace, stop, log),
        Step::Conformance => conformance::check(workspace, stop, log, counts),
        Step::Tests => tests(workspace, wanted, stop, log, counts),
    }
}

/// Runs a command to its end, showing what it prints.
pub fn finish(command: &Command, stop: &Stop) -> Result<Outcome> {
    let status = foreground::run(command, STEP_BOUND, stop, |line| println!("{line}"))?;
    Ok(if status.success() { Outcome::Passed } else { Outcome::Failed(None) })
}

/// What npm checks of the client. Its journeys in a browser are among the tests: they need everything else.
fn client(workspace: &Workspace, stop: &Stop, log: &Log) -> Result<Outcome> {
    client::install(workspace, stop, log)?;
    for script in ["types:check", "format", "lint", "typecheck", "unit"] {
        client::run(workspace, &["run", "--silent", script], stop)?;
    }
    client::prepare(workspace, stop, log)?;
    Ok(Outcome::Passed)
}

/// Builds the services and the tests, starts the servers, and runs `cargo test`.
fn tests(
    workspace: &Workspace,
    wanted: &Wanted,
    stop: &Stop,
    log: &Log,
    counts: &mut Counts,
) -> Result<Outcome> {
    let mut servers = TestServers::start(workspace, log)?;
    let mut command = cargo::command(workspace, &["test", "--locked", "--all-features", "--no-fail-fast"]);
    let filter = wanted.filter.as_deref();
    let selection = Selection::of(workspace, filter);
    command.args(selection.args());
    if selection.needs_services() {
        packages::SCHEMATHESIS.install(workspace, log)?;
        ClusterTools::install(workspace, log)?;
        debian::install_chromium(log)?;
        client::prepare(workspace, stop, log)?;
        command.envs(cargo::build(workspace, &BINARIES, stop)?.dir().map(|dir| ("STAGEDOOR_BIN_DIR", dir)));
    }
    if let Some(examples) = wanted.examples {
        command.envs(EXAMPLES.map(|name| (name, examples.to_string())));
    }
    command.envs(servers.ready()?);
    let status = foreground::run(&command, TESTS_BOUND, stop, |line| {
        println!("{line}");
        counts.take(line);
    });
    let passed = status.as_ref().is_ok_and(std::process::ExitStatus::success);
    servers.end(passed, log);
    status?;
    if filter.is_some() && counts.passed + counts.failed == 0 {
        bail!("no crate and no test has a name like that");
    }
    Ok(if passed { Outcome::Passed } else { Outcome::Failed(counts.how_to_repeat(filter)) })
}

/// Which tests are meant.
#[derive(Debug, PartialEq, Eq)]
enum Selection<'a> {
    All,
    Crate(&'a str),
    Name(&'a str),
}

impl<'a> Selection<'a> {
    /// A filter that is the name of a crate means its tests; any other goes to the tests of all crates.
    fn of(workspace: &Workspace, filter: Option<&'a str>) -> Self {
        match filter {
            Some(name) if workspace.root().join(name).join("Cargo.toml").is_file() => Self::Crate(name),
            Some(name) => Self::Name(name),
            None => Self::All,
        }
    }

    fn args(&self) -> Vec<&'a str> {
        match self {
            Self::All => vec!["--workspace"],
            Self::Crate(name) => vec!["--package", name],
            Self::Name(name) => vec!["--workspace", name],
        }
    }

    /// Only the end-to-end tests run the services as processes of their own.
    fn needs_services(&self) -> bool {
        match self {
            Self::All | Self::Name(_) => true,
            Self::Crate(name) => *name == "e2e",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_can_be_named() {
        for step in Step::ALL {
            assert_eq!(Step::named(step.name()).unwrap(), step);
        }
    }

    #[test]
    fn the_name_of_a_crate_selects_all_of_its_tests() {
        let workspace = Workspace::here();
        assert_eq!(Selection::of(&workspace, Some("xtask")), Selection::Crate("xtask"));
        assert_eq!(Selection::of(&workspace, Some("one_seat")), Selection::Name("one_seat"));
    }
}

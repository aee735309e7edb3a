//! From what was typed to what is done.

use std::{
    fs,
    process::{Command as Process, ExitCode},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};

use crate::{
    cargo,
    checks::{self, Wanted, conformance, steps},
    children::foreground,
    cli::{Command, Dlq, SeedArgs, TestArgs, UpArgs},
    doctor,
    log::Log,
    provision::{self, cluster::ClusterTools},
    seed::{self, Admin, Size, Target},
    signals::Stop,
    torture,
    up::{self, backing::Backing, secrets},
    workspace::{Workspace, which},
};

const DELEGATE_BOUND: Duration = Duration::from_hours(1);

/// Does it.
pub fn run(command: Command) -> Result<ExitCode> {
    let (workspace, log, stop) = (Workspace::here(), Log::stdout(), Stop::on_signals()?);
    match command {
        Command::Up(UpArgs { fresh, port, release, no_seed }) => {
            up::run(&workspace, &up::Options { fresh, port, release, seed: !no_seed }, &stop, &log)
        }
        Command::Test(TestArgs { filter, only, examples }) => {
            return checks::run(&workspace, &Wanted { filter, only, examples }, &stop, &log);
        }
        Command::Ci => return checks::run(&workspace, &Wanted::of_ci(), &stop, &log),
        Command::Conformance => return conformance::show(&workspace, &stop, &log),
        Command::Seed(args) => seed(&workspace, args, &stop, &log),
        Command::Torture { release, args } => return torture::run(&workspace, release, &args, &stop, &log),
        Command::Cluster { args } => cluster(&workspace, &args, &stop, &log),
        Command::Catalog { check } => {
            let mut catalog =
                cargo::command(&workspace, &["run", "-q", "-p", "e2e", "--bin", "catalog", "--"]);
            catalog.args(check.then_some("--check"));
            delegate(&catalog, &stop)
        }
        Command::Model { args } => {
            let run = ["run", "-q", "--locked", "--release", "-p", "e2e", "--bin", "model", "--"];
            let mut model = cargo::command(&workspace, &run);
            model.args(args);
            delegate(&model, &stop)
        }
        Command::CrashPoints { depth, only } => crash_points(&workspace, depth, &only, &stop, &log),
        Command::Dlq { action } => {
            let mut dlq = cargo::command(&workspace, &["run", "-q", "-p", "common", "--bin", "dlq", "--"]);
            dlq.args(dlq_args(&action)).envs(Backing::from_environment().environment());
            delegate(&dlq, &stop)
        }
        Command::Doctor => doctor::run(&workspace),
    }?;
    Ok(ExitCode::SUCCESS)
}

fn seed(workspace: &Workspace, args: SeedArgs, stop: &Stop, log: &Log) -> Result<()> {
    let admin = match args.admin_password_file {
        None => secrets::Secrets::admin(&workspace.secrets())?,
        Some(file) => {
            let password = fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?;
            let email = args.admin_email.unwrap_or_else(|| secrets::ADMIN_EMAIL.to_owned());
            Admin { email, password: password.trim().to_owned() }
        }
    };
    ensure!(args.shows > 0 && args.sellers > 0, "there is nothing to sell without a show and a seller");
    let target = Target { url: args.url, admin };
    let size = Size { shows: args.shows, listings: args.listings, sellers: args.sellers };
    seed::run(&target, size, &seed::Options { seed: args.seed, force: args.force }, stop, log)
}

/// With the binaries that the tests run, failpoints included.
fn crash_points(workspace: &Workspace, depth: u64, only: &str, stop: &Stop, log: &Log) -> Result<()> {
    provision::provision(workspace, log)?;
    let binaries = cargo::build(workspace, &steps::BINARIES, stop)?;
    let mut command = Process::new(binaries.get("crash_points")?);
    command.args([&depth.to_string(), only]).current_dir(workspace.root());
    command.envs(binaries.dir().map(|dir| ("STAGEDOOR_BIN_DIR", dir)));
    delegate(&command, stop)
}

/// Drills on a cluster, with the pinned kubectl; helm is taken from PATH where there is one, as an old cluster
/// may need an old helm.
fn cluster(workspace: &Workspace, args: &[String], stop: &Stop, log: &Log) -> Result<()> {
    let tools = ClusterTools::install(workspace, log)?;
    let binaries = cargo::build(workspace, &["--locked", "--package", "e2e", "--bin", "cluster"], stop)?;
    let mut command = Process::new(binaries.get("cluster")?);
    command.args(args).current_dir(workspace.root());
    command.env("KUBECTL", tools.kubectl).env("HELM", which("helm").unwrap_or(tools.helm));
    delegate(&command, stop)
}

fn dlq_args(action: &Dlq) -> Vec<String> {
    let words = match action {
        Dlq::List => vec!["list"],
        Dlq::Show { id } => vec!["show", id],
        Dlq::Replay { id: Some(id), .. } => vec!["replay", id],
        Dlq::Replay { id: None, .. } => vec!["replay", "--all"],
    };
    words.into_iter().map(str::to_owned).collect()
}

fn delegate(command: &Process, stop: &Stop) -> Result<()> {
    let status = foreground::run(command, DELEGATE_BOUND, stop, |line| println!("{line}"))?;
    ensure!(status.success(), "it did not succeed");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_letters_are_replayed_one_or_all() {
        let one = Dlq::Replay { id: Some("7".to_owned()), all: false };
        assert_eq!(dlq_args(&one), ["replay", "7"]);
        assert_eq!(dlq_args(&Dlq::Replay { id: None, all: true }), ["replay", "--all"]);
    }
}

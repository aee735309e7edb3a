//! `cargo xtask up`: the whole of Stagedoor on one machine, with one merged log, until somebody stops it.

pub mod backing;
pub mod running;
pub mod secrets;
pub mod services;

use std::{
    fs,
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

use self::{
    backing::Backing,
    running::Running,
    secrets::Secrets,
    services::{CLIENT_PORT, SERVICES},
};
use crate::{
    cargo, client,
    leftovers::{self, Record},
    log::Log,
    nginx::{Ingress, Limits},
    ports,
    provision::{self, Tools},
    seed,
    signals::Stop,
    workspace::{Workspace, make_dir, remove_dir},
};

/// How long the services may take to become ready once they are started.
const READY_BOUND: Duration = Duration::from_secs(90);

/// The record of the process that runs everything.
pub const OWNER: &str = "xtask.owner";

/// What the catalogue of the first start holds: enough to look around, there in a moment.
const FIRST_CATALOGUE: seed::Size = seed::Size { shows: 24, listings: 200, sellers: 20 };

/// How to start.
#[derive(Debug, Clone)]
pub struct Options {
    /// Forget all data first.
    pub fresh: bool,
    /// Where the ingress listens.
    pub port: u16,
    /// Build with optimisation: slow to build, fast to run.
    pub release: bool,
    /// Put a small catalogue into an empty shop.
    pub seed: bool,
}

/// Starts everything and keeps it running until somebody asks to stop.
pub fn run(workspace: &Workspace, options: &Options, stop: &Stop, log: &Log) -> Result<()> {
    let dir = workspace.up();
    let _owner = become_the_only_one(&dir, log)?;
    if options.fresh {
        forget_everything(&dir, log)?;
    }
    let tools = provision::provision(workspace, log)?;
    let backing = Backing::from_environment();
    check_ports(&backing, options.port)?;
    let mut running = Running::new(log);
    let result = start(workspace, options, &tools, &backing, &mut running, stop, log)
        .and_then(|()| running.supervise(stop));
    running.stop(stop);
    if stop.is_requested() {
        return Ok(());
    }
    result
}

fn start(
    workspace: &Workspace,
    options: &Options,
    tools: &Tools,
    backing: &Backing,
    running: &mut Running,
    stop: &Stop,
    log: &Log,
) -> Result<()> {
    let began = Instant::now();
    // The servers start while cargo builds.
    let environment = backing.start(workspace, tools, running, log)?;
    let secrets = Secrets::load_or_generate(&workspace.secrets())?;
    log.say("building the services");
    let binaries = cargo::build(workspace, &build_args(options.release), stop)?;
    client::prepare(workspace, stop, log)?;
    running.wait_for_servers(backing::READY_BOUND, stop)?;
    for service in &SERVICES {
        let spec = service.spec(&binaries, &environment, &secrets, options.port, &workspace.up())?;
        running.start_service(service, spec)?;
    }
    let place = services::client(options.port, &workspace.up());
    running.start_client(client::spec(workspace, &place)?, place.port)?;
    let ingress = Ingress {
        port: options.port,
        upstreams: vec![services::upstreams()],
        limits: Limits::default(),
        dir: workspace.up(),
    };
    running.add_ingress(ingress.start(workspace, &tools.nginx, log)?);
    running.wait_for_services(READY_BOUND, stop)?;
    if options.seed {
        seed_once(workspace, options.port, stop, log)?;
    }
    greet(workspace, options.port, began.elapsed(), log);
    Ok(())
}

/// `payments` also has the sandbox gateway; the other packages have one binary each.
fn build_args(release: bool) -> Vec<&'static str> {
    let mut args = vec!["--locked", "--bins"];
    for package in ["auth", "tickets", "orders", "expiration", "payments"] {
        args.extend(["--package", package]);
    }
    if release {
        args.push("--release");
    }
    args
}

/// Two of us in one tree would fight over its data.
fn become_the_only_one(dir: &Path, log: &Log) -> Result<Record> {
    make_dir(dir)?;
    let owner = dir.join(OWNER);
    if let Some(pid) = leftovers::living(&owner) {
        bail!("it is already running here: press Ctrl-C where it runs, or type: kill {pid}");
    }
    leftovers::stop_all(dir, log);
    Record::write(&owner, std::process::id())
}

fn forget_everything(dir: &Path, log: &Log) -> Result<()> {
    log.say("deleting all data of earlier starts");
    for entry in fs::read_dir(dir).context("look at the data")?.flatten() {
        if entry.file_name() == OWNER {
            continue;
        }
        if entry.path().is_dir() {
            remove_dir(&entry.path())?;
        } else {
            fs::remove_file(entry.path()).context("delete a file of an earlier start")?;
        }
    }
    Ok(())
}

fn check_ports(backing: &Backing, port: u16) -> Result<()> {
    let of_services =
        SERVICES.iter().flat_map(|service| service.ports().into_iter().map(|port| (service.name, port)));
    ports::ensure_free(
        backing
            .wanted_ports()
            .into_iter()
            .chain(of_services)
            .chain([("client", CLIENT_PORT), ("nginx", port)]),
    )
}

fn seed_once(workspace: &Workspace, port: u16, stop: &Stop, log: &Log) -> Result<()> {
    let marker = workspace.up().join("seeded");
    if marker.exists() {
        return Ok(());
    }
    let target = seed::Target {
        url: format!("http://stagedoor.localhost:{port}"),
        admin: Secrets::admin(&workspace.secrets())?,
    };
    log.say("putting a small catalogue into the empty shop");
    // A line for each offer would bury the rest.
    log.show_only_trouble(true);
    let seeded = seed::run(&target, FIRST_CATALOGUE, &seed::Options::default(), stop, log);
    log.show_only_trouble(false);
    seeded?;
    fs::write(marker, "").context("record that the shop has its catalogue")
}

fn greet(workspace: &Workspace, port: u16, took: Duration, log: &Log) {
    let secrets = workspace.secrets();
    log.say(format!("ready after {:.1} s: http://stagedoor.localhost:{port}", took.as_secs_f64()));
    log.say(format!(
        "administrator: {}, password in {}",
        secrets::ADMIN_EMAIL,
        secrets.join(secrets::ADMIN_PASSWORD).display()
    ));
    log.say(format!("whole logs are in {}; Ctrl-C stops everything", workspace.up().display()));
    // Whoever reads us through a pipe wants to know now.
    let _ = std::io::stdout().flush();
}

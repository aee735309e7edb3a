//! The fleet: two replicas of each service, three members of MongoDB, JetStream, Redis, the gateway and
//! the ingress, each a process that can be killed, paused and started, and the links between them.

pub mod links;
pub mod parts;
mod replica_set;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::PathBuf,
    process::ExitStatus,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use common::control::{Control, VARIABLE};
use mongodb::Client;
use serde::Serialize;
use xtask::{
    children::{Process, Spec},
    log::Log,
    provision::Tools,
    servers::{self, wait_for},
    workspace::Workspace,
};

use self::{
    links::Links,
    parts::{Part, Replica},
};
use super::{Options, gauges::Gauges, nemesis::jetstream};
use crate::market::{
    Patience, Service, Site,
    machinery::{Ports, answers_ok},
    remains,
    surroundings::{Surroundings, binaries, tools},
};

/// How long a part may take to start.
const READY_BOUND: Duration = Duration::from_mins(2);
/// How long the gateway may take to answer before payments gives up waiting.
const GATEWAY_TIMEOUT: Duration = Duration::from_secs(3);
/// How often the supervisor looks for what fell over.
const SUPERVISION: Duration = Duration::from_millis(200);

/// How many lines of its log are kept of a part that ended by itself.
const LAST_WORDS: usize = 20;

/// A part that ended though nobody had ended it.
#[derive(Debug, Clone, Serialize)]
pub struct Fall {
    /// Which.
    pub part: String,
    /// How it ended.
    pub status: String,
    /// The end of its log.
    pub last_words: Vec<String>,
}

impl fmt::Display for Fall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.last_words.last().map_or("it said nothing", String::as_str);
        write!(f, "{} ended by itself ({}): {last}", self.part, self.status)
    }
}

/// Everything that runs.
pub struct Fleet {
    /// Everything between the parts.
    pub links: Links,
    /// What people see.
    pub site: Site,
    /// The databases, past the links.
    pub mongodb: Client,
    /// Where data and logs are.
    pub dir: PathBuf,
    /// Whether JetStream has a disk of its own, which can be filled.
    pub has_own_disk: bool,
    ports: BTreeMap<Replica, Ports>,
    state: Mutex<State>,
    gauges: Mutex<Gauges>,
}

struct State {
    processes: BTreeMap<Part, Process>,
    /// How each part is started when nothing is wrong with it.
    specs: BTreeMap<Part, Spec>,
    /// What somebody ended on purpose; the supervisor leaves it alone.
    down: Vec<Part>,
    falls: Vec<Fall>,
    started: Instant,
    control: Option<Control>,
}

impl Fleet {
    /// Starts everything and waits until all of it says that it can serve.
    pub async fn start(options: &Options, started: Instant) -> Self {
        let dir = remains::dir().to_path_buf();
        let workspace = Workspace::here();
        let tools = tools(&workspace).expect("find the servers");
        let links = Links::open().await;
        let mut state = State {
            processes: BTreeMap::new(),
            specs: BTreeMap::new(),
            down: Vec::new(),
            falls: Vec::new(),
            started,
            control: options.control,
        };
        let has_own_disk = jetstream::mount_disk(&dir.join("n").join("nats"));
        state.start_servers(&dir, &tools, &links);
        let mongodb = replica_set::initiate(&links).await;
        let ports = links.ports_of_replicas();
        let patience = Patience { hold: options.hold, gateway: GATEWAY_TIMEOUT };
        let (ports, dir, site) = (ports, dir.clone(), Site::at(links.crowd.port(), links.gateway_port));
        state.start_services(&ports, &dir, &links, patience);
        state.start_ingress(&workspace, &tools, &ports, &dir, &links, patience);
        let (state, gauges) = (Mutex::new(state), Mutex::default());
        Self { links, site, mongodb, dir, has_own_disk, ports, state, gauges }
    }

    /// Kills a part, as a power cut would; it stays down.
    pub fn kill(&self, part: Part) {
        let mut state = self.state();
        state.down.push(part);
        state.process(part).kill();
    }

    /// Starts a part that was killed.
    pub fn start_again(&self, part: Part) {
        self.start_with(part, &[]);
    }

    /// Starts a part that was killed, with further variables.
    pub fn start_with(&self, part: Part, env: &[(&str, &str)]) {
        let mut state = self.state();
        let mut spec = state.specs.get(&part).expect("a part of the fleet").clone();
        spec.env.extend(env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        state.process(part).kill();
        let process = Process::start(spec, &Log::quiet()).expect("start a part again");
        state.processes.insert(part, process);
        state.down.retain(|down| *down != part);
    }

    /// Lets a part stand still.
    pub fn pause(&self, part: Part) {
        self.state().process(part).pause();
    }

    /// Lets a part go on.
    pub fn resume(&self, part: Part) {
        self.state().process(part).resume();
    }

    /// Waits until a part can be used again; false if it cannot within the bound.
    pub async fn until_ready(&self, part: Part, bound: Duration) -> bool {
        let deadline = Instant::now() + bound;
        while Instant::now() < deadline {
            if self.is_ready(part) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }

    fn is_ready(&self, part: Part) -> bool {
        match part {
            Part::Service(service, replica) => answers_ok(self.internal_port(service, replica)).is_ok(),
            Part::Gateway => answers_ok(self.links.gateway_port).is_ok(),
            Part::Nats => servers::nats::check(self.links.nats_port).is_ok(),
            Part::Redis => servers::redis::check(self.links.redis_port).is_ok(),
            Part::Mongod(_) | Part::Ingress => true,
        }
    }

    /// Where a replica tells of itself.
    pub fn internal_port(&self, service: Service, replica: Replica) -> u16 {
        self.ports[&replica].of(service).1
    }

    /// Makes the weather fair and starts everything that is down.
    pub async fn heal(&self) {
        self.links.clear_up();
        for part in Part::all() {
            self.resume(part);
        }
        let down = self.state().down.clone();
        for part in down {
            self.start_again(part);
        }
        for part in Part::all() {
            self.until_ready(part, READY_BOUND).await;
        }
    }

    /// Every time that a part ended though nobody had ended it.
    pub fn falls(&self) -> Vec<Fall> {
        self.state().falls.clone()
    }

    /// What the services have counted so far.
    pub fn gauges(&self) -> Gauges {
        self.gauges.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes what the services have counted.
    pub fn with_gauges(&self, work: impl FnOnce(&mut Gauges)) {
        work(&mut self.gauges.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Where the parts have their data and logs.
    pub fn dirs(&self) -> Vec<PathBuf> {
        let dirs = self.state().specs.values().map(|spec| spec.dir.clone()).collect::<BTreeSet<_>>();
        dirs.into_iter().collect()
    }

    /// Where JetStream keeps its files.
    pub fn jetstream_dir(&self) -> PathBuf {
        self.dir.join("n").join("nats")
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        if self.has_own_disk {
            self.state().process(Part::Nats).kill();
            jetstream::unmount_disk(&self.jetstream_dir());
        }
    }
}

impl State {
    fn process(&mut self, part: Part) -> &mut Process {
        self.processes.get_mut(&part).expect("a part of the fleet")
    }

    fn start(&mut self, part: Part, spec: Spec) {
        let process = Process::start(spec.clone(), &Log::quiet()).expect("start a part");
        self.specs.insert(part, spec);
        self.processes.insert(part, process);
    }

    fn start_servers(&mut self, dir: &std::path::Path, tools: &Tools, links: &Links) {
        for (member, port) in links.mongod_ports.into_iter().enumerate() {
            let dir = dir.join(format!("m{member}"));
            let spec = servers::mongo::spec(&tools.mongod, &dir, port).expect("describe mongod");
            self.start(Part::Mongod(member), spec);
        }
        let nats = servers::nats::spec(&tools.nats_server, &dir.join("n"), links.nats_port);
        self.start(Part::Nats, nats.expect("describe nats-server"));
        let redis = servers::redis::spec(&tools.redis_server, &dir.join("r"), links.redis_port);
        self.start(Part::Redis, redis.expect("describe redis-server"));
    }

    fn start_services(
        &mut self,
        ports: &BTreeMap<Replica, Ports>,
        dir: &std::path::Path,
        links: &Links,
        patience: Patience,
    ) {
        let binaries = binaries().expect("find the services");
        let gateway = Surroundings {
            ports: ports[&Replica::A].with_gateway(links.gateway_port),
            patience,
            servers: Vec::new(),
            dir: &dir.join("g"),
            binaries,
        };
        self.start(Part::Gateway, gateway.gateway());
        for (replica, ports) in ports {
            for service in Service::ALL {
                let mut servers = links.environment(service, *replica);
                let mistake = self.control.filter(|control| makes(service, *control));
                servers.extend(mistake.map(|control| (VARIABLE.to_owned(), control.name().to_owned())));
                let surroundings = Surroundings {
                    ports: *ports,
                    patience,
                    servers,
                    dir: &dir.join(replica.name()),
                    binaries,
                };
                self.start(Part::Service(service, *replica), surroundings.service(service));
            }
        }
        for (replica, ports) in ports {
            for service in Service::ALL {
                let port = ports.of(service).1;
                let process = self.process(Part::Service(service, *replica));
                wait_for(process, Instant::now() + READY_BOUND, || answers_ok(port))
                    .expect("a ready service");
            }
        }
    }

    fn start_ingress(
        &mut self,
        workspace: &Workspace,
        tools: &Tools,
        ports: &BTreeMap<Replica, Ports>,
        dir: &std::path::Path,
        links: &Links,
        patience: Patience,
    ) {
        let dir = dir.join("i");
        let ports = ports[&Replica::A];
        let surroundings = Surroundings {
            ports,
            patience,
            servers: Vec::new(),
            dir: &dir,
            binaries: std::path::Path::new(""),
        };
        let mut ingress = surroundings.ingress();
        ingress.port = links.ingress_port;
        ingress.upstreams = links.upstreams();
        let process = ingress.start(workspace, &tools.nginx, &Log::quiet()).expect("start the ingress");
        self.specs.insert(Part::Ingress, process.spec().clone());
        self.processes.insert(Part::Ingress, process);
    }

    /// Starts what ended by itself, as any orchestrator would, and keeps what it said last.
    fn revive(&mut self) {
        let fallen: Vec<(Part, ExitStatus)> = self
            .processes
            .iter_mut()
            .filter_map(|(part, process)| process.ended().map(|status| (*part, status)))
            .filter(|(part, _)| !self.down.contains(part))
            .collect();
        for (part, status) in fallen {
            let spec = self.specs[&part].clone();
            let fall =
                Fall { part: part.to_string(), status: status.to_string(), last_words: last_words(&spec) };
            super::say(self.started, &format!("       {fall}"));
            self.falls.push(fall);
            let process = Process::start(spec, &Log::quiet()).expect("start what fell over");
            self.processes.insert(part, process);
        }
    }
}

/// Whether this service makes this mistake. Without auth nobody could even sign in, so that it makes none but its own.
fn makes(service: Service, control: Control) -> bool {
    match service {
        Service::Auth => control.catcher().package == service.name(),
        Service::Tickets | Service::Orders | Service::Expiration | Service::Payments => true,
    }
}

/// The end of the log that a part leaves.
fn last_words(spec: &Spec) -> Vec<String> {
    let log = std::fs::read_to_string(spec.log_file()).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(LAST_WORDS)..].iter().map(|line| (*line).to_owned()).collect()
}

/// Starts again what ends by itself, for as long as the fleet is there.
pub async fn supervise(fleet: Arc<Fleet>) {
    loop {
        tokio::time::sleep(SUPERVISION).await;
        fleet.state().revive();
    }
}

//! What the processes of a marketplace are told, and where their programs are.

use std::{
    env,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use anyhow::{Context as _, Result};
use xtask::{
    cargo,
    children::Spec,
    log::grammar::Grammar,
    nginx::{Ingress, Limits, Upstreams},
    provision::{self, Tools},
    signals::Stop,
    workspace::Workspace,
};

use super::{
    Patience,
    machinery::{Ports, Service},
};

/// The account that auth makes when it starts.
pub const ADMIN_EMAIL: &str = "admin@stagedoor.example";
/// Its password.
pub const ADMIN_PASSWORD: &str = "the key of the stage door";

const PASS_SIGNING_KEY: &str = "nobody else knows these more than 32 bytes";
const WEBHOOK_SECRET: &str = "what the sandbox signs webhooks with";
/// What only the services know.
pub const SECRETS: [&str; 2] = [PASS_SIGNING_KEY, WEBHOOK_SECRET];

/// What the processes are told.
pub struct Surroundings<'a> {
    pub ports: Ports,
    pub patience: Patience,
    pub servers: Vec<(String, String)>,
    pub dir: &'a Path,
    pub binaries: &'a Path,
}

impl Surroundings<'_> {
    pub fn service(&self, service: Service) -> Spec {
        let (port, internal_port) = self.ports.of(service);
        let own = [
            ("PORT", port.to_string()),
            ("INTERNAL_PORT", internal_port.to_string()),
            ("PUBLIC_ORIGIN", format!("http://stagedoor.localhost:{}", self.ports.ingress)),
            ("COOKIE_SECURE", "false".to_owned()),
            ("ADMIN_EMAIL", ADMIN_EMAIL.to_owned()),
            ("ADMIN_PASSWORD", ADMIN_PASSWORD.to_owned()),
            // Longer than any run takes on any machine; that tokens expire has a test of its own.
            ("ACCESS_TOKEN_TTL_SECS", "3600".to_owned()),
            // Everybody comes from one address here, and much is wrong on purpose.
            ("SIGN_IN_FREE_PER_ACCOUNT", "1000000".to_owned()),
            ("SIGN_IN_FREE_PER_ADDRESS", "1000000".to_owned()),
            ("PASS_SIGNING_KEY", PASS_SIGNING_KEY.to_owned()),
            ("ORDER_HOLD_SECS", self.patience.hold.as_secs().to_string()),
            ("SANDBOX_GATEWAY_URL", format!("http://127.0.0.1:{}", self.ports.gateway)),
            ("GATEWAY_TIMEOUT_MS", self.patience.gateway.as_millis().to_string()),
        ];
        let own = own.map(|(name, value)| (name.to_owned(), value));
        self.spec(service.name(), own.into_iter().chain(self.servers.iter().cloned()))
    }

    pub fn gateway(&self) -> Spec {
        let payments = self.ports.of(Service::Payments).0;
        let webhooks = format!("http://127.0.0.1:{payments}/api/payments/webhooks/sandbox");
        let own = [
            ("PORT", self.ports.gateway.to_string()),
            ("LEDGER_PATH", self.dir.join("ledger.jsonl").display().to_string()),
            ("SANDBOX_WEBHOOK_URL", webhooks),
        ];
        self.spec("sandbox-gateway", own.map(|(name, value)| (name.to_owned(), value)))
    }

    fn spec(&self, name: &str, own: impl IntoIterator<Item = (String, String)>) -> Spec {
        let shared = [
            ("BIND_ADDRESS", "127.0.0.1"),
            ("DRAIN_SECS", "0"),
            // More often than anywhere else: whatever a test does to the marketplace, somebody looks. Not more
            // often than that: several marketplaces at once spent most of two cores on looking.
            ("AUDIT_INTERVAL_SECS", "4"),
            ("LOG_FORMAT", "json"),
            ("SANDBOX_WEBHOOK_SECRET", WEBHOOK_SECRET),
        ];
        let shared = shared.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut env: Vec<(String, String)> = own.into_iter().chain(shared).collect();
        // Whoever runs us may have these set, and a service refuses to be told twice.
        let files: Vec<_> = env.iter().map(|(name, _)| (format!("{name}_FILE"), String::new())).collect();
        env.extend(files);
        Spec {
            name: name.to_owned(),
            program: self.binaries.join(name),
            args: Vec::new(),
            env,
            grammar: Grammar::Service,
            dir: self.dir.to_path_buf(),
        }
    }

    pub fn ingress(&self) -> Ingress {
        let port = |service| self.ports.of(service).0;
        Ingress {
            port: self.ports.ingress,
            upstreams: vec![Upstreams {
                auth: port(Service::Auth),
                tickets: port(Service::Tickets),
                orders: port(Service::Orders),
                payments: port(Service::Payments),
                sandbox: self.ports.gateway,
                client: self.ports.client,
            }],
            limits: Limits::generous(),
            dir: self.dir.to_path_buf(),
        }
    }
}

/// Where the services' programs are: where `cargo xtask test` says that it built them, else where they are
/// built now.
pub fn binaries() -> Result<&'static Path> {
    static BINARIES: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let found = BINARIES.get_or_init(|| match env::var_os("STAGEDOOR_BIN_DIR") {
        Some(dir) => Ok(dir.into()),
        None => build().map_err(|error| format!("{error:#}")),
    });
    found.as_deref().map_err(|why| anyhow::anyhow!("{why}"))
}

fn build() -> Result<PathBuf> {
    // With the failpoints that some tests arm.
    let mut args = vec!["--bins", "--all-features"];
    args.extend(Service::ALL.iter().flat_map(|service| ["--package", service.name()]));
    let built = cargo::build(&Workspace::here(), &args, &Stop::never())?;
    Ok(built.dir().context("find what was built")?.to_path_buf())
}

/// The servers that are there. Tests install nothing.
pub fn tools(workspace: &Workspace) -> Result<Tools> {
    let missing = "find the servers: `cargo xtask test` installs what is missing";
    let found = provision::find(workspace);
    Ok(Tools {
        mongod: found.mongod.context(missing)?,
        nats_server: found.nats_server.context(missing)?,
        redis_server: found.redis_server.context(missing)?,
        nginx: found.nginx.context(missing)?,
    })
}

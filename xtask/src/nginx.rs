//! The local ingress: renders `infra/nginx/stagedoor.conf` and starts Debian's nginx with it.
//!
//! End-to-end tests start one of their own, on free ports and with limits that 64 buyers at one address
//! do not reach:
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! # let [port, auth, tickets, orders, payments, sandbox, client] = xtask::ports::free()?;
//! use xtask::{log::Log, nginx::{Ingress, Limits, Upstreams}, workspace::Workspace};
//!
//! let workspace = Workspace::here();
//! let ingress = Ingress {
//!     port,
//!     upstreams: vec![Upstreams { auth, tickets, orders, payments, sandbox, client }],
//!     limits: Limits::generous(),
//!     dir: workspace.test_run("mine"),
//! };
//! let nginx = xtask::workspace::which("nginx").unwrap();
//! let mut process = ingress.start(&workspace, &nginx, &Log::quiet())?;
//! # let _ = process.pid();
//! # Ok(()) }
//! ```

mod problems;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};

use crate::{
    children::{Process, Spec},
    log::{Log, grammar::Grammar},
    ports,
    provision::debian::is_root,
    servers::wait_for,
    workspace::{Workspace, make_dir},
};

const READY_BOUND: Duration = Duration::from_secs(10);

/// One ingress: where it listens, where it sends requests, how much it lets through.
#[derive(Debug, Clone)]
pub struct Ingress {
    /// The port of the loopback that it listens on.
    pub port: u16,
    /// The public ports of the services, one entry for each set of replicas.
    pub upstreams: Vec<Upstreams>,
    /// The limits per address.
    pub limits: Limits,
    /// A directory for its files; it gets a subdirectory `nginx`.
    pub dir: PathBuf,
}

/// The public port of each service that the ingress reaches. expiration has no public routes.
#[derive(Debug, Clone, Copy)]
pub struct Upstreams {
    pub auth: u16,
    pub tickets: u16,
    pub orders: u16,
    pub payments: u16,
    pub sandbox: u16,
    pub client: u16,
}

/// How many requests one address may make.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Of the whole API, in the long run.
    pub requests_per_second: u32,
    /// Beyond that at once.
    pub requests_burst: u32,
    /// Sign-ups and sign-ins, each of which costs us a hundredth of a second of one core.
    pub sign_ins_per_second: u32,
    /// Beyond that at once.
    pub sign_ins_burst: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { requests_per_second: 200, requests_burst: 400, sign_ins_per_second: 10, sign_ins_burst: 40 }
    }
}

impl Limits {
    /// For tests and load: no test reaches these.
    pub fn generous() -> Self {
        Self {
            requests_per_second: 100_000,
            requests_burst: 100_000,
            sign_ins_per_second: 10_000,
            sign_ins_burst: 10_000,
        }
    }
}

impl Ingress {
    /// Renders the configuration, has nginx check it, and starts it. Returns when it accepts connections.
    pub fn start(&self, workspace: &Workspace, nginx: &Path, log: &Log) -> Result<Process> {
        let dir = self.dir.join("nginx");
        make_dir(&dir)?;
        let template = workspace.ingress().join("stagedoor.conf");
        let template =
            fs::read_to_string(&template).with_context(|| format!("read {}", template.display()))?;
        let file = dir.join("nginx.conf");
        fs::write(&file, self.render(&template, &dir, &workspace.ingress().join("html"))?)
            .context("write the configuration of nginx")?;
        check(nginx, &dir, &file)?;
        let mut process = Process::start(spec(nginx, &self.dir, &dir, &file), log)?;
        wait_for(&mut process, Instant::now() + READY_BOUND, || {
            ensure!(ports::answers(self.port), "nobody answers on port {}", self.port);
            Ok(())
        })?;
        Ok(process)
    }

    fn render(&self, template: &str, dir: &Path, html: &Path) -> Result<String> {
        let limits = self.limits;
        let servers = |port: fn(&Upstreams) -> u16| {
            let ports: BTreeSet<u16> = self.upstreams.iter().map(port).collect();
            let server = |port: &u16| format!("server 127.0.0.1:{port} max_fails=0;");
            ports.iter().map(server).collect::<Vec<_>>().concat()
        };
        fill(
            template,
            &[
                ("listen", listen(self.port, ports::ipv6_works())),
                // Started by root, workers would change to a user who cannot read the tree.
                ("user", if is_root() { "user root;".to_owned() } else { String::new() }),
                ("dir", dir.display().to_string()),
                ("html", html.display().to_string()),
                ("auth", servers(|of| of.auth)),
                ("tickets", servers(|of| of.tickets)),
                ("orders", servers(|of| of.orders)),
                ("payments", servers(|of| of.payments)),
                ("sandbox", servers(|of| of.sandbox)),
                ("client", servers(|of| of.client)),
                ("requests_per_second", limits.requests_per_second.to_string()),
                ("requests_burst", limits.requests_burst.to_string()),
                ("sign_ins_per_second", limits.sign_ins_per_second.to_string()),
                ("sign_ins_burst", limits.sign_ins_burst.to_string()),
                ("problems", problems::locations()),
            ],
        )
    }
}

fn listen(port: u16, ipv6: bool) -> String {
    let mut directives = format!("listen 127.0.0.1:{port};");
    if ipv6 {
        // Browsers and curl may take `*.localhost` to be ::1.
        directives.extend([" listen [::1]:", &port.to_string(), ";"]);
    }
    directives
}

/// Puts in every value; fails if the template has a name that nobody gave a value.
fn fill(template: &str, values: &[(&str, String)]) -> Result<String> {
    let (comments, body) = template.split_once("\ndaemon").context("find where the configuration begins")?;
    let _ = comments;
    let mut text = format!("# Written by xtask from infra/nginx/stagedoor.conf at each start.\ndaemon{body}");
    for (name, value) in values {
        text = text.replace(&format!("{{{{{name}}}}}"), value);
    }
    if let Some((_, rest)) = text.split_once("{{") {
        let name = rest.split("}}").next().unwrap_or_default();
        anyhow::bail!("the template of nginx asks for {name}, which xtask does not know");
    }
    Ok(text)
}

fn check(nginx: &Path, dir: &Path, file: &Path) -> Result<()> {
    let output = Command::new(nginx)
        .args(["-t", "-q", "-e", "stderr", "-p"])
        .arg(dir)
        .arg("-c")
        .arg(file)
        .output()
        .with_context(|| format!("run {}", nginx.display()))?;
    ensure!(
        output.status.success(),
        "nginx refuses its configuration: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}

fn spec(nginx: &Path, dir: &Path, prefix: &Path, file: &Path) -> Spec {
    let (prefix, file) = (prefix.to_string_lossy(), file.to_string_lossy());
    Spec {
        name: "nginx".to_owned(),
        program: nginx.to_path_buf(),
        args: ["-e", "stderr", "-p", &prefix, "-c", &file].iter().map(ToString::to_string).collect(),
        env: Vec::new(),
        grammar: Grammar::Nginx,
        dir: dir.to_path_buf(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_the_template_gets_a_value() {
        let template = include_str!("../../infra/nginx/stagedoor.conf");
        let ingress = Ingress {
            port: 8080,
            upstreams: vec![
                Upstreams { auth: 1, tickets: 2, orders: 3, payments: 4, sandbox: 5, client: 10 },
                Upstreams { auth: 6, tickets: 7, orders: 8, payments: 9, sandbox: 5, client: 10 },
            ],
            limits: Limits::default(),
            dir: "/d".into(),
        };
        let text = ingress.render(template, Path::new("/d/nginx"), Path::new("/h")).unwrap();
        assert!(!text.contains("{{"));
        assert!(text.contains("server 127.0.0.1:3 max_fails=0;server 127.0.0.1:8 max_fails=0;"));
        assert_eq!(text.matches("server 127.0.0.1:5 ").count(), 1);
        assert!(text.contains("rate=200r/s"));
        assert!(text.contains("alias /h/;"));
    }

    #[test]
    fn a_name_that_nobody_knows_is_refused() {
        let refusal = fill("# x\ndaemon off; {{colour}}", &[]).unwrap_err().to_string();
        assert_eq!(refusal, "the template of nginx asks for colour, which xtask does not know");
    }

    #[test]
    fn it_listens_on_ipv6_only_where_that_exists() {
        assert_eq!(listen(8080, false), "listen 127.0.0.1:8080;");
        assert_eq!(listen(8080, true), "listen 127.0.0.1:8080; listen [::1]:8080;");
    }
}

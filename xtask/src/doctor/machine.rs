//! What a newcomer's machine needs to build and run Stagedoor.

use std::{
    fs,
    net::ToSocketAddrs as _,
    path::{Path, PathBuf},
    process::Command,
};

use super::Finding;
use crate::{
    ports::holder,
    provision::{self, version::Version, wheel},
    up::{
        backing,
        services::{CLIENT_PORT, SERVICES, Service},
    },
    workspace::{Workspace, which},
};

/// A build of everything takes about this much.
const DISK_GIB: u64 = 8;

/// mongod keeps a few files open for each collection, and the tests make many.
const OPEN_FILES: u64 = 8_192;

/// Looks at all of it.
pub fn examine(workspace: &Workspace) -> Vec<Finding> {
    let found = provision::find(workspace);
    let mut findings = vec![rust(workspace), components(), compiler()];
    findings.extend([
        server("mongod", found.mongod.as_deref(), "a wheel, 60 MB"),
        server("nats-server", found.nats_server.as_deref(), "a wheel, 7 MB"),
        server("redis-server", found.redis_server.as_deref(), "a Debian package"),
        server("nginx", found.nginx.as_deref(), "a Debian package"),
    ]);
    if found.mongod.is_none() || found.nats_server.is_none() {
        findings.push(pip());
    }
    findings.extend([setpriv(), disk(workspace.root()), open_files(), name(), ports(workspace)]);
    findings
}

fn rust(workspace: &Workspace) -> Finding {
    let wanted = fs::read_to_string(workspace.root().join("rust-toolchain.toml")).unwrap_or_default();
    let wanted = Version::find(&wanted);
    let here = says("rustc", &["--version"]);
    match (wanted, here.as_deref().and_then(Version::find)) {
        (Some(wanted), Some(here)) if wanted == here => Finding::good("Rust", here.to_string()),
        (Some(wanted), here) => Finding::note(
            "Rust",
            here.map_or("none".to_owned(), |here| here.to_string()),
            format!("rustup installs {wanted}, which rust-toolchain.toml asks for, by itself"),
        ),
        (None, _) => Finding::note("Rust", "unknown", ""),
    }
}

fn components() -> Finding {
    let missing: Vec<&str> = ["clippy", "fmt"]
        .into_iter()
        .filter(|component| says("cargo", &[component, "--version"]).is_none())
        .collect();
    if missing.is_empty() {
        Finding::good("clippy, rustfmt", "there")
    } else {
        Finding::bad("clippy, rustfmt", "missing", "rustup component add clippy rustfmt")
    }
}

fn compiler() -> Finding {
    match says("cc", &["--version"]) {
        Some(version) => Finding::good("C compiler", first_line(&version)),
        None => {
            Finding::bad("C compiler", "none; Rust links with it", "sudo apt-get install build-essential")
        }
    }
}

fn server(name: &str, found: Option<&Path>, otherwise: &str) -> Finding {
    match found {
        Some(path) => {
            let version =
                provision::version_of(path).map_or("of unknown version".to_owned(), |v| v.to_string());
            Finding::good(name, format!("{version} ({})", path.display()))
        }
        None => Finding::note(name, "not here yet", format!("`cargo xtask up` installs it ({otherwise})")),
    }
}

fn pip() -> Finding {
    if wheel::pip_works() {
        Finding::good("pip", "there")
    } else {
        Finding::bad("pip", "missing; two servers come as wheels", "sudo apt-get install python3-pip")
    }
}

fn setpriv() -> Finding {
    match which("setpriv") {
        Some(_) => Finding::good("setpriv", "there"),
        None => Finding::note(
            "setpriv",
            "none",
            "if xtask is killed, what it started goes on until its next start (package util-linux)",
        ),
    }
}

fn disk(root: &Path) -> Finding {
    let free = says("df", &["-Pk", &root.to_string_lossy()]).as_deref().and_then(free_gib);
    match free {
        Some(gib) if gib >= DISK_GIB => Finding::good("disk", format!("{gib} GiB free")),
        Some(gib) => Finding::bad(
            "disk",
            format!("{gib} GiB free"),
            format!("make room: a build takes {DISK_GIB} GiB"),
        ),
        None => Finding::note("disk", "df does not tell", ""),
    }
}

/// The fourth column of the second line of `df -Pk`.
fn free_gib(df: &str) -> Option<u64> {
    let kib: u64 = df.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    Some(kib >> 20)
}

fn open_files() -> Finding {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let soft = limits.lines().find(|line| line.starts_with("Max open files"));
    match soft.and_then(|line| line.split_whitespace().nth(3)?.parse::<u64>().ok()) {
        Some(count) if count < OPEN_FILES => {
            Finding::note("open files", format!("at most {count}"), "the tests want more: ulimit -n 20000")
        }
        Some(count) => Finding::good("open files", format!("at most {count}")),
        None => Finding::note("open files", "the limit is not known", ""),
    }
}

fn name() -> Finding {
    let addresses = ("stagedoor.localhost", 80).to_socket_addrs().map(Vec::from_iter).unwrap_or_default();
    match addresses.as_slice() {
        [_, ..] if addresses.iter().all(|address| address.ip().is_loopback()) => {
            Finding::good("the host name", "stagedoor.localhost is this machine")
        }
        _ => Finding::note(
            "the host name",
            "this machine's resolver does not know stagedoor.localhost",
            "browsers and curl do; for other programs: echo '127.0.0.1 stagedoor.localhost' | sudo tee -a /etc/hosts",
        ),
    }
}

fn ports(workspace: &Workspace) -> Finding {
    if super::running::owner(workspace).is_some() {
        return Finding::good("ports", "in use by `cargo xtask up`");
    }
    let servers = [backing::MONGODB_PORT, backing::NATS_PORT, backing::REDIS_PORT, CLIENT_PORT, 8080];
    let of_services = SERVICES.iter().flat_map(Service::ports);
    let taken: Vec<u16> =
        servers.into_iter().chain(of_services).filter(|port| !crate::ports::is_free(*port)).collect();
    let Some(first) = taken.first() else {
        return Finding::good("ports", "all free");
    };
    let who = holder(*first).map_or("somebody".to_owned(), |holder| format!("process {}", holder.pid));
    let list = taken.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
    Finding::bad(
        "ports",
        format!("taken: {list} ({first} by {who})"),
        "stop who has them; 8080 can be another: up --port",
    )
}

fn says(program: &str, args: &[&str]) -> Option<String> {
    let program: PathBuf = which(program)?;
    let output = Command::new(program).args(args).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_space_is_read_from_df() {
        let df = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda 263973564 15000000 81788928 16% /\n";
        assert_eq!(free_gib(df), Some(78));
    }
}

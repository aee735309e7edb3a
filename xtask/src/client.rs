//! The client: its packages, its production build, and how it is started.
//!
//! Both are made once and again only when what they are made from has changed: the packages when
//! `package-lock.json` has, the build when any source has.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use sha2::{Digest as _, Sha256};

use crate::{
    children::{Spec, foreground},
    log::{Log, grammar::Grammar},
    provision::{packages, version::Version},
    signals::Stop,
    workspace::{Workspace, which},
};

const BOUND: Duration = Duration::from_mins(20);

/// What Next.js asks for.
const NODE_AT_LEAST: Version = Version(20, 9, 0);

/// What is made rather than written, or has no bearing on the build.
const NOT_SOURCE: [&str; 8] = [
    "node_modules",
    ".next",
    "docs",
    "e2e",
    "test-results",
    "playwright-report",
    "next-env.d.ts",
    "README.md",
];

/// Where the client is, as a browser sees it and as it sees the others.
#[derive(Debug, Clone)]
pub struct Place {
    /// Where it serves; only the ingress goes there.
    pub port: u16,
    /// Where tickets serves: what search engines see is rendered here, from what anybody may know.
    pub tickets_port: u16,
    /// What browsers call the whole.
    pub public_origin: String,
    /// The directory of its log.
    pub dir: PathBuf,
}

/// Makes sure that the packages are there and the build is current.
pub fn prepare(workspace: &Workspace, stop: &Stop, log: &Log) -> Result<()> {
    install(workspace, stop, log)?;
    let sources = fingerprint(&workspace.client())?;
    let made_from = server(workspace).with_file_name("made-from");
    if server(workspace).is_file() && fs::read_to_string(&made_from).is_ok_and(|known| known == sources) {
        return Ok(());
    }
    log.say("building the client");
    run(workspace, &["run", "build"], stop)?;
    fs::write(&made_from, sources).context("record what the client was built from")
}

/// Makes sure that the packages that `package-lock.json` names are there, and no others.
pub fn install(workspace: &Workspace, stop: &Stop, log: &Log) -> Result<()> {
    ensure_node()?;
    let client = workspace.client();
    let lock = fs::read_to_string(client.join("package-lock.json")).context("read package-lock.json")?;
    let installed = client.join("node_modules/.installed-from");
    if fs::read_to_string(&installed).is_ok_and(|known| known == lock) {
        return Ok(());
    }
    log.say("installing the client's packages (npm)");
    run(workspace, &packages::NPM_CI, stop)?;
    fs::write(&installed, lock).context("record which packages are installed")
}

/// Runs npm in the client's directory; fails if it does.
pub fn run(workspace: &Workspace, args: &[&str], stop: &Stop) -> Result<()> {
    let status = foreground::run(&npm(workspace, args)?, BOUND, stop, |line| println!("{line}"))?;
    ensure!(status.success(), "npm {} failed", args.join(" "));
    Ok(())
}

/// npm in the client's directory.
pub fn npm(workspace: &Workspace, args: &[&str]) -> Result<Command> {
    packages::npm(&workspace.client(), args)
}

/// How to start what [`prepare`] has built.
pub fn spec(workspace: &Workspace, place: &Place) -> Result<Spec> {
    let server = server(workspace);
    ensure!(server.is_file(), "the client is not built: `cargo xtask test` and `cargo xtask up` build it");
    let env = [
        ("NODE_ENV", "production".to_owned()),
        ("HOSTNAME", "127.0.0.1".to_owned()),
        ("PORT", place.port.to_string()),
        // Closed here after the ingress would, so that none is closed under a request.
        ("KEEP_ALIVE_TIMEOUT", "75000".to_owned()),
        ("TICKETS_URL", format!("http://127.0.0.1:{}", place.tickets_port)),
        ("PUBLIC_ORIGIN", place.public_origin.clone()),
        ("NEXT_TELEMETRY_DISABLED", "1".to_owned()),
    ];
    Ok(Spec {
        name: "client".to_owned(),
        program: which("node").context("find node")?,
        args: vec![server.display().to_string()],
        env: env.map(|(name, value)| (name.to_owned(), value)).into(),
        grammar: Grammar::Plain,
        dir: place.dir.clone(),
    })
}

fn server(workspace: &Workspace) -> PathBuf {
    workspace.client().join(".next/standalone/server.js")
}

fn ensure_node() -> Result<()> {
    let wanted = NODE_AT_LEAST;
    let said = which("node").and_then(|node| Command::new(node).arg("--version").output().ok());
    let here = said.and_then(|output| Version::find(&String::from_utf8_lossy(&output.stdout)));
    match here {
        Some(version) if version >= wanted => Ok(()),
        Some(version) => bail!("the client needs node {wanted} or newer, and this is {version}"),
        None => bail!("the client needs node {wanted} or newer: install it, for example from nodejs.org"),
    }
}

/// A number that changes whenever a source of the client does.
fn fingerprint(client: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    let mut waiting = vec![client.to_path_buf()];
    let mut files = Vec::new();
    while let Some(dir) = waiting.pop() {
        for entry in fs::read_dir(&dir).with_context(|| format!("look into {}", dir.display()))? {
            let path = entry?.path();
            if NOT_SOURCE.iter().any(|name| path == client.join(name)) {
                continue;
            }
            if path.is_dir() { waiting.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    for file in files {
        hash.update(file.strip_prefix(client).unwrap_or(&file).display().to_string());
        hash.update([0]);
        hash.update(Sha256::digest(fs::read(&file).with_context(|| format!("read {}", file.display()))?));
    }
    Ok(format!("{:x}", hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_is_built_again_when_a_source_changes_and_only_then() {
        let dir = Workspace::here().test_run("fingerprint");
        fs::create_dir_all(dir.join("src")).unwrap();
        fs::create_dir_all(dir.join("node_modules")).unwrap();
        fs::write(dir.join("src/page.tsx"), "one").unwrap();
        let before = fingerprint(&dir).unwrap();
        fs::write(dir.join("node_modules/x.js"), "x").unwrap();
        assert_eq!(fingerprint(&dir).unwrap(), before);
        fs::write(dir.join("src/page.tsx"), "two").unwrap();
        let changed = fingerprint(&dir).unwrap();
        assert_ne!(changed, before);
        fs::rename(dir.join("src/page.tsx"), dir.join("src/other.tsx")).unwrap();
        assert_ne!(fingerprint(&dir).unwrap(), changed);
        fs::remove_dir_all(dir).unwrap();
    }
}

//! Debian's packages. As root they are installed; with sudo, too; otherwise the command to type is
//! printed.

use std::{
    io::{self, IsTerminal as _},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

use crate::{log::Log, workspace::which};

/// Installs packages that are missing. Nothing to do for an empty list.
pub fn install(packages: &[&str], log: &Log) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    let wanted = packages.join(" ");
    if which("apt-get").is_none() {
        bail!("please install {wanted}: this system has no apt-get, so xtask cannot");
    }
    let Some(prefix) = privilege() else {
        bail!("please install what is missing: sudo apt-get install --no-install-recommends {wanted}");
    };
    log.say(format!("installing {wanted} (Debian packages)"));
    if run(&prefix, &install_args(packages)).is_err() {
        // A machine that never asked for the lists knows no package. If one of its sources is broken, the
        // others may do.
        let _ = run(&prefix, &["apt-get", "update", "-qq"]);
        run(&prefix, &install_args(packages))
            .with_context(|| format!("install {wanted}; try: sudo apt-get install {wanted}"))?;
    }
    Ok(())
}

/// Makes sure that there is a browser for the tests, and letters that it can draw.
pub fn install_chromium(log: &Log) -> Result<()> {
    if which("chromium").is_some() {
        return Ok(());
    }
    install(&["chromium", "fonts-liberation"], log)
}

/// Whether we may install without asking.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0)
}

/// What to put before a command that needs root; nothing for root itself. sudo asks for a password only
/// where somebody can type one.
fn privilege() -> Option<Vec<&'static str>> {
    if is_root() {
        return Some(Vec::new());
    }
    which("sudo")?;
    if io::stdin().is_terminal() {
        return Some(vec!["sudo"]);
    }
    let silent = Command::new("sudo").args(["-n", "true"]).stderr(Stdio::null()).status();
    silent.is_ok_and(|status| status.success()).then(|| vec!["sudo", "-n"])
}

fn install_args<'a>(packages: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec!["apt-get", "install", "-y", "-qq", "--no-install-recommends"];
    args.extend(packages);
    args
}

fn run(prefix: &[&str], args: &[&str]) -> Result<()> {
    let words: Vec<&str> =
        prefix.iter().chain(["env", "DEBIAN_FRONTEND=noninteractive"].iter()).chain(args).copied().collect();
    let (program, rest) = words.split_first().context("run a command of no words")?;
    let output =
        Command::new(program).args(rest).output().with_context(|| format!("run {}", args.join(" ")))?;
    if !output.status.success() {
        bail!("{}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

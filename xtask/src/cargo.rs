//! cargo, as xtask calls it.

use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{children::foreground, signals::Stop, workspace::Workspace};

const BUILD_BOUND: Duration = Duration::from_hours(1);

/// The executables that a build made, by name.
#[derive(Debug, Clone, Default)]
pub struct Binaries {
    files: BTreeMap<String, PathBuf>,
}

impl Binaries {
    /// Where the executable of that name is.
    pub fn get(&self, name: &str) -> Result<&Path> {
        self.files.get(name).map(PathBuf::as_path).with_context(|| format!("no crate has a binary {name}"))
    }

    /// The directory that all of them are in.
    pub fn dir(&self) -> Option<&Path> {
        self.files.values().next()?.parent()
    }
}

/// cargo in the root of the tree: the one that runs us, else that on PATH.
pub fn command(workspace: &Workspace, args: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace.root()).args(args);
    // Variables of the crate xtask itself, which cargo set when it ran us; they would rebuild what looks
    // at them.
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR") {
            command.env_remove(name);
        }
    }
    command
}

/// Builds, showing cargo's progress, and tells what executables came of it.
pub fn build(workspace: &Workspace, args: &[&str], stop: &Stop) -> Result<Binaries> {
    let mut command = command(workspace, &["build", "--message-format=json-render-diagnostics"]);
    command.args(args);
    let mut binaries = Binaries::default();
    let status = foreground::run(&command, BUILD_BOUND, stop, |line| {
        if let Some((name, file)) = executable(line) {
            binaries.files.insert(name, file);
        }
    })
    .context("build")?;
    ensure!(status.success(), "the build failed");
    Ok(binaries)
}

/// The executable that one of cargo's messages tells of.
fn executable(message: &str) -> Option<(String, PathBuf)> {
    let message: Value = serde_json::from_str(message).ok()?;
    let file = message["executable"].as_str()?;
    let is_binary = message["target"]["kind"].as_array()?.iter().any(|kind| kind == "bin");
    is_binary.then(|| (message["target"]["name"].as_str().unwrap_or_default().to_owned(), file.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executables_are_found_in_cargos_messages() {
        let message = r#"{"reason":"compiler-artifact","target":{"kind":["bin"],"name":"auth"},"executable":"/t/debug/auth"}"#;
        assert_eq!(executable(message), Some(("auth".to_owned(), "/t/debug/auth".into())));
        let library =
            r#"{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"auth"},"executable":null}"#;
        assert_eq!(executable(library), None);
        assert_eq!(executable("warning: not JSON"), None);
    }
}

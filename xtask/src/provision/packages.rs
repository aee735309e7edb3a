//! Programs and libraries of Python and of JavaScript: each set is installed by pip or npm, with all that it needs, into
//! a directory of its own, every file of it checked against a pinned hash.
//!
//! What is pinned for pip is made by `pip-compile --generate-hashes --no-annotate --no-header` from the lines
//! `<program>==<version>`; for npm, from `package.json`, by
//! `npm install --package-lock-only --omit-lockfile-registry-resolved`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};

use super::wheel;
use crate::{
    log::Log,
    workspace::{Workspace, make_dir, remove_dir, which},
};

/// Makes requests up from OpenAPI documents.
pub const SCHEMATHESIS: Packages = Packages {
    name: "schemathesis",
    manager: Manager::Pip,
    pinned: &[("pinned.txt", include_str!("schemathesis.txt"))],
};

/// Know what is wrong with manifests of Kubernetes: kubernetes-validate has the schemas, checkov the experience.
pub const MANIFEST_CHECKERS: Packages = Packages {
    name: "manifest-checkers",
    manager: Manager::Pip,
    pinned: &[("pinned.txt", include_str!("manifest-checkers.txt"))],
};

/// Know what is no part of Kubernetes: `@kubernetes-models` has the types of other people's objects, made from
/// the sources of these, and GitHub's language service knows workflows.
pub const MANIFEST_MODELS: Packages = Packages {
    name: "manifest-models",
    manager: Manager::Npm,
    pinned: &[
        ("package.json", include_str!("manifest-models/package.json")),
        ("package-lock.json", include_str!("manifest-models/package-lock.json")),
    ],
};

/// One or more packages and those that they need.
#[derive(Debug, Clone, Copy)]
pub struct Packages {
    name: &'static str,
    manager: Manager,
    /// The files that say what is to be installed.
    pinned: &'static [(&'static str, &'static str)],
}

#[derive(Debug, Clone, Copy)]
enum Manager {
    Pip,
    Npm,
}

/// Packages that are installed.
#[derive(Debug, Clone)]
pub struct Installed {
    manager: Manager,
    dir: PathBuf,
}

impl Packages {
    /// Those that are installed, if they are those that are pinned.
    pub fn find(self, workspace: &Workspace) -> Option<Installed> {
        let dir = self.dir(workspace);
        let is_there = |(file, text): &(&str, &str)| {
            fs::read_to_string(dir.join(file)).is_ok_and(|found| found == *text)
        };
        self.pinned.iter().all(is_there).then_some(Installed { manager: self.manager, dir })
    }

    /// Those that are pinned, installed if they are not there.
    pub fn install(self, workspace: &Workspace, log: &Log) -> Result<Installed> {
        if let Some(found) = self.find(workspace) {
            return Ok(found);
        }
        let name = self.name;
        log.say(format!("downloading {name} and the packages needed"));
        let (dir, scratch) = (self.dir(workspace), workspace.tools().join(format!("{name}.part")));
        remove_dir(&scratch)?;
        let installed = self.install_into(&scratch).with_context(|| format!("install {name}"));
        if installed.is_ok() {
            remove_dir(&dir)?;
            fs::rename(&scratch, &dir).with_context(|| format!("put {name} in place"))?;
        }
        remove_dir(&scratch)?;
        installed.map(|()| Installed { manager: self.manager, dir })
    }

    fn dir(self, workspace: &Workspace) -> PathBuf {
        workspace.tools().join(self.name)
    }

    fn install_into(self, dir: &Path) -> Result<()> {
        make_dir(dir)?;
        for (file, text) in self.pinned {
            fs::write(dir.join(file), text).with_context(|| format!("write {file}"))?;
        }
        match self.manager {
            Manager::Pip => {
                let args = ["install", "--quiet", "--require-hashes", "--no-deps", "--target", "."];
                wheel::python(dir, &[&["pip"], &args[..], &["-r", "pinned.txt"]].concat())
            }
            Manager::Npm => wheel::quietly(npm(dir, &NPM_CI)?, "npm ci"),
        }
    }
}

/// Installs what `package-lock.json` names, and no others. No package of ours needs a script of its own at
/// installation.
pub const NPM_CI: [&str; 5] = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];

/// npm in a directory, which tells nobody about it.
pub fn npm(dir: &Path, args: &[&str]) -> Result<Command> {
    let npm = which("npm").context("find npm, which comes with node")?;
    let mut command = Command::new(npm);
    command.args(args).current_dir(dir);
    command.envs([("NEXT_TELEMETRY_DISABLED", "1"), ("NO_UPDATE_NOTIFIER", "1"), ("CI", "1")]);
    Ok(command)
}

impl Installed {
    /// One of the programs of Python, to be given arguments.
    pub fn command(&self, module: &str) -> Command {
        let mut command = self.interpreter();
        command.args(["-m", module]);
        command
    }

    /// A script of ours that uses these packages, to be given arguments.
    pub fn script(&self, name: &str, text: &str) -> Result<Command> {
        let file = self.dir.join(name);
        fs::write(&file, text).with_context(|| format!("write {}", file.display()))?;
        let mut command = self.interpreter();
        command.arg(file);
        Ok(command)
    }

    fn interpreter(&self) -> Command {
        match self.manager {
            Manager::Pip => {
                let mut python = Command::new("python3");
                python.env("PYTHONPATH", &self.dir);
                python
            }
            // It finds packages beside the script.
            Manager::Npm => Command::new("node"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_pinned_by_version_and_hash() {
        for (packages, program) in
            [(SCHEMATHESIS, "schemathesis==4."), (MANIFEST_CHECKERS, "kubernetes-validate==1.")]
        {
            let pinned = packages.pinned.iter().flat_map(|(_, text)| text.lines());
            let lines: Vec<&str> = pinned.filter(|line| line.contains("==")).collect();
            assert!(lines.iter().any(|line| line.starts_with(program)), "{lines:?}");
            assert!(lines.iter().all(|line| line.ends_with('\\')), "a package without a hash: {lines:?}");
        }
    }

    #[test]
    fn every_package_of_npm_has_a_hash_and_no_address() {
        let lock: serde_json::Value = serde_json::from_str(MANIFEST_MODELS.pinned[1].1).unwrap();
        let packages = lock["packages"].as_object().unwrap();
        assert!(packages.len() > 10, "{}", packages.len());
        for (name, package) in packages.iter().filter(|(name, _)| !name.is_empty()) {
            assert!(package["integrity"].is_string(), "{name}");
            assert!(package["resolved"].is_null(), "{name}");
        }
    }
}

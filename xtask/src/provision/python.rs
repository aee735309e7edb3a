//! Programs in Python: each is installed by pip with all that it needs into a directory of its own, every file
//! of it checked against a pinned hash.
//!
//! The list of what is pinned is made by `pip-compile --generate-hashes --no-annotate --no-header` from the
//! lines `<program>==<version>`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};

use super::wheel;
use crate::{
    log::Log,
    workspace::{Workspace, make_dir, remove_dir},
};

/// Makes requests up from OpenAPI documents.
pub const SCHEMATHESIS: Package = Package { name: "schemathesis", pinned: include_str!("schemathesis.txt") };

/// Know what is wrong with manifests of Kubernetes: kubernetes-validate has the schemas, checkov the experience.
pub const MANIFEST_CHECKERS: Package =
    Package { name: "manifest-checkers", pinned: include_str!("manifest-checkers.txt") };

const LIST: &str = "pinned.txt";

/// One or more programs and the packages that they need.
#[derive(Debug, Clone, Copy)]
pub struct Package {
    name: &'static str,
    pinned: &'static str,
}

/// A package that is installed.
#[derive(Debug, Clone)]
pub struct Installed {
    dir: PathBuf,
}

impl Package {
    /// The one that is installed, if it is the one that is pinned.
    pub fn find(self, workspace: &Workspace) -> Option<Installed> {
        let dir = self.dir(workspace);
        let installed = fs::read_to_string(dir.join(LIST)).ok()?;
        (installed == self.pinned).then_some(Installed { dir })
    }

    /// The one that is pinned, installed if it is not there.
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
        installed.map(|()| Installed { dir })
    }

    fn dir(self, workspace: &Workspace) -> PathBuf {
        workspace.tools().join(self.name)
    }

    fn install_into(self, dir: &Path) -> Result<()> {
        make_dir(dir)?;
        fs::write(dir.join("wanted.txt"), self.pinned).context("write the list of packages")?;
        let args = [
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "--no-deps",
            "--target",
            ".",
            "-r",
            "wanted.txt",
        ];
        wheel::python(dir, &args)?;
        fs::rename(dir.join("wanted.txt"), dir.join(LIST)).context("record what is installed")
    }
}

impl Installed {
    /// Python with these packages, to be given arguments.
    pub fn python(&self) -> Command {
        let mut command = Command::new("python3");
        command.env("PYTHONPATH", &self.dir);
        command
    }

    /// One of the programs, to be given arguments.
    pub fn command(&self, module: &str) -> Command {
        let mut command = self.python();
        command.args(["-m", module]);
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_pinned_by_version_and_hash() {
        for (package, program) in
            [(SCHEMATHESIS, "schemathesis==4."), (MANIFEST_CHECKERS, "kubernetes-validate==1.")]
        {
            let lines: Vec<&str> = package.pinned.lines().filter(|line| line.contains("==")).collect();
            assert!(lines.iter().any(|line| line.starts_with(program)), "{lines:?}");
            assert!(lines.iter().all(|line| line.ends_with('\\')), "a package without a hash: {lines:?}");
        }
    }
}

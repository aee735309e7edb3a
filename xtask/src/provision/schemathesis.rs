//! schemathesis, which makes requests up from OpenAPI documents: a program in Python, installed by pip with
//! all that it needs into a directory of its own, every file of it checked against a pinned hash.
//!
//! The list of what is pinned is made by `pip-compile --generate-hashes` from the line
//! `schemathesis==<version>`.

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

const PINNED: &str = include_str!("schemathesis.txt");
const LIST: &str = "pinned.txt";

/// An installed schemathesis.
#[derive(Debug, Clone)]
pub struct Schemathesis {
    dir: PathBuf,
}

impl Schemathesis {
    /// The one that is installed, if it is the one that is pinned.
    pub fn find(workspace: &Workspace) -> Option<Self> {
        let dir = dir(workspace);
        let installed = fs::read_to_string(dir.join(LIST)).ok()?;
        (installed == PINNED).then_some(Self { dir })
    }

    /// The one that is pinned, installed if it is not there.
    pub fn install(workspace: &Workspace, log: &Log) -> Result<Self> {
        if let Some(found) = Self::find(workspace) {
            return Ok(found);
        }
        log.say("downloading schemathesis and the packages that it needs");
        let (dir, scratch) = (dir(workspace), workspace.tools().join("schemathesis.part"));
        remove_dir(&scratch)?;
        let installed = install_into(&scratch).context("install schemathesis");
        if installed.is_ok() {
            remove_dir(&dir)?;
            fs::rename(&scratch, &dir).context("put schemathesis in place")?;
        }
        remove_dir(&scratch)?;
        installed.map(|()| Self { dir })
    }

    /// The program, to be given arguments.
    pub fn command(&self) -> Command {
        let mut command = Command::new("python3");
        command.args(["-m", "schemathesis.cli"]).env("PYTHONPATH", &self.dir);
        command
    }
}

fn dir(workspace: &Workspace) -> PathBuf {
    workspace.tools().join("schemathesis")
}

fn install_into(dir: &Path) -> Result<()> {
    make_dir(dir)?;
    fs::write(dir.join("wanted.txt"), PINNED).context("write the list of packages")?;
    wheel::python(
        dir,
        &["pip", "install", "--quiet", "--require-hashes", "--no-deps", "--target", ".", "-r", "wanted.txt"],
    )?;
    fs::rename(dir.join("wanted.txt"), dir.join(LIST)).context("record what is installed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_pinned_by_version_and_hash() {
        let packages: Vec<&str> = PINNED.lines().filter(|line| line.contains("==")).collect();
        assert!(packages.iter().any(|line| line.starts_with("schemathesis==4.")), "{packages:?}");
        assert!(packages.iter().all(|line| line.ends_with('\\')), "a package without a hash: {packages:?}");
    }
}

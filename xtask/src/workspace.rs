//! Where things are: the tree, and `.stagedoor/` in it, which holds all that xtask downloads, generates
//! or records and may be deleted at any time while nothing runs.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

/// The tree and the places in it.
#[derive(Debug, Clone)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The tree that this xtask was built from.
    pub fn here() -> Self {
        let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self { root: xtask.parent().unwrap_or(xtask).to_path_buf() }
    }

    /// The root of the tree.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Everything that is not source: downloads, data, logs, secrets.
    pub fn state(&self) -> PathBuf {
        self.root.join(".stagedoor")
    }

    /// The servers that were unpacked from wheels.
    pub fn bin(&self) -> PathBuf {
        self.state().join("bin")
    }

    /// Where `cargo install` puts the tools that the checks need.
    pub fn tools(&self) -> PathBuf {
        self.state().join("tools")
    }

    /// What `up` runs: the data of its servers, and of everything the whole log and the record that
    /// leftovers are found by. `up --fresh` deletes it.
    pub fn up(&self) -> PathBuf {
        self.state().join("up")
    }

    /// Secrets of the local installation, generated on the first start.
    pub fn secrets(&self) -> PathBuf {
        self.state().join("secrets")
    }

    /// Servers of test runs, one directory for each run.
    pub fn test_runs(&self) -> PathBuf {
        self.state().join("test")
    }

    /// A directory for the servers of this process, below [`Self::test_runs`]. The process id in its name
    /// tells later runs of `cargo xtask test` whether it is still in use; if not, they delete it.
    pub fn test_run(&self, name: &str) -> PathBuf {
        self.test_runs().join(format!("{name}-{}", std::process::id()))
    }

    /// What torture runs have found, one directory for each seed.
    pub fn torture_runs(&self) -> PathBuf {
        self.state().join("torture")
    }

    /// What a cluster is told, as it was rendered last.
    pub fn rendered(&self) -> PathBuf {
        self.state().join("manifests/rendered")
    }

    /// The client.
    pub fn client(&self) -> PathBuf {
        self.root.join("client")
    }

    /// The template of the local ingress, and its one page.
    pub fn ingress(&self) -> PathBuf {
        self.root.join("infra/nginx")
    }
}

/// Makes a directory and those above it.
pub fn make_dir(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("make the directory {}", dir.display()))
}

/// Deletes a directory and what is in it, if it exists.
pub fn remove_dir(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("delete the directory {}", dir.display()))
        }
        _ => Ok(()),
    }
}

/// The first program of that name on PATH, or in the directories where Debian keeps servers.
pub fn which(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from);
    env::split_paths(&path).chain(system).map(|dir| dir.join(program)).find(|file| is_executable(file))
}

/// Whether the file exists and may be executed.
pub fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

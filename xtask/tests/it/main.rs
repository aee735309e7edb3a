//! xtask against the real servers and the real nginx.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod ingress;
mod servers;
mod stub;

use std::path::PathBuf;

use xtask::workspace::{Workspace, remove_dir};

/// A directory of one test, below `.stagedoor/test`, gone when the test ends.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        Self(Workspace::here().test_run(&format!("xtask-{name}")))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A leftover is deleted by the next `cargo xtask test`.
        let _ = remove_dir(&self.0);
    }
}

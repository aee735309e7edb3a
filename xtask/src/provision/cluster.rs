//! kubectl and helm, which render what a cluster is told. No cluster is needed for that.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::wheel::Wheel;
use crate::{
    log::Log,
    workspace::{Workspace, is_executable, which},
};

/// Both programs, each an absolute path.
#[derive(Debug, Clone)]
pub struct ClusterTools {
    pub kubectl: PathBuf,
    pub helm: PathBuf,
}

impl ClusterTools {
    /// Those that are there, without installing anything.
    pub fn find(workspace: &Workspace) -> Option<Self> {
        let find = |wheel: Result<Wheel>, program| match wheel {
            Ok(wheel) => {
                let file = workspace.bin().join(wheel.program);
                (is_executable(&file) && wheel.is_unpacked_in(&workspace.bin())).then_some(file)
            }
            Err(_) => which(program),
        };
        Some(Self { kubectl: find(Wheel::kubectl(), "kubectl")?, helm: find(Wheel::helm(), "helm")? })
    }

    /// The pinned ones, since what is rendered depends on the version; where there are none for this kind of
    /// machine, those on PATH.
    pub fn install(workspace: &Workspace, log: &Log) -> Result<Self> {
        let install = |wheel: Result<Wheel>, program| match wheel {
            Ok(wheel) => wheel.unpacked_in(&workspace.bin(), log),
            Err(why) => which(program).with_context(|| format!("find {program} on PATH: {why}")),
        };
        Ok(Self { kubectl: install(Wheel::kubectl(), "kubectl")?, helm: install(Wheel::helm(), "helm")? })
    }
}

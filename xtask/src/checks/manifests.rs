//! Whether Kubernetes would take what is rendered, every version that we support, and whether a security linter
//! would. What each service must be given, who may reach whom, and the like are rules of our own, which need to
//! know the services: they are tests of e2e.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context as _, Result, ensure};

use super::steps::{Outcome, finish};
use crate::{
    log::Log,
    manifests,
    provision::{
        cluster::ClusterTools,
        python::{self, Installed},
    },
    signals::Stop,
    workspace::{Workspace, make_dir},
};

/// The oldest Kubernetes that the manifests are for; all newer ones that the validator knows are tried as well.
const OLDEST_KUBERNETES: &str = "1.30";
const VALIDATE: &str = include_str!("manifests/validate.py");
const HOLD: &str = include_str!("manifests/hold.py");

/// Renders, validates and lints.
pub fn check(workspace: &Workspace, stop: &Stop, log: &Log) -> Result<Outcome> {
    let tools = ClusterTools::install(workspace, log)?;
    let checkers = python::MANIFEST_CHECKERS.install(workspace, log)?;
    manifests::lint_chart(workspace, &tools)?;
    let files = rendered(workspace, &tools)?;
    let valid = validate(workspace, &checkers, &files, stop)?;
    let skaffold = hold_skaffold(workspace, &checkers, stop)?;
    let linted = lint(workspace, &checkers, stop)?;
    let failed = [valid, skaffold].into_iter().find(|outcome| *outcome != Outcome::Passed);
    Ok(failed.unwrap_or(linted))
}

/// Renders everything into files.
fn rendered(workspace: &Workspace, tools: &ClusterTools) -> Result<Vec<PathBuf>> {
    let renderings = manifests::render(workspace, tools, &workspace.state().join("manifests"))?;
    ensure!(!renderings.is_empty(), "there is nothing to render");
    let dir = workspace.rendered();
    make_dir(&dir)?;
    let mut files = Vec::new();
    for rendering in renderings {
        let file = dir.join(format!("{}.yaml", rendering.name));
        fs::write(&file, &rendering.yaml).with_context(|| format!("write {}", file.display()))?;
        println!("{} is rendered, {} lines", rendering.name, rendering.yaml.lines().count());
        files.push(file);
    }
    Ok(files)
}

fn validate(workspace: &Workspace, checkers: &Installed, files: &[PathBuf], stop: &Stop) -> Result<Outcome> {
    let mut command = script(workspace, checkers, "validate.py", VALIDATE)?;
    command.arg(OLDEST_KUBERNETES).args(files);
    finish(&command, stop)
}

/// What Skaffold would say of its file, as far as our own schema of it goes.
fn hold_skaffold(workspace: &Workspace, checkers: &Installed, stop: &Stop) -> Result<Outcome> {
    let mut command = script(workspace, checkers, "hold.py", HOLD)?;
    command.args(["infra/dev/skaffold.schema.json", "skaffold.yaml"]);
    finish(&command, stop)
}

/// A script of ours, on the checkers' Python.
fn script(workspace: &Workspace, checkers: &Installed, name: &str, text: &str) -> Result<Command> {
    let file = workspace.state().join("manifests").join(name);
    fs::write(&file, text).with_context(|| format!("write {}", file.display()))?;
    let mut command = checkers.python();
    command.arg(file).current_dir(workspace.root());
    Ok(command)
}

/// What is waived stands with its reason in `infra/checkov.yaml`, or for one object as an annotation of it.
fn lint(workspace: &Workspace, checkers: &Installed, stop: &Stop) -> Result<Outcome> {
    let waivers = workspace.root().join("infra/checkov.yaml");
    let text = fs::read_to_string(&waivers).context("read what the linter is told to leave alone")?;
    let unreasoned = without_reason(&text);
    ensure!(unreasoned.is_empty(), "infra/checkov.yaml waives without a reason: {}", unreasoned.join(", "));
    let mut command = checkers.command("checkov.main");
    command.args(["--quiet", "--compact", "--skip-download", "--framework", "kubernetes", "--config-file"]);
    command.arg(waivers).arg("--directory").arg(workspace.rendered());
    command.current_dir(workspace.root()).env("LOG_LEVEL", "ERROR");
    finish(&command, stop)
}

/// The checks that are waived without a comment on the line before.
fn without_reason(waivers: &str) -> Vec<&str> {
    let lines: Vec<&str> = waivers.lines().map(str::trim).collect();
    let waived = lines.windows(2).filter_map(|pair| match pair {
        [before, line] if line.starts_with("- CKV") && !before.starts_with('#') => Some(*line),
        _ => None,
    });
    waived.map(|line| line.trim_start_matches("- ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiver_needs_a_reason() {
        let waivers = "skip-check:\n  # Images are signed.\n  - CKV_K8S_43\n  - CKV_K8S_40\n";
        assert_eq!(without_reason(waivers), ["CKV_K8S_40"]);
    }
}

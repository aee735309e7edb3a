//! Whether Kubernetes would take what is rendered, every version that we support, and GitHub the workflows; and what
//! a security linter makes of these and of the Dockerfiles. What each service must be given, who may reach whom, and
//! the like are rules of our own, which need to know the services: they are tests of e2e.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context as _, Result, ensure};

use super::steps::{Outcome, finish};
use crate::{
    log::Log,
    manifests,
    provision::{
        cluster::ClusterTools,
        packages::{self, Installed},
    },
    signals::Stop,
    workspace::{Workspace, make_dir},
};

/// The oldest Kubernetes that the manifests are for; all newer ones that the validator knows are tried as well.
const OLDEST_KUBERNETES: &str = "1.30";
/// The groups of objects that are no part of Kubernetes, and the package that has their types.
const MODELS: [(&str, &str); 6] = [
    ("cert-manager.io", "cert-manager"),
    ("external-secrets.io", "external-secrets"),
    ("gateway.envoyproxy.io", "envoy-gateway"),
    ("gateway.networking.k8s.io", "gateway-api"),
    ("keda.sh", "keda"),
    ("monitoring.coreos.com", "prometheus-operator"),
];
const VALIDATE: &str = include_str!("manifests/validate.py");
const HOLD: &str = include_str!("manifests/hold.py");
const CUSTOM: &str = include_str!("manifests/custom.mjs");
const WORKFLOWS: &str = include_str!("manifests/workflows.mjs");
const BAD_OBJECTS: &str = "xtask/src/checks/manifests/bad/objects.yaml";
const BAD_WORKFLOW: &str = "xtask/src/checks/manifests/bad/workflow.yml";
const DOCKERFILES: [&str; 3] = ["Dockerfile", "client/Dockerfile", "infra/dev/Dockerfile"];

/// Renders, validates and lints; everything is looked at also if something was found.
pub fn check(workspace: &Workspace, stop: &Stop, log: &Log) -> Result<Outcome> {
    let tools = ClusterTools::install(workspace, log)?;
    let checkers = packages::MANIFEST_CHECKERS.install(workspace, log)?;
    let models = packages::MANIFEST_MODELS.install(workspace, log)?;
    manifests::lint_chart(workspace, &tools)?;
    let files = rendered(workspace, &tools)?;
    let outcomes = [
        validate(workspace, &checkers, &files, stop)?,
        validate_custom(workspace, &models, &files, stop)?,
        hold_skaffold(workspace, &checkers, stop)?,
        validate_workflows(workspace, &models, stop)?,
        lint(workspace, &checkers, stop)?,
    ];
    Ok(outcomes.into_iter().find(|outcome| *outcome != Outcome::Passed).unwrap_or(Outcome::Passed))
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

/// The objects of Kubernetes.
fn validate(workspace: &Workspace, checkers: &Installed, files: &[PathBuf], stop: &Stop) -> Result<Outcome> {
    let custom = MODELS.map(|(group, _)| group).join(",");
    let script = || -> Result<Command> {
        let mut command = checkers.script("validate.py", VALIDATE)?;
        command.args([OLDEST_KUBERNETES, &custom]).current_dir(workspace.root());
        Ok(command)
    };
    let bad =
        ["Service/unknown-field", "Service/wrong-value", "Service/Improper_Name", "Example/unknown-kind"];
    must_refuse(script()?.arg(BAD_OBJECTS), &bad)?;
    finish(script()?.args(files), stop)
}

/// The other objects.
fn validate_custom(
    workspace: &Workspace,
    models: &Installed,
    files: &[PathBuf],
    stop: &Stop,
) -> Result<Outcome> {
    let packages = MODELS.map(|(group, package)| format!("{group}={package}")).join(",");
    let script = || -> Result<Command> {
        let mut command = models.script("custom.mjs", CUSTOM)?;
        command.arg(&packages).current_dir(workspace.root());
        Ok(command)
    };
    let bad = ["ScaledObject/unknown-field", "ScaledObject/wrong-value", "Certificate/missing-field"];
    must_refuse(script()?.arg(BAD_OBJECTS), &bad)?;
    finish(script()?.args(files), stop)
}

/// What Skaffold would say of its file: by a schema of our own, which accepts nothing that the published one does not.
fn hold_skaffold(workspace: &Workspace, checkers: &Installed, stop: &Stop) -> Result<Outcome> {
    let mut command = checkers.script("hold.py", HOLD)?;
    command.args(["infra/dev/skaffold.schema.json", "skaffold.yaml"]).current_dir(workspace.root());
    finish(&command, stop)
}

fn validate_workflows(workspace: &Workspace, models: &Installed, stop: &Stop) -> Result<Outcome> {
    let script = || -> Result<Command> {
        let mut command = models.script("workflows.mjs", WORKFLOWS)?;
        command.current_dir(workspace.root());
        Ok(command)
    };
    must_refuse(
        script()?.arg(BAD_WORKFLOW),
        &["Value 'build'", "value 'timeout'", "expression is not closed"],
    )?;
    finish(script()?.args(workflows(workspace)?), stop)
}

fn workflows(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let dir = workspace.root().join(".github/workflows");
    let entries = fs::read_dir(&dir).with_context(|| format!("read {}", dir.display()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    ensure!(!files.is_empty(), "there are no workflows");
    Ok(files)
}

/// Fails unless a check finds all these mistakes in a file that has them: only then does it mean something that it
/// finds none elsewhere.
fn must_refuse(command: &mut Command, mistakes: &[&str]) -> Result<()> {
    let output = command.output().with_context(|| format!("run {command:?}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let missed: Vec<&&str> = mistakes.iter().filter(|mistake| !said.contains(**mistake)).collect();
    ensure!(
        !output.status.success() && missed.is_empty(),
        "{command:?} does not find {missed:?}; it says: {said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// What is waived stands with its reason in `infra/checkov.yaml`, or for one object as an annotation of it.
fn lint(workspace: &Workspace, checkers: &Installed, stop: &Stop) -> Result<Outcome> {
    let waivers = workspace.root().join("infra/checkov.yaml");
    let text = fs::read_to_string(&waivers).context("read what the linter is told to leave alone")?;
    let unreasoned = without_reason(&text);
    ensure!(unreasoned.is_empty(), "infra/checkov.yaml waives without a reason: {}", unreasoned.join(", "));
    let checkov = |frameworks: &[&str]| {
        let mut command = checkers.command("checkov.main");
        command.args(["--quiet", "--compact", "--skip-download", "--framework"]).args(frameworks);
        command.arg("--config-file").arg(&waivers);
        command.current_dir(workspace.root()).env("LOG_LEVEL", "ERROR");
        command
    };
    let mut of_manifests = checkov(&["kubernetes"]);
    of_manifests.arg("--directory").arg(workspace.rendered());
    let mut of_delivery = checkov(&["dockerfile", "github_actions"]);
    of_delivery.arg("--file").args(DOCKERFILES).args(workflows(workspace)?);
    let (manifests, delivery) = (finish(&of_manifests, stop)?, finish(&of_delivery, stop)?);
    Ok(if manifests == Outcome::Passed { delivery } else { manifests })
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

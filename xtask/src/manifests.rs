//! What a cluster is told: `infra/k8s` as kustomize renders it, and the Helm chart. No cluster is needed.
//!
//! The step `manifests` of `cargo xtask test` holds what is rendered against the schemas of Kubernetes; the
//! end-to-end tests hold it against rules of our own.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};

use crate::{
    provision::cluster::ClusterTools,
    workspace::{Workspace, make_dir, remove_dir},
};

const NAMESPACE: &str = "stagedoor";

/// What an overlay may be combined with, in the order in which it is applied.
const COMBINATIONS: [&[&str]; 5] = [
    &["gateway-api", "envoy-gateway"],
    &["keda"],
    &["second-release"],
    &["second-release", "canary"],
    &["second-release", "blue-green"],
];

/// Components that others are made of.
const PARTS: [&str; 1] = ["service"];

/// Manifests that belong together.
#[derive(Debug, Clone)]
pub struct Rendering {
    /// `dev`, `prod`, `prod+keda`, `helm-prod`.
    pub name: String,
    /// Documents of YAML.
    pub yaml: String,
}

/// Renders every overlay as it is and in each combination, and the Helm chart with each file of values. `scratch` is
/// emptied first.
pub fn render(workspace: &Workspace, tools: &ClusterTools, scratch: &Path) -> Result<Vec<Rendering>> {
    remove_dir(scratch)?;
    make_dir(scratch)?;
    // A copy: combinations are written beside the overlays.
    let infra = scratch.join("infra");
    output(Command::new("cp").arg("-r").arg(workspace.root().join("infra")).arg(&infra))?;
    let mut renderings = overlays(&infra.join("k8s"), &tools.kubectl)?;
    renderings.extend(charts(&chart(workspace), &tools.helm)?);
    Ok(renderings)
}

fn overlays(k8s: &Path, kubectl: &Path) -> Result<Vec<Rendering>> {
    let mut renderings = Vec::new();
    let mut unused: BTreeSet<String> =
        directories(&k8s.join("components"))?.iter().map(|component| name(component)).collect();
    for overlay in directories(&k8s.join("overlays"))? {
        let name = name(&overlay);
        renderings.push(Rendering { yaml: kustomize(kubectl, &overlay)?, name: name.clone() });
        let chosen = fs::read_to_string(overlay.join("kustomization.yaml"))
            .with_context(|| format!("read what {name} is made of"))?;
        unused.retain(|component| !is_chosen(&chosen, component));
        for combination in COMBINATIONS {
            let added: Vec<&str> =
                combination.iter().copied().filter(|component| !is_chosen(&chosen, component)).collect();
            let name = format!("{name}+{}", added.join("+"));
            let combined = overlay.with_file_name(&name);
            output(Command::new("cp").arg("-r").arg(&overlay).arg(&combined))?;
            fs::write(combined.join("kustomization.yaml"), with_components(&chosen, &added))
                .context("write a combination")?;
            renderings.push(Rendering { yaml: kustomize(kubectl, &combined)?, name });
        }
    }
    unused
        .retain(|component| ![COMBINATIONS.concat(), PARTS.to_vec()].concat().contains(&component.as_str()));
    ensure!(unused.is_empty(), "components that are never rendered: {unused:?}");
    Ok(renderings)
}

/// Whether an overlay has a component, which is written `- ../../components/<name>`.
fn is_chosen(kustomization: &str, component: &str) -> bool {
    kustomization
        .lines()
        .any(|line| line.trim().trim_matches('"').ends_with(&format!("components/{component}")))
}

/// The kustomization of an overlay with more components at the end of its list, as a person would write it.
fn with_components(kustomization: &str, added: &[&str]) -> String {
    const LIST: &str = "\ncomponents:\n";
    let Some((before, after)) = kustomization.split_once(LIST) else {
        return with_components(&format!("{kustomization}{LIST}"), added);
    };
    let is_item = |line: &&str| line.starts_with([' ', '-', '#']);
    let (items, rest): (Vec<&str>, Vec<&str>) =
        (after.lines().take_while(is_item).collect(), after.lines().skip_while(is_item).collect());
    let added: Vec<String> =
        added.iter().map(|component| format!("  - ../../components/{component}")).collect();
    [before, "components:", &items.join("\n"), &added.join("\n"), &rest.join("\n")].join("\n") + "\n"
}

fn kustomize(kubectl: &Path, dir: &Path) -> Result<String> {
    output(Command::new(kubectl).arg("kustomize").arg(dir))
}

/// Renders the chart with each of its `values-….yaml`.
fn charts(chart: &Path, helm: &Path) -> Result<Vec<Rendering>> {
    let mut renderings = Vec::new();
    for values in value_files(chart)? {
        let yaml = template(helm, chart, &[&values_argument(&values)])?;
        renderings.push(Rendering { name: format!("helm-{}", environment(&values)), yaml });
    }
    Ok(renderings)
}

/// Renders the chart with arguments of one's own; fails with what helm says.
pub fn render_chart(workspace: &Workspace, tools: &ClusterTools, arguments: &[&str]) -> Result<String> {
    template(&tools.helm, &chart(workspace), arguments)
}

/// Asks helm what it thinks of the chart with each of its `values-….yaml`.
pub fn lint_chart(workspace: &Workspace, tools: &ClusterTools) -> Result<()> {
    let chart = chart(workspace);
    for values in value_files(&chart)? {
        output(
            Command::new(&tools.helm).args(["lint", "--strict"]).arg(&chart).arg(values_argument(&values)),
        )?;
    }
    Ok(())
}

fn chart(workspace: &Workspace) -> PathBuf {
    workspace.root().join("infra/helm/stagedoor")
}

fn template(helm: &Path, chart: &Path, arguments: &[&str]) -> Result<String> {
    let mut command = Command::new(helm);
    command.args(["template", NAMESPACE, "--namespace", NAMESPACE]).arg(chart).args(arguments);
    output(&mut command)
}

fn values_argument(values: &Path) -> String {
    format!("--values={}", values.display())
}

/// The `values-….yaml` of a chart.
fn value_files(chart: &Path) -> Result<Vec<PathBuf>> {
    let files = sorted(chart)?;
    Ok(files.into_iter().filter(|file| name(file).starts_with("values-")).collect())
}

/// `dev`, of `values-dev.yaml`.
fn environment(values: &Path) -> String {
    name(values).trim_start_matches("values-").trim_end_matches(".yaml").to_owned()
}

fn directories(parent: &Path) -> Result<Vec<PathBuf>> {
    Ok(sorted(parent)?.into_iter().filter(|path| path.is_dir()).collect())
}

fn sorted(dir: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(dir).with_context(|| format!("look into {}", dir.display()))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn output(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("run {program}"))?;
    ensure!(
        output.status.success(),
        "{command:?} does not succeed: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    String::from_utf8(output.stdout).with_context(|| format!("read what {program} prints"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overlay_has_the_components_that_it_lists() {
        let overlay = "components:\n  - ../../components/ingress-nginx\n";
        assert!(is_chosen(overlay, "ingress-nginx"));
        assert!(!is_chosen(overlay, "nginx") && !is_chosen(overlay, "gateway-api"));
    }

    #[test]
    fn components_are_added_at_the_end_of_their_list() {
        let overlay = "kind: Kustomization\ncomponents:\n  - ../../components/a\nimages: []\n";
        let expected =
            "kind: Kustomization\ncomponents:\n  - ../../components/a\n  - ../../components/b\nimages: []\n";
        assert_eq!(with_components(overlay, &["b"]), expected);
        let listed = with_components("kind: Kustomization\n", &["b"]);
        assert!(listed.contains("components:\n\n  - ../../components/b\n"), "{listed}");
    }
}

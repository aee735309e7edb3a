//! How things come and go.

use serde_json::{Value, json};

use super::{Manifests, Workload, list, text};

/// How long a service takes after SIGTERM besides its drain: requests under way, tasks, commits and outboxes
/// (common/src/service.rs, common/src/http/server.rs).
const FINISHING_SECS: u64 = 45;

/// Nothing goes before its successor serves, and what goes has the time to finish what it began.
pub fn take_nothing_away(manifests: &Manifests) -> Vec<String> {
    let mut broken = Vec::new();
    for workload in deployments(manifests) {
        let label = workload.label();
        let strategy = &workload.object["spec"]["strategy"];
        let unavailable = &strategy["rollingUpdate"]["maxUnavailable"];
        if strategy["type"] != "RollingUpdate" || (*unavailable != json!(0) && *unavailable != json!("0%")) {
            broken.push(format!("{label} takes pods away before others serve"));
        }
        let pauses: Vec<u64> = workload.containers().filter_map(pause_secs).collect();
        let Some(pause) = pauses.iter().max().filter(|_| pauses.len() == workload.containers().count())
        else {
            broken.push(format!("{label} has a container that stops while it is still being sent requests"));
            continue;
        };
        let patience = workload.pod()["terminationGracePeriodSeconds"].as_u64().unwrap_or(30);
        let needed = pause + drain_secs(manifests, &workload).map_or(0, |drain| drain + FINISHING_SECS);
        if patience < needed {
            broken.push(format!("{label} is killed after {patience} s, and may take {needed} s to finish"));
        }
    }
    broken
}

/// How long a container goes on before it is asked to stop.
fn pause_secs(container: &Value) -> Option<u64> {
    container["lifecycle"]["preStop"]["sleep"]["seconds"].as_u64()
}

fn drain_secs(manifests: &Manifests, workload: &Workload<'_>) -> Option<u64> {
    let container = workload.containers().next()?;
    super::environment::told(manifests, container).get("DRAIN_SECS")?.parse().ok()
}

/// Whoever drains a node is told how many may go at once.
pub fn have_budgets(manifests: &Manifests) -> Vec<String> {
    deployments(manifests)
        .filter(|workload| {
            let mut budgets = manifests.of_kind("PodDisruptionBudget");
            !budgets.any(|budget| workload.is_selected_by(&budget["spec"]["selector"]))
        })
        .map(|workload| format!("{} has no PodDisruptionBudget", workload.label()))
        .collect()
}

/// Two at least, over several zones, and more when there is more to do.
pub fn scale(manifests: &Manifests) -> Vec<String> {
    let mut broken = Vec::new();
    for workload in deployments(manifests) {
        let label = workload.label();
        let scaler = manifests.objects.iter().find(|object| scales(object, &workload));
        let least = match scaler {
            Some(scaler) => [&scaler["spec"]["minReplicas"], &scaler["spec"]["minReplicaCount"]]
                .into_iter()
                .find_map(Value::as_u64),
            // As many as it says, for as long as it is tried.
            None if workload.is_next_release() => workload.object["spec"]["replicas"].as_u64(),
            None => {
                broken.push(format!("nobody scales {label}"));
                continue;
            }
        };
        if least.is_none_or(|least| least < 2) {
            broken.push(format!("there may be only one of {label}"));
        }
        let over_zones = |spread: &Value| {
            spread["topologyKey"] == "topology.kubernetes.io/zone"
                && workload.is_selected_by(&spread["labelSelector"])
        };
        if !list(&workload.pod()["topologySpreadConstraints"]).any(over_zones) {
            broken.push(format!("{label} may be in one zone alone"));
        }
    }
    broken
}

fn scales(object: &Value, workload: &Workload<'_>) -> bool {
    matches!(text(&object["kind"]), "HorizontalPodAutoscaler" | "ScaledObject")
        && object["spec"]["scaleTargetRef"]["name"] == workload.name
}

fn deployments(manifests: &Manifests) -> impl Iterator<Item = Workload<'_>> {
    manifests.workloads().into_iter().filter(|workload| workload.kind == "Deployment")
}

//! What every pod must be.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Manifests, Workload, list, text};

pub(super) const PROBES: [&str; 3] = ["startupProbe", "livenessProbe", "readinessProbe"];
const BOUNDS: [&str; 4] = ["/requests/cpu", "/requests/memory", "/limits/cpu", "/limits/memory"];

/// Probes where something stays, requests and limits, and an image that is always the same.
pub fn are_bounded_watched_and_pinned(manifests: &Manifests) -> Vec<String> {
    of_containers(manifests, |workload, container, is_told| {
        let stays = !workload.ends() && workload.containers().any(|other| other == container);
        for probe in PROBES.into_iter().filter(|probe| stays && container[*probe].is_null()) {
            is_told(format!("has no {probe}"));
        }
        for bound in BOUNDS
            .into_iter()
            .filter(|bound| container["resources"].pointer(bound).is_none_or(Value::is_null))
        {
            is_told(format!("has no resources{bound}"));
        }
        let image = text(&container["image"]);
        if !is_pinned(image) {
            is_told(format!("runs {image}, which may be another one tomorrow"));
        }
    })
}

/// Whether an image has a tag other than `latest`, or a digest.
fn is_pinned(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or_default();
    match name.split_once('@') {
        Some((_, digest)) => digest.starts_with("sha256:"),
        None => name.split_once(':').is_some_and(|(_, tag)| !tag.is_empty() && tag != "latest"),
    }
}

/// What Pod Security calls “restricted”, and a file system that nobody can write to.
pub fn are_restricted(manifests: &Manifests) -> Vec<String> {
    let mut broken = of_containers(manifests, |workload, container, is_told| {
        let (own, of_pod) = (&container["securityContext"], &workload.pod()["securityContext"]);
        let either = |field: &str| if own[field].is_null() { &of_pod[field] } else { &own[field] };
        let mut must = |holds: bool, what: &str| {
            if !holds {
                is_told(what.to_owned());
            }
        };
        must(own["allowPrivilegeEscalation"] == false, "may gain privileges");
        must(own["readOnlyRootFilesystem"] == true, "may write to its image");
        must(own["capabilities"]["drop"] == json!(["ALL"]), "keeps capabilities");
        must(own["capabilities"]["add"].is_null(), "adds capabilities");
        must(own["privileged"] != true, "is privileged");
        must(either("runAsNonRoot") == true, "may be root");
        must(either("runAsUser") != 0, "is root");
        must(either("seccompProfile")["type"] == "RuntimeDefault", "may use any system call");
    });
    for workload in manifests.workloads() {
        let pod = workload.pod();
        for shared in ["hostNetwork", "hostPID", "hostIPC"].into_iter().filter(|shared| pod[*shared] == true)
        {
            broken.push(format!("{} has {shared}", workload.label()));
        }
        if list(&pod["volumes"]).any(|volume| !volume["hostPath"].is_null()) {
            broken.push(format!("{} mounts a directory of its node", workload.label()));
        }
    }
    broken
}

/// A service account for each, and no token for anybody: nothing here asks Kubernetes for anything.
pub fn have_accounts_without_tokens(manifests: &Manifests) -> Vec<String> {
    let mut broken = Vec::new();
    let mut users: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for workload in manifests.workloads() {
        let (pod, label) = (workload.pod(), workload.label());
        let account = text(&pod["serviceAccountName"]);
        if !workload.ends() {
            users.entry(account).or_default().insert(workload.plain_name());
        }
        if pod["automountServiceAccountToken"] != false {
            broken.push(format!("{label} has a token"));
        }
        match manifests.find("ServiceAccount", account) {
            Some(found) if found["automountServiceAccountToken"] == false => {}
            Some(_) => broken.push(format!("the account of {label} hands tokens out")),
            None => broken.push(format!("{label} has no account of its own")),
        }
        // They would put variables into its environment that nobody has written down.
        if pod["enableServiceLinks"] != false {
            broken.push(format!("{label} is told of every Service"));
        }
    }
    for (account, users) in users.into_iter().filter(|(_, users)| users.len() > 1) {
        broken.push(format!("{} share the account {account}", Vec::from_iter(users).join(" and ")));
    }
    broken
}

fn of_containers(
    manifests: &Manifests,
    rule: impl Fn(&Workload<'_>, &Value, &mut dyn FnMut(String)),
) -> Vec<String> {
    let mut broken = Vec::new();
    for workload in manifests.workloads() {
        for container in workload.all_containers() {
            let name = text(&container["name"]);
            rule(&workload, container, &mut |what| {
                broken.push(format!("{}, container {name}, {what}", workload.label()));
            });
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_pinned_by_a_tag_or_a_digest() {
        for image in ["nats:2.14.6", "localhost:5000/auth:0.1.0", "auth@sha256:00", "auth:1@sha256:00"] {
            assert!(is_pinned(image), "{image}");
        }
        for image in ["nats", "nats:latest", "localhost:5000/auth", "nats:", "auth@md5:00", ""] {
            assert!(!is_pinned(image), "{image}");
        }
    }
}

//! What runs pods.

use serde_json::Value;

use super::{list, name_of, selects, text};

/// What names of the second release end in.
const NEXT_RELEASE: &str = "-next";

/// A Deployment, StatefulSet, Job or CronJob.
#[derive(Debug, Clone, Copy)]
pub struct Workload<'a> {
    /// Which of them.
    pub kind: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The whole object.
    pub object: &'a Value,
    /// The template of its pods.
    pub template: &'a Value,
}

impl<'a> Workload<'a> {
    /// Its name, and that of its other release; of a Job, that of all revisions.
    pub fn plain_name(&self) -> &'a str {
        match self.kind {
            "Job" => without_revision(self.name),
            _ => self.name.strip_suffix(NEXT_RELEASE).unwrap_or(self.name),
        }
    }

    /// The object as something that runs pods, if it does.
    pub(super) fn of(object: &'a Value) -> Option<Self> {
        let kind = text(&object["kind"]);
        let template = match kind {
            "Deployment" | "StatefulSet" | "DaemonSet" | "Job" => &object["spec"]["template"],
            "CronJob" => &object["spec"]["jobTemplate"]["spec"]["template"],
            _ => return None,
        };
        Some(Self { kind, name: name_of(object), object, template })
    }

    /// The release that is tried beside the one that serves (`infra/k8s/components/second-release`).
    pub fn is_next_release(&self) -> bool {
        self.name.ends_with(NEXT_RELEASE)
    }

    /// What its pods are.
    pub fn pod(&self) -> &'a Value {
        &self.template["spec"]
    }

    /// The containers that stay.
    pub fn containers(&self) -> impl Iterator<Item = &'a Value> + use<'a> {
        list(&self.pod()["containers"])
    }

    /// All containers, those that prepare as well.
    pub fn all_containers(&self) -> impl Iterator<Item = &'a Value> + use<'a> {
        list(&self.pod()["initContainers"]).chain(self.containers())
    }

    /// Whether its pods end when their work is done.
    pub fn ends(&self) -> bool {
        matches!(self.kind, "Job" | "CronJob")
    }

    /// Whether a selector, with `matchLabels` and the like, selects its pods.
    pub fn is_selected_by(&self, selector: &Value) -> bool {
        selects(selector, &self.template["metadata"]["labels"])
    }

    /// The number of a port of its containers that is given by number or by name.
    pub fn port(&self, port: &Value) -> Option<u64> {
        let ports = self.containers().flat_map(|container| list(&container["ports"]));
        let is_meant = |listed: &&Value| match port.as_u64() {
            Some(number) => listed["containerPort"] == number,
            None => !port.is_null() && listed["name"] == *port,
        };
        ports.into_iter().find(is_meant).and_then(|listed| listed["containerPort"].as_u64())
    }

    /// `Deployment auth`.
    pub fn label(&self) -> String {
        format!("{} {}", self.kind, self.name)
    }
}

/// The name of a Job without the revision that the Helm chart puts behind it.
pub(super) fn without_revision(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((plain, revision)) if revision.parse::<u32>().is_ok() => plain,
        _ => name,
    }
}

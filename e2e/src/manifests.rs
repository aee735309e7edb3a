//! Rules of our own over what a cluster is told: that every process runs as it is meant to run, is told exactly
//! what its configuration reads, can be reached where it listens and by nobody else, and that every path leads where
//! it leads on a developer's machine.
//!
//! A rule is a function from rendered manifests to what is wrong with them, in words. What Kubernetes itself
//! would refuse is another matter: see `xtask/src/checks/manifests.rs`.

pub mod agreement;
pub mod environment;
mod limits;
pub mod network;
mod paths;
mod pods;
mod ports;
mod rollouts;
mod table;
mod workload;

use anyhow::{Context as _, Result};
use serde::Deserialize as _;
use serde_json::Value;

pub use workload::Workload;

/// What is wrong, in words.
pub type Rule = fn(&Manifests) -> Vec<String>;

/// The rules that hold wherever Stagedoor runs.
pub const EVERYWHERE: &[(&str, Rule)] = &[
    ("every container is bounded, watched and pinned", pods::are_bounded_watched_and_pinned),
    ("no container can do more than it must", pods::are_restricted),
    ("every pod has an account of its own, without a token", pods::have_accounts_without_tokens),
    ("no rollout takes anything away before its successor serves", rollouts::take_nothing_away),
    ("drains respect a budget", rollouts::have_budgets),
    ("every service is told what it reads, and nothing else", environment::is_what_is_read),
    ("every port leads to somebody who listens", ports::lead_to_listeners),
    ("an address may ask as often as on a developer's machine", limits::are_as_on_a_developers_machine),
];

/// Those that hold as well where people depend on it.
pub const IN_PROD: &[(&str, Rule)] = &[
    ("there are two of everything that serves, and more when needed", rollouts::scale),
    ("nobody reaches anybody unless both say so", network::is_closed_and_agreed),
];

/// Where paths lead.
pub const PATHS: Rule = paths::lead_where_they_lead_locally;

/// What was rendered, object by object.
#[derive(Debug, Clone)]
pub struct Manifests {
    /// The objects.
    pub objects: Vec<Value>,
}

impl Manifests {
    /// Reads documents of YAML.
    pub fn read(yaml: &str) -> Result<Self> {
        let documents = yaml_serde::Deserializer::from_str(yaml).map(Value::deserialize);
        let objects: Vec<Value> = documents.collect::<Result<_, _>>().context("read the manifests")?;
        Ok(Self { objects: objects.into_iter().filter(|object| !object.is_null()).collect() })
    }

    /// All objects of a kind.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.objects.iter().filter(move |object| object["kind"] == kind)
    }

    /// The object of that kind and name.
    pub fn find(&self, kind: &str, name: &str) -> Option<&Value> {
        self.objects.iter().find(|object| object["kind"] == kind && name_of(object) == name)
    }

    /// Everything that runs pods.
    pub fn workloads(&self) -> Vec<Workload<'_>> {
        self.objects.iter().filter_map(Workload::of).collect()
    }
}

/// What breaks a table of rules.
pub fn broken(rules: &[(&str, Rule)], manifests: &Manifests) -> Vec<String> {
    let of_rule = |(name, rule): &(&str, Rule)| {
        rule(manifests).into_iter().map(|what| format!("{name}: {what}")).collect::<Vec<_>>()
    };
    rules.iter().flat_map(of_rule).collect()
}

fn name_of(object: &Value) -> &str {
    text(&object["metadata"]["name"])
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Whether labels are selected by a selector of labels. One that selects nothing in particular selects all.
fn selects(selector: &Value, labels: &Value) -> bool {
    let matched = |(key, value): (&String, &Value)| labels[key] == *value;
    let expression = |expression: &Value| {
        let value = &labels[text(&expression["key"])];
        let among = list(&expression["values"]).any(|one| one == value);
        match text(&expression["operator"]) {
            "In" => among,
            "NotIn" => !among,
            "Exists" => !value.is_null(),
            "DoesNotExist" => value.is_null(),
            _ => false,
        }
    };
    selector["matchLabels"].as_object().is_none_or(|labels| labels.iter().all(matched))
        && list(&selector["matchExpressions"]).all(expression)
}

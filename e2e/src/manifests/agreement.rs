//! Whether kustomize and the Helm chart tell a cluster the same.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Manifests, list, name_of, text, workload::without_revision};

/// The letters that the hash of a generated name is written with, and how many of them there are.
const HASH_LETTERS: &str = "2456789bcdfghkmt";
const HASH_LENGTH: usize = 10;
/// A Namespace is there before a release is.
const BEFORE_HELM: &str = "Namespace";
/// How annotations begin that Helm alone knows.
const OF_HELM: [&str; 2] = ["checksum/", "helm.sh/"];
/// Lists that mean the same in any order.
const SETS: [&str; 4] = ["env", "ports", "volumes", "volumeMounts"];

/// Where the two differ, in words. These differences are none:
///
/// - the hash that kustomize puts behind the name of what it generates, and the revision behind that of a Job;
/// - the checksum of what pods read, which with Helm stands in for that hash, and what an annotation tells Helm;
/// - labels of an object that Helm adds; those of pods are compared;
/// - the Namespace, and what Helm runs as a hook.
pub fn differences(kustomize: &Manifests, helm: &Manifests) -> Vec<String> {
    let (kustomize, mut helm) = (comparable(kustomize), comparable(helm));
    let names: BTreeSet<String> = kustomize.keys().chain(helm.keys()).cloned().collect();
    let mut found = Vec::new();
    for name in names {
        match (kustomize.get(&name), helm.get_mut(&name)) {
            (Some(one), Some(other)) => {
                forget_additional_labels(one, other);
                compare(&name, one, other, &mut found);
            }
            (Some(_), None) => found.push(format!("{name} is not in the chart")),
            (None, _) => found.push(format!("{name} is in the chart alone")),
        }
    }
    found
}

/// Objects by kind and name, without what must differ.
fn comparable(manifests: &Manifests) -> BTreeMap<String, Value> {
    let is_meant = |object: &&Value| {
        object["kind"] != BEFORE_HELM && object["metadata"]["annotations"]["helm.sh/hook"].is_null()
    };
    let mut objects: Vec<Value> = manifests.objects.iter().filter(is_meant).cloned().collect();
    let generated: BTreeSet<String> = objects.iter().filter_map(generated_name).collect();
    for object in &mut objects {
        simplify(object, &generated);
        if object["kind"] == "Secret" {
            join_lines(&mut object["data"]);
        }
    }
    objects.into_iter().map(|object| (label(&object), object)).collect()
}

fn label(object: &Value) -> String {
    let (kind, name) = (text(&object["kind"]), name_of(object));
    format!("{kind} {}", if kind == "Job" { without_revision(name) } else { name })
}

fn generated_name(object: &Value) -> Option<String> {
    let is_generated = matches!(text(&object["kind"]), "ConfigMap" | "Secret");
    (is_generated && without_hash(name_of(object)).is_some()).then(|| name_of(object).to_owned())
}

fn without_hash(name: &str) -> Option<&str> {
    let (plain, hash) = name.rsplit_once('-')?;
    let is_hash = hash.len() == HASH_LENGTH && hash.chars().all(|letter| HASH_LETTERS.contains(letter));
    is_hash.then_some(plain)
}

/// Takes hashes and checksums away, wherever they are, and brings sets into order.
fn simplify(value: &mut Value, generated: &BTreeSet<String>) {
    match value {
        Value::String(string) if generated.contains(string) => {
            if let Some(plain) = without_hash(string) {
                *string = plain.to_owned();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| simplify(item, generated)),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                simplify(field, generated);
                if let (true, Value::Array(items)) = (SETS.contains(&name.as_str()), field) {
                    items.sort_by_key(|item| [&item["name"], &item["mountPath"]].map(ToString::to_string));
                }
            }
            let annotations = fields.get_mut("annotations").and_then(Value::as_object_mut);
            let is_empty = annotations.is_some_and(|annotations| {
                annotations.retain(|name, _| !OF_HELM.iter().any(|prefix| name.starts_with(prefix)));
                annotations.is_empty()
            });
            if is_empty {
                fields.remove("annotations");
            }
        }
        _ => {}
    }
}

/// kustomize breaks long values of a Secret into lines, which mean nothing in base64.
fn join_lines(data: &mut Value) {
    for value in data.as_object_mut().into_iter().flat_map(serde_json::Map::values_mut) {
        *value = Value::String(text(value).replace('\n', ""));
    }
}

fn forget_additional_labels(kustomize: &Value, helm: &mut Value) {
    let known = &kustomize["metadata"]["labels"];
    let Some(metadata) = helm["metadata"].as_object_mut() else { return };
    // What a Job is called tells its revision, which `label` has left out.
    metadata.insert("name".to_owned(), kustomize["metadata"]["name"].clone());
    if let Some(labels) = metadata.get_mut("labels").and_then(Value::as_object_mut) {
        labels.retain(|name, _| !known[name].is_null());
    }
    if known.is_null() {
        metadata.remove("labels");
    }
}

fn compare(place: &str, kustomize: &Value, helm: &Value, found: &mut Vec<String>) {
    match (kustomize, helm) {
        (Value::Object(one), Value::Object(other)) => {
            let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for name in names {
                compare(&format!("{place}/{name}"), &kustomize[name], &helm[name], found);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (index, (one, other)) in list(kustomize).zip(list(helm)).enumerate() {
                compare(&format!("{place}/{index}"), one, other, found);
            }
        }
        _ if kustomize == helm => {}
        _ => found.push(format!("{place} is {kustomize} with kustomize, {helm} with Helm")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KUSTOMIZE: &str = "
kind: Namespace
metadata: { name: stagedoor }
---
kind: ConfigMap
metadata: { name: orders-f49564hf8d, labels: { part-of: stagedoor } }
data: { PORT: '8080' }
---
kind: Secret
metadata: { name: orders-secrets-h8mg45kfb8 }
data:
  uri: |
    bW9u
    Z29k
---
kind: Job
metadata: { name: setup }
spec: { template: { metadata: { labels: { app: setup } }, spec: { volumes: [{ name: a }, { name: b }] } } }
---
kind: Deployment
metadata: { name: orders, labels: { part-of: stagedoor } }
spec: { template: { metadata: { labels: { app: orders } }, spec: { from: orders-f49564hf8d } } }
";
    const HELM: &str = "
kind: ConfigMap
metadata: { name: orders, labels: { part-of: stagedoor, managed-by: Helm } }
data: { PORT: '8080' }
---
kind: Secret
metadata: { name: orders-secrets }
data: { uri: bW9uZ29k }
---
kind: Job
metadata: { name: setup-1, labels: { managed-by: Helm } }
spec: { template: { metadata: { labels: { app: setup } }, spec: { volumes: [{ name: b }, { name: a }] } } }
---
kind: Deployment
metadata: { name: orders, labels: { part-of: stagedoor } }
spec:
  template:
    metadata: { labels: { app: orders }, annotations: { checksum/config: '1' } }
    spec: { from: orders }
---
kind: Pod
metadata: { name: test, annotations: { helm.sh/hook: test } }
";

    fn found(helm: &str) -> Vec<String> {
        differences(&Manifests::read(KUSTOMIZE).unwrap(), &Manifests::read(helm).unwrap())
    }

    #[test]
    fn what_must_differ_is_no_difference() {
        assert!(found(HELM).is_empty(), "{:?}", found(HELM));
    }

    #[test]
    fn any_other_difference_is_told_with_its_place() {
        for (from, to, said) in [
            (
                "PORT: '8080'",
                "PORT: '80'",
                "ConfigMap orders/data/PORT is \"8080\" with kustomize, \"80\" with Helm",
            ),
            ("PORT: '8080'", "PORT: '8080', X: '1'", "ConfigMap orders/data/X is null with kustomize"),
            ("from: orders", "from: tickets", "Deployment orders/spec/template/spec/from"),
            ("app: orders", "app: orders, b: c", "Deployment orders/spec/template/metadata/labels/b"),
            ("part-of: stagedoor } }", "x: y } }", "Deployment orders/metadata/labels/part-of"),
            ("[{ name: b }, { name: a }]", "[{ name: b }]", "Job setup/spec/template/spec/volumes"),
            ("kind: Job", "kind: CronJob", "Job setup is not in the chart"),
            ("helm.sh/hook: test", "x: y", "Pod test is in the chart alone"),
        ] {
            let bad = HELM.replace(from, to);
            assert_ne!(bad, HELM, "{from}");
            assert!(
                found(&bad).iter().any(|what| what.starts_with(said)),
                "{said:?} is not in {:?}",
                found(&bad)
            );
        }
    }
}

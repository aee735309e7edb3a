//! Who may reach whom: what the NetworkPolicies let through, against the matrix in `infra/README.md`.

use std::{collections::BTreeSet, fmt};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{Manifests, Workload, list, name_of, table, text};

/// The heading over the matrix, whose columns are who, whom, and on which port.
const MATRIX: &str = "Who reaches whom";
/// What the matrix calls those who are outside, by their namespaces.
const OUTSIDE: [(&str, &str); 2] = [("ingress-nginx", "ingress"), ("envoy-gateway-system", "ingress")];
/// Names are everybody's to ask for, so that the matrix leaves that out.
const DNS: u64 = 53;

/// One way through.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// Who calls: the name of a workload, or of what is outside.
    pub from: String,
    /// Who is called.
    pub to: String,
    /// On which port.
    pub port: u64,
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} → {}:{}", self.from, self.to, self.port)
    }
}

/// All ways that the matrix of a page shows.
pub fn documented(page: &str) -> Result<BTreeSet<Pair>> {
    let matrix =
        table::under(page, MATRIX).into_iter().next().context("find the matrix of who reaches whom")?;
    let mut pairs = BTreeSet::new();
    for row in matrix {
        let [from, to, port, ..] = row.as_slice() else {
            anyhow::bail!("a row of the matrix has too few cells")
        };
        for from in table::names(from) {
            for to in table::names(to) {
                for port in table::names(port) {
                    let port = port.parse().with_context(|| format!("read the port {port} of the matrix"))?;
                    pairs.insert(Pair { from: from.clone(), to: to.clone(), port });
                }
            }
        }
    }
    Ok(pairs)
}

/// All ways that the policies let through, whichever end says so.
pub fn pairs(manifests: &Manifests) -> BTreeSet<Pair> {
    let (said_by_callees, said_by_callers) = both_ends(manifests);
    said_by_callees.into_iter().chain(said_by_callers).filter(|pair| pair.port != DNS).collect()
}

/// Nothing comes in or goes out that no policy lets through, and between two of ours both ends let it through.
pub fn is_closed_and_agreed(manifests: &Manifests) -> Vec<String> {
    let mut broken = Vec::new();
    for direction in ["Ingress", "Egress"] {
        let closed = manifests.of_kind("NetworkPolicy").any(|policy| closes_everything(policy, direction));
        if !closed {
            broken.push(format!("whatever no policy is about may have any {direction}"));
        }
    }
    let ours: BTreeSet<&str> = manifests.workloads().iter().map(Workload::plain_name).collect();
    let (said_by_callees, said_by_callers) = both_ends(manifests);
    let is_inside = |pair: &&Pair| ours.contains(pair.from.as_str()) && ours.contains(pair.to.as_str());
    let one_sided = |one: &BTreeSet<Pair>, other: &BTreeSet<Pair>, who: &str| -> Vec<String> {
        one.difference(other)
            .filter(is_inside)
            .map(|pair| format!("{pair} is let through by its {who} alone"))
            .collect()
    };
    broken.extend(one_sided(&said_by_callees, &said_by_callers, "callee"));
    broken.extend(one_sided(&said_by_callers, &said_by_callees, "caller"));
    broken
}

/// Whether a policy is about all pods and lets nothing through in that direction.
fn closes_everything(policy: &Value, direction: &str) -> bool {
    let spec = &policy["spec"];
    spec["podSelector"].as_object().is_some_and(serde_json::Map::is_empty)
        && list(&spec["policyTypes"]).any(|known| known == direction)
        && spec[direction.to_lowercase()].as_array().is_none_or(Vec::is_empty)
}

/// What those who are called let in, and what those who call let out.
fn both_ends(manifests: &Manifests) -> (BTreeSet<Pair>, BTreeSet<Pair>) {
    let workloads = manifests.workloads();
    let (mut said_by_callees, mut said_by_callers) = (BTreeSet::new(), BTreeSet::new());
    for policy in manifests.of_kind("NetworkPolicy") {
        for own in subjects(&workloads, policy) {
            for rule in list(&policy["spec"]["ingress"]) {
                for from in peers(&workloads, &rule["from"]) {
                    let ports = list(&rule["ports"]).filter_map(|port| own.port(&port["port"]));
                    said_by_callees.extend(ports.map(|port| pair(&from.name, &own.name, port)));
                }
            }
            for rule in list(&policy["spec"]["egress"]) {
                for to in peers(&workloads, &rule["to"]) {
                    let ports = list(&rule["ports"]).filter_map(|port| to.port(&port["port"]));
                    said_by_callers.extend(ports.map(|port| pair(&own.name, &to.name, port)));
                }
            }
        }
    }
    (said_by_callees, said_by_callers)
}

fn pair(from: &str, to: &str, port: u64) -> Pair {
    Pair { from: from.to_owned(), to: to.to_owned(), port }
}

/// Somebody at one end of a way.
struct End<'a> {
    name: String,
    /// If it is one of ours.
    workload: Option<Workload<'a>>,
}

impl<'a> End<'a> {
    fn ours(workload: &Workload<'a>) -> Self {
        Self { name: workload.plain_name().to_owned(), workload: Some(*workload) }
    }

    fn outside(name: &str) -> Self {
        let known = OUTSIDE.iter().find(|(namespace, _)| *namespace == name);
        Self { name: known.map_or(name, |(_, word)| word).to_owned(), workload: None }
    }

    fn port(&self, port: &Value) -> Option<u64> {
        match &self.workload {
            Some(workload) => workload.port(port),
            None => port.as_u64(),
        }
    }
}

/// Whom a policy is about. Pods that are made in the cluster, as by cert-manager, go by the name of their policy.
fn subjects<'a>(workloads: &[Workload<'a>], policy: &Value) -> Vec<End<'a>> {
    let selector = &policy["spec"]["podSelector"];
    let ours: Vec<End<'a>> =
        workloads.iter().filter(|workload| workload.is_selected_by(selector)).map(End::ours).collect();
    if ours.is_empty() { vec![End::outside(name_of(policy))] } else { ours }
}

/// Whom a rule means.
fn peers<'a>(workloads: &[Workload<'a>], peers: &Value) -> Vec<End<'a>> {
    if peers.as_array().is_none_or(Vec::is_empty) {
        return vec![End::outside("anybody")];
    }
    list(peers).flat_map(|peer| of_peer(workloads, peer)).collect()
}

fn of_peer<'a>(workloads: &[Workload<'a>], peer: &Value) -> Vec<End<'a>> {
    if let Some(cidr) = peer["ipBlock"]["cidr"].as_str() {
        return vec![End::outside(cidr)];
    }
    if let Some(labels) = peer["namespaceSelector"]["matchLabels"].as_object() {
        return labels.values().map(|name| End::outside(text(name))).collect();
    }
    if peer["podSelector"].is_null() {
        return vec![End::outside("anybody in the cluster")];
    }
    workloads.iter().filter(|workload| workload.is_selected_by(&peer["podSelector"])).map(End::ours).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "
kind: Deployment
metadata: { name: a }
spec: { template: { metadata: { labels: { app: a } }, spec: { containers: [{ name: a }] } } }
---
kind: Deployment
metadata: { name: b }
spec:
  template:
    metadata: { labels: { app: b } }
    spec: { containers: [{ name: b, ports: [{ name: http, containerPort: 80 }] }] }
---
kind: NetworkPolicy
metadata: { name: none }
spec: { podSelector: {}, policyTypes: [Ingress, Egress] }
---
kind: NetworkPolicy
metadata: { name: b }
spec:
  podSelector: { matchLabels: { app: b } }
  ingress: [{ from: [{ podSelector: { matchLabels: { app: a } } }], ports: [{ port: http }] }]
";

    #[test]
    fn a_way_that_one_end_alone_lets_through_is_no_way() {
        let only_b = Manifests::read(YAML).unwrap();
        assert_eq!(is_closed_and_agreed(&only_b), ["a → b:80 is let through by its callee alone"]);
        let a = "---
kind: NetworkPolicy
metadata: { name: a }
spec:
  podSelector: { matchLabels: { app: a } }
  egress: [{ to: [{ podSelector: { matchLabels: { app: b } } }], ports: [{ port: 80 }] }]
";
        let both = Manifests::read(&format!("{YAML}{a}")).unwrap();
        assert!(is_closed_and_agreed(&both).is_empty());
        assert_eq!(pairs(&both).len(), 1);
    }

    #[test]
    fn what_is_not_closed_is_open() {
        let yaml = YAML.replace("[Ingress, Egress]", "[Ingress]");
        let broken = is_closed_and_agreed(&Manifests::read(&yaml).unwrap());
        assert!(broken.iter().any(|what| what.contains("any Egress")), "{broken:?}");
    }

    #[test]
    fn the_matrix_is_read_cell_by_cell() {
        let page = "## Who reaches whom\n\n| from | to | port | why |\n|---|---|---|---|\n| `a`, `b` | `c` | 80 | x |\n";
        assert_eq!(documented(page).unwrap(), BTreeSet::from([pair("a", "c", 80), pair("b", "c", 80)]));
        assert!(documented("## Other\n").is_err());
    }
}

//! Whether each port that somebody is sent to is one that somebody listens on.

use serde_json::{Value, json};

use super::{Manifests, Workload, list, name_of, pods::PROBES, text};

/// What a program of ours reads, and the name of the container's port that it must be.
const LISTENS: [(&str, &str); 2] = [("PORT", "http"), ("INTERNAL_PORT", "internal")];

/// From the Ingress to a Service, from the Service to a container, from the container to the program in it; and
/// those of probes.
pub fn lead_to_listeners(manifests: &Manifests) -> Vec<String> {
    let mut broken = Vec::new();
    for workload in manifests.workloads() {
        probes(&workload, &mut broken);
        programs(manifests, &workload, &mut broken);
    }
    for service in manifests.of_kind("Service") {
        services(manifests, service, &mut broken);
    }
    for (from, backend) in backends(manifests) {
        if !is_served(manifests, &backend) {
            broken.push(format!("{from} leads to {backend}, where nobody is"));
        }
    }
    broken
}

fn probes(workload: &Workload<'_>, broken: &mut Vec<String>) {
    for container in workload.containers() {
        for probe in PROBES {
            let asked =
                ["httpGet", "tcpSocket", "grpc"].into_iter().map(|how| &container[probe][how]["port"]);
            for port in asked.filter(|port| !port.is_null()) {
                let listed = list(&container["ports"]);
                let is_listed = |of: &Value| of["containerPort"] == *port || of["name"] == *port;
                if !listed.into_iter().any(is_listed) {
                    broken.push(format!(
                        "the {probe} of {} asks port {port}, which it has not",
                        workload.label()
                    ));
                }
            }
        }
    }
}

fn programs(manifests: &Manifests, workload: &Workload<'_>, broken: &mut Vec<String>) {
    for container in workload.containers() {
        if super::environment::read_by(text(&container["name"])).is_none() {
            continue;
        }
        let told = super::environment::told(manifests, container);
        for (variable, name) in LISTENS {
            let Some(listens) = told.get(variable).and_then(|port| port.parse::<u64>().ok()) else {
                continue;
            };
            if workload.port(&json!(name)) != Some(listens) {
                broken.push(format!(
                    "{} listens on {listens} where its port {name} is another",
                    workload.label()
                ));
            }
        }
    }
}

fn services(manifests: &Manifests, service: &Value, broken: &mut Vec<String>) {
    let (name, selector) = (name_of(service), &service["spec"]["selector"]);
    if selector.is_null() {
        return;
    }
    let selector = json!({ "matchLabels": selector });
    let workloads = manifests.workloads();
    let chosen: Vec<_> =
        workloads.iter().filter(|workload| workload.is_selected_by(&selector) && !workload.ends()).collect();
    if chosen.is_empty() {
        broken.push(format!("nobody is behind the Service {name}"));
    }
    for port in list(&service["spec"]["ports"]) {
        let target = if port["targetPort"].is_null() { &port["port"] } else { &port["targetPort"] };
        for workload in chosen.iter().filter(|workload| workload.port(target).is_none()) {
            broken.push(format!(
                "the Service {name} sends to port {target}, which {} has not",
                workload.label()
            ));
        }
    }
}

/// A Service and a port of it, by name or by number.
#[derive(Debug)]
pub(super) struct Backend {
    pub service: String,
    pub port: Value,
}

impl std::fmt::Display for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.service, self.port)
    }
}

fn backends(manifests: &Manifests) -> Vec<(String, Backend)> {
    let mut found = Vec::new();
    for ingress in manifests.of_kind("Ingress") {
        for path in list(&ingress["spec"]["rules"]).flat_map(|rule| list(&rule["http"]["paths"])) {
            found.push((format!("the Ingress {}", name_of(ingress)), of_ingress(&path["backend"])));
        }
    }
    for route in manifests.of_kind("HTTPRoute") {
        for backend in list(&route["spec"]["rules"]).flat_map(|rule| list(&rule["backendRefs"])) {
            found.push((format!("the HTTPRoute {}", name_of(route)), of_route(backend)));
        }
    }
    found
}

pub(super) fn of_ingress(backend: &Value) -> Backend {
    let port = &backend["service"]["port"];
    let port = if port["name"].is_null() { &port["number"] } else { &port["name"] };
    Backend { service: text(&backend["service"]["name"]).to_owned(), port: port.clone() }
}

pub(super) fn of_route(backend: &Value) -> Backend {
    Backend { service: text(&backend["name"]).to_owned(), port: backend["port"].clone() }
}

fn is_served(manifests: &Manifests, backend: &Backend) -> bool {
    let service = manifests.find("Service", &backend.service);
    service.is_some_and(|service| {
        list(&service["spec"]["ports"])
            .any(|port| port["name"] == backend.port || port["port"] == backend.port)
    })
}

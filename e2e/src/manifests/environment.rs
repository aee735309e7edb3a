//! What each process of ours is told, against what its configuration reads.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use common::config::{Variable, variables};
use payments::sandbox::SandboxConfig;
use serde_json::Value;

use super::{Manifests, Workload, list, table, text};

/// The programs of ours that are told something; the services first.
pub const PROGRAMS: [&str; 6] = ["auth", "tickets", "orders", "expiration", "payments", "sandbox-gateway"];
/// The heading over the two tables: of what every service is told, and of what each program is told besides.
const TABLES: &str = "The environment";

/// How much is logged; read by the telemetry and not by a configuration.
const LOG_FILTER: &str = "RUST_LOG";

/// The variables that the program of that name reads; `None` if it is none of ours.
pub fn read_by(program: &str) -> Option<Vec<Variable>> {
    let mut read = match program {
        "auth" => variables::<auth::config::Config>(),
        "tickets" => variables::<tickets::config::Config>(),
        "orders" => variables::<orders::config::Config>(),
        "expiration" => variables::<expiration::config::Config>(),
        "payments" => variables::<payments::config::Config>(),
        "sandbox-gateway" => variables::<SandboxConfig>(),
        _ => return None,
    };
    read.push(Variable { name: LOG_FILTER.to_owned(), is_secret: false, is_required: false });
    Some(read)
}

/// The variables that a page lists, by program.
pub fn documented(page: &str) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let tables = table::under(page, TABLES);
    let [of_services, of_each, ..] = tables.as_slice() else {
        bail!("find the two tables of the environment")
    };
    let shared: BTreeSet<String> =
        of_services.iter().filter_map(|row| row.first()).flat_map(|cell| table::names(cell)).collect();
    let of_program =
        |program: &str| if program == "sandbox-gateway" { BTreeSet::new() } else { shared.clone() };
    let mut listed: BTreeMap<String, BTreeSet<String>> =
        PROGRAMS.into_iter().map(|program| (program.to_owned(), of_program(program))).collect();
    for row in of_each {
        let [part, names, ..] = row.as_slice() else { bail!("a row of the environment has too few cells") };
        if let Some(listed) = listed.get_mut(part) {
            listed.extend(table::names(names));
        }
    }
    Ok(listed)
}

/// The variables that a program is told.
pub fn told_to(manifests: &Manifests, program: &str) -> BTreeSet<String> {
    let workloads = manifests.workloads();
    let containers = workloads.iter().flat_map(Workload::containers);
    let its = containers.filter(|container| container["name"] == program);
    its.flat_map(|container| told(manifests, container).into_keys()).collect()
}

/// Every variable that is read is set, if only to nothing; no other is; and every file is there.
pub fn is_what_is_read(manifests: &Manifests) -> Vec<String> {
    let mut broken = Vec::new();
    for workload in manifests.workloads() {
        for container in workload.containers() {
            let Some(read) = read_by(text(&container["name"])) else { continue };
            let told = told(manifests, container);
            let label = workload.label();
            for what in differences(&read, &told)
                .into_iter()
                .chain(missing_files(manifests, &workload, container, &told))
            {
                broken.push(format!("{label} {what}"));
            }
        }
    }
    broken
}

fn differences(read: &[Variable], told: &BTreeMap<String, String>) -> Vec<String> {
    let mut broken = Vec::new();
    let mut known = BTreeSet::new();
    for Variable { name, is_secret, is_required } in read {
        let file = format!("{name}_FILE");
        let (plain, by_file) = (told.get(name), told.get(&file).filter(|_| *is_secret));
        match (plain, by_file) {
            (None, None) => broken.push(format!("is not told {name}")),
            (Some(_), Some(_)) => broken.push(format!("is told {name} twice")),
            (Some(value), None) | (None, Some(value)) if *is_required && value.is_empty() => {
                broken.push(format!("needs {name}, which is empty"));
            }
            _ => {}
        }
        known.insert(name.clone());
        if *is_secret {
            known.insert(file);
        }
    }
    let strangers = told.keys().filter(|name| !known.contains(*name));
    broken.extend(strangers.map(|name| format!("is told {name}, which it does not read")));
    broken
}

/// What a container finds in its environment; the value is empty where it comes from elsewhere.
pub(super) fn told(manifests: &Manifests, container: &Value) -> BTreeMap<String, String> {
    let mut told = BTreeMap::new();
    for from in list(&container["envFrom"]) {
        for (kind, reference) in [("ConfigMap", "configMapRef"), ("Secret", "secretRef")] {
            let Some(found) = manifests.find(kind, text(&from[reference]["name"])) else { continue };
            let data = found["data"].as_object().into_iter().flatten();
            told.extend(data.map(|(name, value)| (name.clone(), text(value).to_owned())));
        }
    }
    let own = list(&container["env"]);
    told.extend(own.map(|env| (text(&env["name"]).to_owned(), text(&env["value"]).to_owned())));
    told
}

/// The files that variables name and that no Secret puts there.
fn missing_files(
    manifests: &Manifests,
    workload: &Workload<'_>,
    container: &Value,
    told: &BTreeMap<String, String>,
) -> Vec<String> {
    let files = told.iter().filter(|(name, path)| name.ends_with("_FILE") && !path.is_empty());
    files
        .filter(|(_, path)| !is_mounted(manifests, workload, container, path))
        .map(|(name, path)| format!("is told {name}, but there is no {path}"))
        .collect()
}

fn is_mounted(manifests: &Manifests, workload: &Workload<'_>, container: &Value, path: &str) -> bool {
    list(&container["volumeMounts"]).any(|mount| {
        let dir = text(&mount["mountPath"]).trim_end_matches('/');
        let Some(file) = path.strip_prefix(dir).and_then(|rest| rest.strip_prefix('/')) else { return false };
        let mut volumes = list(&workload.pod()["volumes"]);
        let volume = volumes.find(|volume| volume["name"] == mount["name"]);
        volume.is_some_and(|volume| has(manifests, text(&volume["secret"]["secretName"]), file))
    })
}

/// Whether a Secret has a key, or gets it from somewhere outside.
fn has(manifests: &Manifests, secret: &str, key: &str) -> bool {
    if let Some(found) = manifests.find("Secret", secret) {
        return found["data"].get(key).or(found["stringData"].get(key)).is_some();
    }
    let is_target = |external: &&Value| match external["spec"]["target"]["name"].as_str() {
        Some(name) => name == secret,
        None => external["metadata"]["name"] == secret,
    };
    let external = manifests.of_kind("ExternalSecret").find(is_target);
    external.is_some_and(|external| {
        list(&external["spec"]["data"]).any(|entry| entry["secretKey"] == key)
            || external["spec"]["target"]["template"]["data"].get(key).is_some()
            || !external["spec"]["dataFrom"].is_null()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(variables: &[(&str, &str)]) -> BTreeMap<String, String> {
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_service_is_told_each_variable_once_and_no_other() {
        let variable =
            |name: &str, is_secret| Variable { name: name.to_owned(), is_secret, is_required: is_secret };
        let read = [variable("PORT", false), variable("KEY", true)];
        assert!(differences(&read, &told(&[("PORT", ""), ("KEY_FILE", "/k")])).is_empty());
        assert_eq!(differences(&read, &told(&[("KEY_FILE", "/k")])), ["is not told PORT"]);
        assert_eq!(differences(&read, &told(&[("PORT", "1"), ("KEY", "")])), ["needs KEY, which is empty"]);
        let twice = told(&[("PORT", "1"), ("KEY", "k"), ("KEY_FILE", "/k")]);
        assert_eq!(differences(&read, &twice), ["is told KEY twice"]);
        let strange = told(&[("PORT", "1"), ("PORT_FILE", "/p"), ("KEY", "k")]);
        assert_eq!(differences(&read, &strange), ["is told PORT_FILE, which it does not read"]);
    }

    #[test]
    fn a_page_lists_what_services_share_and_what_is_their_own() {
        let page = "## The environment\n\n| variable |\n|---|\n| `A`, `B` |\n\nAnd:\n\n\
                    | part | variable |\n|---|---|\n| auth | `C` |\n| sandbox-gateway | `D` |\n";
        let listed = documented(page).unwrap();
        assert_eq!(Vec::from_iter(&listed["auth"]), ["A", "B", "C"]);
        assert_eq!(Vec::from_iter(&listed["sandbox-gateway"]), ["D"]);
        assert!(documented("## The environment\n").is_err());
    }

    #[test]
    fn what_each_program_reads_is_known() {
        for program in PROGRAMS {
            let read = read_by(program).unwrap();
            assert!(read.iter().any(|variable| variable.name == "PORT"), "{program}: {read:?}");
        }
    }
}

//! What a cluster is told, held against our own rules; and each rule held against manifests that break it.

use std::{collections::BTreeSet, fs, sync::LazyLock};

use e2e::manifests::{
    EVERYWHERE, IN_PROD, Manifests, PATHS, broken, environment,
    network::{self, Pair},
};
use serde_json::{Value, json};
use xtask::{manifests, provision::cluster::ClusterTools, workspace::Workspace};

/// Everything that is rendered, by name.
static RENDERED: LazyLock<Vec<(String, Manifests)>> = LazyLock::new(|| {
    let workspace = Workspace::here();
    let tools = ClusterTools::find(&workspace);
    let tools = tools.expect("find kubectl and helm: `cargo xtask test` installs what is missing");
    let rendered = manifests::render(&workspace, &tools, &workspace.test_run("manifests"));
    let read = |rendering: manifests::Rendering| (rendering.name, Manifests::read(&rendering.yaml).unwrap());
    rendered.unwrap().into_iter().map(read).collect()
});

pub(super) fn named(name: &str) -> Manifests {
    let found = RENDERED.iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("{name} is not rendered")).1.clone()
}

/// Whether people depend on what is rendered under that name.
fn is_prod(name: &str) -> bool {
    name.contains("prod")
}

#[test]
fn what_is_rendered_keeps_every_rule() {
    let mut wrong = Vec::new();
    for (name, manifests) in &*RENDERED {
        let rules = if is_prod(name) { [EVERYWHERE, IN_PROD].concat() } else { EVERYWHERE.to_vec() };
        let of_rules = broken(&rules, manifests).into_iter().chain(PATHS(manifests));
        wrong.extend(of_rules.map(|what| format!("{name}: {what}")));
    }
    assert!(wrong.is_empty(), "{} rules are broken:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_network_policies_let_through_what_is_documented() {
    let documented = network::documented(&page()).unwrap();
    let in_prod = RENDERED.iter().filter(|(name, _)| is_prod(name));
    let let_through: BTreeSet<Pair> = in_prod.flat_map(|(_, manifests)| network::pairs(manifests)).collect();
    let undocumented: Vec<String> = let_through.difference(&documented).map(ToString::to_string).collect();
    assert!(undocumented.is_empty(), "let through, and not documented: {}", undocumented.join(", "));
    let blocked: Vec<String> = documented.difference(&let_through).map(ToString::to_string).collect();
    assert!(blocked.is_empty(), "documented, and not let through: {}", blocked.join(", "));
}

#[test]
fn every_variable_is_documented_with_whom_it_is_for() {
    let (documented, manifests) = (environment::documented(&page()).unwrap(), named("prod"));
    for program in environment::PROGRAMS {
        assert_eq!(documented[program], environment::told_to(&manifests, program), "{program}");
    }
}

fn page() -> String {
    fs::read_to_string(Workspace::here().root().join("infra/README.md")).unwrap()
}

const CONTAINER: &str = "/spec/template/spec/containers/0";
const POD: &str = "/spec/template/spec";

#[test]
fn a_manifest_that_breaks_a_rule_is_found_out() {
    let of_container = |place: &'static str, value, said| (format!("{CONTAINER}{place}"), value, said);
    let of_pod = |place: &'static str, value, said| (format!("{POD}{place}"), value, said);
    let cases = [
        of_container("/startupProbe", Value::Null, "has no startupProbe"),
        of_container("/livenessProbe", Value::Null, "has no livenessProbe"),
        of_container("/readinessProbe", Value::Null, "has no readinessProbe"),
        of_container("/resources/limits/memory", Value::Null, "has no resources/limits/memory"),
        of_container("/image", json!("stagedoor/auth:latest"), "may be another one tomorrow"),
        of_container("/securityContext/readOnlyRootFilesystem", json!(false), "may write to its image"),
        of_container("/securityContext/allowPrivilegeEscalation", json!(true), "may gain privileges"),
        of_container("/securityContext/capabilities", json!({}), "keeps capabilities"),
        of_pod("/securityContext/runAsNonRoot", Value::Null, "may be root"),
        of_pod("/securityContext/seccompProfile", Value::Null, "may use any system call"),
        of_pod("/hostNetwork", json!(true), "has hostNetwork"),
        of_pod("/automountServiceAccountToken", json!(true), "has a token"),
        of_pod("/serviceAccountName", json!("orders"), "share the account orders"),
        of_pod("/enableServiceLinks", json!(true), "is told of every Service"),
        of_container("/lifecycle", Value::Null, "stops while it is still being sent requests"),
        of_pod("/terminationGracePeriodSeconds", json!(20), "is killed after 20 s"),
        of_container(
            "/env",
            json!([{ "name": "COLOUR", "value": "red" }]),
            "told COLOUR, which it does not read",
        ),
        of_container("/envFrom", json!([]), "is not told PORT"),
        of_container("/env", json!([{ "name": "PORT", "value": "1" }]), "listens on 1"),
        of_container("/volumeMounts", json!([]), "but there is no /etc/stagedoor/secrets/"),
        of_container("/readinessProbe/httpGet/port", json!("nothing"), "asks port \"nothing\""),
        of_container("/ports/0/name", json!("web"), "sends to port \"http\""),
        ("/spec/strategy/rollingUpdate/maxUnavailable".to_owned(), json!(1), "takes pods away"),
        ("/spec/template/metadata/labels".to_owned(), json!({}), "has no PodDisruptionBudget"),
    ];
    let good = named("dev");
    assert!(broken(EVERYWHERE, &good).is_empty());
    for (place, value, said) in cases {
        let mut bad = good.clone();
        put(&mut bad, "Deployment", "auth", &place, value);
        let found = broken(EVERYWHERE, &bad);
        assert!(found.iter().any(|what| what.contains(said)), "{place}: {said:?} is not said in {found:?}");
    }
}

#[test]
fn what_must_be_twice_and_closed_in_prod_is_looked_for() {
    let good = named("prod");
    for (kind, said) in
        [("HorizontalPodAutoscaler", "nobody scales"), ("NetworkPolicy", "may have any Ingress")]
    {
        let mut bad = good.clone();
        bad.objects.retain(|object| object["kind"] != kind);
        let found = broken(IN_PROD, &bad);
        assert!(found.iter().any(|what| what.contains(said)), "{said:?} is not said in {found:?}");
    }
}

#[test]
fn a_path_that_leads_elsewhere_is_found_out() {
    for (kind, name, place) in [
        ("Ingress", "api", "/spec/rules/0/http/paths/0/backend/service/name"),
        ("Ingress", "api", "/spec/rules/0/http/paths/0/path"),
    ] {
        let mut bad = named("dev");
        put(&mut bad, kind, name, place, json!("/orders"));
        assert!(!PATHS(&bad).is_empty(), "{place}");
    }
    let mut bad = named("dev");
    put(&mut bad, "Ingress", "api", "/spec/rules/0/http/paths/0/backend/service/port/name", json!("nothing"));
    assert!(broken(EVERYWHERE, &bad).iter().any(|what| what.contains("where nobody is")));
}

#[test]
fn a_limit_that_is_another_one_is_found_out() {
    let limit = "/metadata/annotations/nginx.ingress.kubernetes.io~1limit-rps";
    let requests = "/spec/rateLimit/local/rules/1/limit/requests";
    for (rendering, kind, place, value, said) in [
        ("dev", "Ingress", limit, Value::Null, "the Ingress sign-in has limits of"),
        ("dev+gateway-api+envoy-gateway", "BackendTrafficPolicy", requests, json!(11), "HTTPRoute sign-in"),
        (
            "dev+gateway-api+envoy-gateway",
            "BackendTrafficPolicy",
            "/spec/targetRefs",
            json!([]),
            "HTTPRoute sign-in",
        ),
    ] {
        let mut bad = named(rendering);
        put(&mut bad, kind, "sign-in", place, value);
        let found = broken(EVERYWHERE, &bad);
        assert!(found.iter().any(|what| what.contains(said)), "{place}: {said:?} is not said in {found:?}");
    }
}

/// Puts a value into an object, wherever in it (a JSON pointer); null takes away what is there.
fn put(manifests: &mut Manifests, kind: &str, name: &str, place: &str, value: Value) {
    let mut objects = manifests.objects.iter_mut();
    let object = objects.find(|object| object["kind"] == kind && object["metadata"]["name"] == name);
    let mut target = object.unwrap_or_else(|| panic!("there is no {kind} {name}"));
    for step in place.trim_start_matches('/').split('/') {
        target = match step.parse::<usize>() {
            Ok(index) => &mut target[index],
            Err(_) => &mut target[step.replace("~1", "/")],
        };
    }
    *target = value;
}

//! How many requests one address may make.

use serde_json::Value;
use xtask::nginx::Limits;

use super::{Manifests, list, text};

const ANNOTATION: &str = "nginx.ingress.kubernetes.io/limit-rps";
const BURST: &str = "nginx.ingress.kubernetes.io/limit-burst-multiplier";
/// All of IPv4 and all of IPv6, each address by itself.
const ADDRESSES: [&str; 2] = ["0.0.0.0/0", "::/0"];
/// The route that signs up and in, which has a limit of its own, and those that have the one of all requests. The
/// client's pages have none.
const ROUTES: [&str; 4] = ["sign-in", "api", "streams", "sandbox"];

/// Whichever way in there is lets through as many requests of one address as on a developer's machine.
pub fn are_as_on_a_developers_machine(manifests: &Manifests) -> Vec<String> {
    let mut broken = Vec::new();
    for route in ROUTES {
        let (per_second, burst) = wanted(route);
        if let Some(ingress) = manifests.find("Ingress", route) {
            let annotations = &ingress["metadata"]["annotations"];
            let number = |name: &str| text(&annotations[name]).parse::<u32>().unwrap_or_default();
            let found = (number(ANNOTATION), number(ANNOTATION) * number(BURST));
            if found != (per_second, burst) {
                broken.push(format!(
                    "the Ingress {route} has limits of {found:?}, not {per_second} and {burst}"
                ));
            }
        }
        // Other implementations of the Gateway API have limits of their own kind.
        if manifests.of_kind("BackendTrafficPolicy").next().is_some()
            && manifests.find("HTTPRoute", route).is_some()
            && !is_limited(manifests, route, per_second)
        {
            broken.push(format!("the HTTPRoute {route} has no limit of {per_second} requests in a second"));
        }
    }
    broken
}

fn wanted(route: &str) -> (u32, u32) {
    let limits = Limits::default();
    match route {
        "sign-in" => (limits.sign_ins_per_second, limits.sign_ins_burst),
        _ => (limits.requests_per_second, limits.requests_burst),
    }
}

fn is_limited(manifests: &Manifests, route: &str, per_second: u32) -> bool {
    let is_meant = |policy: &&Value| {
        list(&policy["spec"]["targetRefs"])
            .any(|target| target["kind"] == "HTTPRoute" && text(&target["name"]) == route)
    };
    let limits = |policy: &Value, addresses: &str| {
        list(&policy["spec"]["rateLimit"]["local"]["rules"]).any(|rule| {
            let of_each = |selector: &Value| {
                selector["sourceCIDR"]["type"] == "Distinct" && selector["sourceCIDR"]["value"] == *addresses
            };
            rule["limit"]["requests"] == per_second
                && rule["limit"]["unit"] == "Second"
                && list(&rule["clientSelectors"]).all(of_each)
        })
    };
    let mut policies = manifests.of_kind("BackendTrafficPolicy").filter(is_meant);
    policies.any(|policy| ADDRESSES.iter().all(|addresses| limits(policy, addresses)))
}

//! Where paths lead in the cluster, by an Ingress or by an HTTPRoute, against the table that the local ingress
//! is held against (`xtask::paths`).

use regex::RegexBuilder;
use serde_json::Value;
use xtask::paths::{NOBODY, PATHS, STREAMS};

use super::{
    Manifests, list,
    ports::{of_ingress, of_route},
    text,
};

const USE_REGEX: &str = "nginx.ingress.kubernetes.io/use-regex";
const CANARY: &str = "nginx.ingress.kubernetes.io/canary";
/// Who answers for nobody: it has no such routes, and says so with a problem document.
const FOR_NOBODY: &str = "auth";
/// The Service that stands for the payment gateway.
const GATEWAY: &str = "sandbox-gateway";

/// Every path of the table, by each way in that there is.
pub fn lead_where_they_lead_locally(manifests: &Manifests) -> Vec<String> {
    let mut broken = Vec::new();
    let ways = [("Ingress", ingress_rules(manifests)), ("HTTPRoute", route_rules(manifests))];
    let ways: Vec<_> = ways.into_iter().filter(|(_, rules)| !rules.is_empty()).collect();
    if ways.is_empty() {
        broken.push("there is no way in".to_owned());
    }
    for (kind, rules) in ways {
        for (path, expected) in PATHS.iter().chain(STREAMS) {
            let found = rules.iter().find(|rule| rule.matches(path));
            let leads_to = found.map_or(NOBODY, |rule| rule.service.as_str());
            let expected = match *expected {
                NOBODY if leads_to == NOBODY => NOBODY,
                NOBODY => FOR_NOBODY,
                "sandbox" => GATEWAY,
                service => service,
            };
            if leads_to != expected {
                broken.push(format!("the {kind} leads {path} to {leads_to} and not to {expected}"));
            }
        }
    }
    broken
}

/// One path of a way in, in the order in which they are tried.
struct Rule {
    how: How,
    service: String,
}

enum How {
    /// At the beginning, whatever the case of the letters: so does ingress-nginx.
    Expression(String),
    /// Whole elements of the path.
    Prefix(String),
    Exact(String),
}

impl Rule {
    fn matches(&self, path: &str) -> bool {
        match &self.how {
            How::Expression(expression) => {
                let expression =
                    RegexBuilder::new(&format!("^(?:{expression})")).case_insensitive(true).build();
                expression.is_ok_and(|expression| expression.is_match(path))
            }
            How::Prefix(prefix) => {
                let rest = path.strip_prefix(prefix.trim_end_matches('/'));
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            How::Exact(exact) => path == exact,
        }
    }

    /// The longest is tried first.
    fn length(&self) -> usize {
        match &self.how {
            How::Expression(text) | How::Prefix(text) | How::Exact(text) => text.len(),
        }
    }
}

/// If one Ingress of a host has regular expressions, all paths of the host are: ingress-nginx makes one server
/// of them, and sorts its locations by the length of the path.
fn ingress_rules(manifests: &Manifests) -> Vec<Rule> {
    let is_canary = |ingress: &&Value| ingress["metadata"]["annotations"][CANARY] == "true";
    let ingresses: Vec<&Value> = manifests.of_kind("Ingress").filter(|ingress| !is_canary(ingress)).collect();
    let all_expressions =
        ingresses.iter().any(|ingress| ingress["metadata"]["annotations"][USE_REGEX] == "true");
    let paths = ingresses.iter().flat_map(|ingress| list(&ingress["spec"]["rules"]));
    let rule = |path: &Value| {
        let pattern = text(&path["path"]).to_owned();
        let how = match text(&path["pathType"]) {
            _ if all_expressions => How::Expression(pattern),
            "Exact" => How::Exact(pattern),
            _ => How::Prefix(pattern),
        };
        Rule { how, service: of_ingress(&path["backend"]).service }
    };
    longest_first(paths.flat_map(|host| list(&host["http"]["paths"])).map(rule).collect())
}

/// The Gateway API prefers an exact path, then an expression where there are any, then the longest prefix. A rule
/// without a backend answers by itself, which is nobody.
fn route_rules(manifests: &Manifests) -> Vec<Rule> {
    let mut rules = Vec::new();
    for rule in manifests.of_kind("HTTPRoute").flat_map(|route| list(&route["spec"]["rules"])) {
        let mut backends = list(&rule["backendRefs"]).map(|backend| of_route(backend).service);
        let service = backends.next().unwrap_or_else(|| NOBODY.to_owned());
        for path in list(&rule["matches"]).map(|of| &of["path"]).filter(|path| !path.is_null()) {
            let value = text(&path["value"]).to_owned();
            let how = match text(&path["type"]) {
                "Exact" => How::Exact(value),
                // Unlike those of an Ingress, these are about the whole path.
                "RegularExpression" => How::Expression(format!("(?:{value})$")),
                _ => How::Prefix(value),
            };
            rules.push(Rule { how, service: service.clone() });
        }
    }
    let mut rules = longest_first(rules);
    rules.sort_by_key(|rule| match rule.how {
        How::Exact(_) => 0,
        How::Expression(_) => 1,
        How::Prefix(_) => 2,
    });
    rules
}

fn longest_first(mut rules: Vec<Rule>) -> Vec<Rule> {
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.length()));
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(how: How) -> Rule {
        Rule { how, service: String::new() }
    }

    #[test]
    fn a_prefix_ends_with_an_element() {
        let orders = rule(How::Prefix("/api/orders".to_owned()));
        assert!(orders.matches("/api/orders") && orders.matches("/api/orders/7"));
        assert!(!orders.matches("/api/ordersx"));
        assert!(rule(How::Prefix("/".to_owned())).matches("/shows"));
    }

    #[test]
    fn an_expression_begins_with_the_path() {
        let users = rule(How::Expression("/api/users(/|$)".to_owned()));
        assert!(users.matches("/api/users") && users.matches("/API/users/me"));
        assert!(!users.matches("/x/api/users") && !users.matches("/api/usersx"));
    }
}

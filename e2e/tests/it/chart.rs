//! The Helm chart, held against kustomize and against values that cannot be.

use e2e::manifests::{Manifests, agreement::differences};
use xtask::{manifests, provision::cluster::ClusterTools, workspace::Workspace};

use super::manifests::named;

fn chart(arguments: &[&str]) -> anyhow::Result<String> {
    let workspace = Workspace::here();
    let tools = ClusterTools::find(&workspace);
    let tools = tools.expect("find helm: `cargo xtask test` installs what is missing");
    manifests::render_chart(&workspace, &tools, arguments)
}

fn dev_values() -> String {
    let file = Workspace::here().root().join("infra/helm/stagedoor/values-dev.yaml");
    format!("--values={}", file.display())
}

#[test]
fn the_chart_tells_a_cluster_what_kustomize_tells_it() {
    for environment in ["dev", "prod"] {
        let found = differences(&named(environment), &named(&format!("helm-{environment}")));
        assert!(found.is_empty(), "{environment}: {} differences:\n{}", found.len(), found.join("\n"));
    }
}

#[test]
fn a_value_that_changes_what_is_told_is_a_difference() {
    for (value, said) in [
        (
            "services.orders.resources.limits.memory=1Gi",
            "Deployment orders/spec/template/spec/containers/0/resources",
        ),
        ("services.orders.env.ORDER_HOLD_SECS=1m", "ConfigMap orders/data/ORDER_HOLD_SECS"),
        ("nats.servers=3", "StatefulSet nats/spec/replicas"),
        ("components={ingress-nginx}", "NetworkPolicy default-deny is not in the chart"),
    ] {
        let changed = Manifests::read(&chart(&[&dev_values(), "--set", value]).unwrap()).unwrap();
        let found = differences(&named("dev"), &changed);
        assert!(found.iter().any(|what| what.starts_with(said)), "{value}: {said:?} is not in {found:?}");
    }
}

#[test]
fn a_value_that_cannot_be_is_refused_with_its_name() {
    for (value, said) in [
        ("image.tag=latest", "at '/image/tag'"),
        ("image.digests.orders=latest", "at '/image/digests/orders'"),
        ("publicOrigin=stagedoor.example.com", "at '/publicOrigin'"),
        ("secrets=vault", "at '/secrets'"),
        ("components={ingres}", "at '/components/0'"),
        ("zones=Perhaps", "at '/zones'"),
        ("env.LOG_FORMAT=1", "at '/env/LOG_FORMAT'"),
        ("services.orders.replica=2", "at '/services/orders': additional properties 'replica' not allowed"),
        ("services.orders.env.lower=x", "at '/services/orders/env'"),
        ("services.orders.autoscaling.min=1", "at '/services/orders/autoscaling'"),
        ("services.refunds.component=api", "at '/services': additional properties 'refunds' not allowed"),
        ("mongodb.members=2", "at '/mongodb/members'"),
        ("nats.storage=much", "at '/nats/storage'"),
        ("certificate.enabled=true", "at '/certificate/email'"),
        ("certificate.enabled=true", "at '/publicOrigin'"),
        ("colour=red", "additional properties 'colour' not allowed"),
    ] {
        let refused = chart(&[&dev_values(), "--set", value]).unwrap_err().to_string();
        assert!(refused.contains(said), "{value}: {said:?} is not in {refused}");
    }
}

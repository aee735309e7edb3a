//! What kubectl and helm do, each with a bound.

use std::{
    path::{Path, PathBuf},
    process::Output,
    time::Duration,
};

use serde_json::Value;
use tokio::{process::Command, time::timeout};

use super::SERVICES;

/// How long a rollout may take, in words for kubectl.
const ROLLOUT: &str = "--timeout=300s";
/// How long a node may take to be emptied before it counts as kept.
const DRAIN: &str = "--timeout=45s";
/// Longer than kubectl and helm wait themselves.
const BOUND: Duration = Duration::from_mins(6);

/// kubectl, and which cluster it speaks to.
#[derive(Debug)]
pub struct Kubectl {
    pub program: PathBuf,
    pub context: Option<String>,
    pub namespace: String,
}

/// helm.
#[derive(Debug)]
pub struct Helm {
    pub program: PathBuf,
}

impl Kubectl {
    async fn ask(&self, args: &[&str]) -> Output {
        let mut command = Command::new(&self.program);
        command.args(self.context.iter().flat_map(|context| ["--context", context]));
        command.args(["--namespace", &self.namespace]).args(args);
        output(&mut command).await
    }

    async fn run(&self, args: &[&str]) -> String {
        let output = self.ask(args).await;
        assert!(output.status.success(), "kubectl {args:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    async fn json(&self, args: &[&str]) -> Value {
        let args: Vec<&str> = args.iter().copied().chain(["--output", "json"]).collect();
        serde_json::from_str(&self.run(&args).await).expect("kubectl speaks JSON")
    }

    /// What a secret holds under a key.
    pub async fn secret(&self, name: &str, key: &str) -> String {
        let template = format!("go-template={{{{index .data {key:?} | base64decode}}}}");
        let names = self.run(&["get", "secrets", "--output", "name"]).await;
        let full =
            names.lines().find(|line| line.starts_with(&format!("secret/{name}"))).expect("the secret");
        self.run(&["get", full, "--output", &template]).await.trim().to_owned()
    }

    /// There are at least so many of each, ready.
    pub async fn scale_to_at_least(&self, deployments: &[&str], replicas: u32) {
        for name in deployments {
            let found = self.json(&["get", "deployment", name]).await;
            if found["spec"]["replicas"].as_u64().unwrap_or_default() < u64::from(replicas) {
                self.run(&["scale", "deployment", name, &format!("--replicas={replicas}")]).await;
            }
        }
        for name in deployments {
            self.until_available(name).await;
        }
    }

    /// Restarts everything that is ours, and waits until it is over.
    pub async fn restart_deployments(&self) {
        let names = || SERVICES.into_iter().chain(["client"]);
        self.run(&["rollout", "restart", "deployment"].into_iter().chain(names()).collect::<Vec<_>>()).await;
        for name in names() {
            self.until_available(name).await;
        }
    }

    /// Waits until as many as there should be are available.
    pub async fn until_available(&self, deployment: &str) {
        self.run(&["rollout", "status", &format!("deployment/{deployment}"), ROLLOUT]).await;
    }

    /// Kills all pods of a service, without a warning.
    pub async fn kill_pods(&self, service: &str) {
        let of = format!("app.kubernetes.io/name={service}");
        self.run(&["delete", "pods", "--selector", &of, "--grace-period=0", "--force", "--wait=false"]).await;
    }

    /// On which node a pod of this service runs.
    pub async fn node_of(&self, service: &str) -> String {
        let of = format!("app.kubernetes.io/name={service}");
        let pods = self.json(&["get", "pods", "--selector", &of]).await;
        pods["items"][0]["spec"]["nodeName"].as_str().expect("a pod that runs").to_owned()
    }

    /// Evicts our services from a node, as far as their budgets allow; whether all are gone.
    pub async fn drain(&self, node: &str) -> bool {
        let ours = format!("--pod-selector=app.kubernetes.io/name in ({})", SERVICES.join(","));
        let drained = self.ask(&["drain", node, &ours, "--delete-emptydir-data", DRAIN]).await;
        let why = text(&drained.stderr);
        let kept = why.contains("disruption budget") || why.contains("timeout");
        assert!(drained.status.success() || kept, "drain {node}: {why}");
        drained.status.success()
    }

    /// Lets pods onto the node again.
    pub async fn uncordon(&self, node: &str) {
        self.run(&["uncordon", node]).await;
    }

    /// How many of each are available.
    pub async fn available(&self, deployments: &[&'static str]) -> Vec<(&'static str, u64)> {
        let mut all = Vec::new();
        for name in deployments {
            let found = self.json(&["get", "deployment", name]).await;
            all.push((*name, found["status"]["availableReplicas"].as_u64().unwrap_or_default()));
        }
        all
    }
}

impl Helm {
    /// Upgrades to something that cannot start, and expects that Helm goes back to what was.
    pub async fn fails_to_upgrade(&self, kubectl: &Kubectl, release: &str, chart: &Path, args: &[String]) {
        let revision = self.deployed(kubectl, release).await["version"].clone();
        let mut upgrade = self.command(kubectl, &["upgrade", release]);
        upgrade.arg(chart).args(args);
        let upgraded = output(&mut upgrade).await;
        let why = text(&upgraded.stderr);
        assert!(!upgraded.status.success(), "a release that cannot start was taken for one that can");
        let now = self.deployed(kubectl, release).await;
        assert_eq!(now["info"]["status"], "deployed", "{why}");
        assert_ne!(now["version"], revision, "nothing was tried: {why}");
        println!("helm gave the release up and went back: {}", why.lines().last().unwrap_or_default());
    }

    async fn deployed(&self, kubectl: &Kubectl, release: &str) -> Value {
        let mut status = self.command(kubectl, &["status", release, "--output", "json"]);
        let output = output(&mut status).await;
        assert!(output.status.success(), "helm status {release}: {}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("helm speaks JSON")
    }

    fn command(&self, kubectl: &Kubectl, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(kubectl.context.iter().flat_map(|context| ["--kube-context", context]));
        command.args(["--namespace", &kubectl.namespace]).args(args);
        command
    }
}

async fn output(command: &mut Command) -> Output {
    let output = timeout(BOUND, command.kill_on_drop(true).output()).await.expect("it ends in time");
    output.expect("it can be run")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

//! A Stagedoor that runs in a cluster, seen from outside: people buy, while what it runs on is restarted, killed,
//! drained and upgraded. `cargo xtask cluster` runs these drills on whatever cluster kubectl points to.
//!
//! A drill that finds something else than it expects panics, with what it saw.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::missing_panics_doc,
    reason = "a failed step fails the drill"
)]

mod kubectl;
mod load;
mod shop;

use std::{path::PathBuf, time::Duration};

use clap::Subcommand;
use common::bus::OWNERS;
use tokio::time::sleep;

use self::load::{Count, Load};
pub use self::{
    kubectl::{Helm, Kubectl},
    shop::Shop,
};

/// The services that a cluster may restart whenever it likes.
const SERVICES: [&str; 5] = OWNERS;
/// How many of each there must be, so that one may go.
const REPLICAS: u32 = 2;
/// How long the load goes on when nothing is done any more.
const AFTERWARDS: Duration = Duration::from_secs(5);

/// What is tried.
#[derive(Debug, Clone, Subcommand)]
pub enum Drill {
    /// Somebody offers seats, somebody else buys them and has the passes
    Buy,
    /// All deployments are restarted while people look and buy; nobody is refused
    Roll,
    /// Every pod of each service is killed in the middle of a purchase; the purchase succeeds
    Kill,
    /// A node is drained while people look; of each service somebody stays
    Drain {
        /// Which node; the one that orders runs on if none is named
        node: Option<String>,
    },
    /// A release that cannot start is rolled back by Helm, and nobody notices
    Rollback {
        /// The name of the release that is installed
        #[arg(long, default_value = "stagedoor")]
        release: String,
        /// The chart
        #[arg(long, default_value = "infra/helm/stagedoor")]
        chart: PathBuf,
        /// What makes the release one that cannot start, as for `helm upgrade`
        #[arg(last = true)]
        args: Vec<String>,
    },
}

/// Does it.
pub async fn run(drill: &Drill, shop: &Shop, kubectl: &Kubectl, helm: &Helm) {
    match drill {
        Drill::Buy => {
            shop.purchase().await.complete().await;
            println!("a ticket was offered, held, paid, and its passes are there");
        }
        Drill::Roll => roll(shop, kubectl).await,
        Drill::Kill => kill(shop, kubectl).await,
        Drill::Drain { node } => drain(shop, kubectl, node.as_deref()).await,
        Drill::Rollback { release, chart, args } => {
            let load = Load::start(shop.site());
            helm.fails_to_upgrade(kubectl, release, chart, args).await;
            shop.purchase().await.complete().await;
            unharmed(load).await;
        }
    }
}

async fn roll(shop: &Shop, kubectl: &Kubectl) {
    kubectl.scale_to_at_least(&SERVICES, REPLICAS).await;
    let load = Load::start(shop.site());
    kubectl.restart_deployments().await;
    for _ in 0..3 {
        shop.purchase().await.complete().await;
    }
    unharmed(load).await;
}

async fn kill(shop: &Shop, kubectl: &Kubectl) {
    for service in SERVICES {
        let placed = shop.purchase().await;
        kubectl.kill_pods(service).await;
        placed.complete().await;
        kubectl.until_available(service).await;
        println!("{service} was killed while an order was unpaid: it was paid, and the passes are there");
        let paid = shop.purchase().await.pay().await;
        kubectl.kill_pods(service).await;
        paid.until_admitted().await;
        kubectl.until_available(service).await;
        println!("{service} was killed when an order was paid: the passes are there");
    }
}

async fn drain(shop: &Shop, kubectl: &Kubectl, node: Option<&str>) {
    kubectl.scale_to_at_least(&SERVICES, REPLICAS).await;
    let node = match node {
        Some(node) => node.to_owned(),
        None => kubectl.node_of("orders").await,
    };
    let load = Load::start(shop.site());
    let drained = kubectl.drain(&node).await;
    let left = kubectl.available(&SERVICES).await;
    shop.purchase().await.complete().await;
    kubectl.uncordon(&node).await;
    unharmed(load).await;
    println!("{node} {}", if drained { "is empty" } else { "was kept from being emptied by the budgets" });
    for (service, available) in left {
        assert!(available >= 1, "nobody was left of {service}");
        println!("{service}: {available} of {REPLICAS} were available");
    }
}

/// Nobody was refused anything while it went on.
async fn unharmed(load: Load) {
    sleep(AFTERWARDS).await;
    let Count { answered, asked_again, refused } = load.stop().await;
    let refusals: u64 = refused.values().sum();
    println!(
        "{answered} requests were answered, {asked_again} of them at the second try; {refusals} were not"
    );
    assert!(answered > 0 && refused.is_empty(), "refused: {refused:#?}");
}

//! `cargo xtask cluster`: drills on a Stagedoor that runs in a cluster.

use std::{env, path::PathBuf};

use clap::Parser;
use e2e::{
    cluster::{self, Drill, Helm, Kubectl, Shop},
    market::Site,
};

/// Try what a cluster does to Stagedoor
#[derive(Debug, Parser)]
struct Args {
    #[command(subcommand)]
    drill: Drill,
    /// The port of the loopback at which the ingress listens
    #[arg(long, default_value_t = 8080, global = true)]
    port: u16,
    /// The cluster, as the kubeconfig calls it; the current one if none is named
    #[arg(long, global = true)]
    context: Option<String>,
    /// Where Stagedoor is
    #[arg(long, default_value = "stagedoor", global = true)]
    namespace: String,
    /// The admin, who announces a show; the password is read from the secret of auth
    #[arg(long, default_value = "admin@stagedoor.localhost", global = true)]
    admin: String,
}

#[tokio::main]
async fn main() {
    let args = Args::parse();
    let program = |variable, name: &str| env::var_os(variable).map_or_else(|| name.into(), PathBuf::from);
    let helm = Helm { program: program("HELM", "helm") };
    let kubectl =
        Kubectl { program: program("KUBECTL", "kubectl"), context: args.context, namespace: args.namespace };
    let password = kubectl.secret("auth-secrets", "admin_password").await;
    let shop = Shop::open(Site::at(args.port, args.port), &args.admin, &password).await;
    cluster::run(&args.drill, &shop, &kubectl, &helm).await;
}

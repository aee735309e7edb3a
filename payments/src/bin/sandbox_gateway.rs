//! The sandbox payment gateway as a process of its own; see [`payments::sandbox`].

use common::{config, telemetry};
use payments::sandbox::{self, SandboxConfig};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let config = config::from_env::<SandboxConfig>()?;
    telemetry::init(config.log_format);
    sandbox::start(config).await?.wait().await?;
    Ok(())
}

//! The sandbox payment gateway as a process of its own; see [`payments::sandbox`].

use std::process::ExitCode;

use common::{
    config::{self, LogFormat},
    telemetry,
};
use payments::sandbox::{self, SandboxConfig};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "the sandbox gateway ends");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    let config =
        config::from_env::<SandboxConfig>().inspect_err(|_| telemetry::init(LogFormat::default()))?;
    telemetry::init(config.log_format);
    Ok(sandbox::start(config).await?.wait().await?)
}

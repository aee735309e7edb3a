//! Runs tickets with the configuration in the environment.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    common::service::main(tickets::app::start).await
}

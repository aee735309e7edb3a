//! The orders service.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    common::service::main(orders::app::start).await
}

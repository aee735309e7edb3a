//! The expiration service.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    common::service::main(expiration::app::start).await
}

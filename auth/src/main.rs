//! The auth service; see the library for its story.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    common::service::main(auth::app::start).await
}

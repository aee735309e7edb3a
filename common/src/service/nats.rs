//! The connection to NATS.

use std::time::Duration;

use async_nats::{Client, ConnectError, ConnectOptions};
use secrecy::ExposeSecret as _;
use tokio::time::{Instant, sleep};

use crate::{config::ServiceConfig, telemetry};

/// How long a starting service waits for NATS.
const TIMEOUT: Duration = Duration::from_secs(30);
const PING_INTERVAL: Duration = Duration::from_secs(5);
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Connects as the service's own user, if there are users, waiting for NATS within a bound; later losses of
/// the connection heal by themselves.
pub(super) async fn connect(service: &str, config: &ServiceConfig) -> Result<Client, ConnectError> {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        match options(service, config).connect(config.nats_url.expose_secret()).await {
            Ok(client) => return Ok(client),
            Err(error) if Instant::now() >= deadline => return Err(error),
            Err(error) => {
                tracing::warn!(error = %telemetry::chain(&error), "waiting for NATS");
                sleep(RETRY_AFTER).await;
            }
        }
    }
}

fn options(service: &str, config: &ServiceConfig) -> ConnectOptions {
    let options = ConnectOptions::new()
        .name(service)
        // Answers go to the inbox of the service, which is all that its user may listen on: whoever hears the
        // inboxes of others hears their events.
        .custom_inbox_prefix(inbox(service))
        .ping_interval(PING_INTERVAL)
        .reconnect_delay_callback(|attempts| {
            let factor = u32::try_from(attempts.min(20)).unwrap_or(20);
            Duration::from_millis(50) * factor
        });
    match &config.nats_nkey_seed {
        Some(seed) => options.nkey(seed.expose_secret().to_owned()),
        None => options,
    }
}

/// What the subjects begin with to which a service is answered.
fn inbox(service: &str) -> String {
    format!("_INBOX_{service}")
}

//! What the sandbox gateway is told.

use std::{path::PathBuf, time::Duration};

use common::{
    clock::Clock,
    config::{ConfigError, Env, FromEnv, LogFormat},
};
use secrecy::SecretString;

/// The configuration of the sandbox gateway, read once from the environment.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// `BIND_ADDRESS`: where to listen. Default `0.0.0.0`.
    pub bind_address: String,
    /// `PORT`: 0 takes a free one. Default 7106.
    pub port: u16,
    /// `LEDGER_PATH`: the file of the ledger; made if it is not there.
    pub ledger_path: PathBuf,
    /// `SANDBOX_WEBHOOK_URL`: where to tell what happened. Default: nowhere.
    pub webhook_url: Option<String>,
    /// `SANDBOX_WEBHOOK_SECRET`, or `SANDBOX_WEBHOOK_SECRET_FILE`: signs webhooks.
    pub webhook_secret: SecretString,
    /// `HANG_MS`: how long a request that hangs does so; longer than any client waits. Default 20000.
    pub hang: Duration,
    /// `LATE_WEBHOOK_MS`: how late a late webhook is. Default 10000.
    pub late: Duration,
    /// `LOG_FORMAT`: `json` or `pretty`. Default `pretty`.
    pub log_format: LogFormat,
    /// What time it is; moved by tests.
    pub clock: Clock,
}

impl FromEnv for SandboxConfig {
    fn read(env: &Env) -> Result<Self, ConfigError> {
        let unset = || ConfigError::new("SANDBOX_WEBHOOK_SECRET", "it is not set");
        Ok(Self {
            bind_address: env.or("BIND_ADDRESS", "0.0.0.0".to_owned())?,
            port: env.or("PORT", 7106)?,
            ledger_path: env.required("LEDGER_PATH")?,
            webhook_url: env.optional("SANDBOX_WEBHOOK_URL")?,
            webhook_secret: env.secret("SANDBOX_WEBHOOK_SECRET")?.ok_or_else(unset)?,
            hang: Duration::from_millis(env.within("HANG_MS", 0..=600_000, 20_000)?),
            late: Duration::from_millis(env.within("LATE_WEBHOOK_MS", 0..=600_000, 10_000)?),
            log_format: env.or("LOG_FORMAT", LogFormat::default())?,
            clock: Clock::system(),
        })
    }
}

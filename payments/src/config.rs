//! What payments is told.

use std::time::Duration;

use common::config::{ConfigError, Env, FromEnv, ServiceConfig};
use secrecy::SecretString;

/// The configuration of payments, read once from the environment.
#[derive(Debug, Clone)]
pub struct Config {
    /// What every service is told.
    pub service: ServiceConfig,
    /// `SANDBOX_GATEWAY_URL`: where the sandbox gateway is. Default `http://127.0.0.1:7106`.
    pub sandbox_gateway_url: String,
    /// `SANDBOX_GATEWAY_PUBLIC_URL`: where browsers find it. Default `/sandbox`, behind the same ingress.
    pub sandbox_gateway_public_url: String,
    /// `SANDBOX_WEBHOOK_SECRET`, or `SANDBOX_WEBHOOK_SECRET_FILE`: what the gateway signs webhooks with.
    pub sandbox_webhook_secret: SecretString,
    /// `GATEWAY_TIMEOUT_MS`: how long the gateway may take to answer. Default 5000.
    pub gateway_timeout: Duration,
}

impl FromEnv for Config {
    fn read(env: &Env) -> Result<Self, ConfigError> {
        let unset = || ConfigError::new("SANDBOX_WEBHOOK_SECRET", "it is not set");
        let timeout_ms = env.within("GATEWAY_TIMEOUT_MS", 100..=30_000, 5_000)?;
        Ok(Self {
            service: ServiceConfig::read(env)?,
            sandbox_gateway_url: env.or("SANDBOX_GATEWAY_URL", "http://127.0.0.1:7106".to_owned())?,
            sandbox_gateway_public_url: env.or("SANDBOX_GATEWAY_PUBLIC_URL", "/sandbox".to_owned())?,
            sandbox_webhook_secret: env.secret("SANDBOX_WEBHOOK_SECRET")?.ok_or_else(unset)?,
            gateway_timeout: Duration::from_millis(timeout_ms),
        })
    }
}

impl AsRef<ServiceConfig> for Config {
    fn as_ref(&self) -> &ServiceConfig {
        &self.service
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_of_the_webhooks_has_no_default() {
        let error = Config::read(&Env::default()).unwrap_err();
        assert!(error.to_string().contains("SANDBOX_WEBHOOK_SECRET"), "{error}");
        let config = Config::read(&Env::of([("SANDBOX_WEBHOOK_SECRET", "whsec")])).unwrap();
        assert_eq!(config.gateway_timeout, Duration::from_secs(5));
    }

    #[test]
    fn a_timeout_out_of_bounds_stops_the_start() {
        let env = Env::of([("SANDBOX_WEBHOOK_SECRET", "whsec"), ("GATEWAY_TIMEOUT_MS", "1")]);
        assert!(Config::read(&env).unwrap_err().to_string().contains("GATEWAY_TIMEOUT_MS"));
    }
}

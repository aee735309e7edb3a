//! The configuration of tickets.

use common::config::{ConfigError, Env, FromEnv, ServiceConfig};
use secrecy::ExposeSecret as _;

use crate::domain::pass_code::PassSigner;

const PASS_SIGNING_KEY: &str = "PASS_SIGNING_KEY";

/// What tickets is told.
#[derive(Debug, Clone)]
pub struct Config {
    /// What every service is told.
    pub service: ServiceConfig,
    /// `PASS_SIGNING_KEY`, or the content of the file that `PASS_SIGNING_KEY_FILE` names: at least 32 bytes
    /// that nobody else knows. Must be set. With another key, all codes shown before are forged.
    pub signer: PassSigner,
}

impl FromEnv for Config {
    fn read(env: &Env) -> Result<Self, ConfigError> {
        let key = env.secret(PASS_SIGNING_KEY)?;
        let key = key.ok_or_else(|| ConfigError::new(PASS_SIGNING_KEY, "it is not set"))?;
        let signer = PassSigner::new(key.expose_secret().as_bytes());
        let signer = signer.map_err(|error| ConfigError::new(PASS_SIGNING_KEY, error))?;
        Ok(Self { service: ServiceConfig::read(env)?, signer })
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
    fn without_a_key_of_32_bytes_tickets_does_not_start() {
        assert!(Config::read(&Env::of([(PASS_SIGNING_KEY, &"k".repeat(32))])).is_ok());
        for key in ["", "too short"] {
            let refusal = Config::read(&Env::of([(PASS_SIGNING_KEY, key)])).unwrap_err().to_string();
            assert!(refusal.contains(PASS_SIGNING_KEY), "{refusal}");
            assert!(!refusal.contains("too short"), "{refusal} shows the key");
        }
    }
}

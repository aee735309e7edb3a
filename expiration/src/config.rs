//! The configuration of expiration, read once from the environment.

use common::config::{ConfigError, Env, FromEnv, ServiceConfig};
use secrecy::SecretString;

/// The Redis of `cargo xtask up`.
const LOCAL_REDIS: &str = "redis://127.0.0.1:7179/";

/// What expiration is told.
#[derive(Debug, Clone)]
pub struct Config {
    /// What every service is told.
    pub service: ServiceConfig,
    /// `REDIS_URL`, or `REDIS_URL_FILE` as it may hold a password: where the index of deadlines is. Default:
    /// the one of `cargo xtask up`.
    pub redis_url: SecretString,
    /// `REDIS_PREFIX`: what the keys of the index begin with, so that several systems can share a server.
    /// Default `stagedoor:expiration`.
    pub redis_prefix: String,
}

impl FromEnv for Config {
    fn read(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            service: ServiceConfig::read(env)?,
            redis_url: env.secret("REDIS_URL")?.unwrap_or_else(|| LOCAL_REDIS.into()),
            redis_prefix: env.or("REDIS_PREFIX", "stagedoor:expiration".to_owned())?,
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
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn without_any_variable_the_index_is_on_a_developers_machine() {
        let config = Config::read(&Env::default()).unwrap();
        assert_eq!(config.redis_url.expose_secret(), LOCAL_REDIS);
        assert_eq!(config.redis_prefix, "stagedoor:expiration");
    }

    #[test]
    fn the_password_in_the_address_of_redis_is_not_shown() {
        let config = Config::read(&Env::of([("REDIS_URL", "redis://:hunter2@redis:6379/")])).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}

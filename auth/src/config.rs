//! The configuration of auth, read once from the environment.

use std::time::Duration;

use common::config::{ConfigError, Env, FromEnv, ServiceConfig};

use crate::{
    cookies::SessionCookies,
    domain::{lifetimes::Lifetimes, throttle::Tolerance},
    first_admin::{FirstAdmin, InvalidFirstAdmin},
};

const DAY_SECS: u64 = 24 * 3_600;
/// How often the signing keys are looked after; a new key has ten minutes before it signs.
const KEYS_TENDED_EVERY: Duration = Duration::from_secs(30);

/// What auth is told.
#[derive(Debug, Clone)]
pub struct Config {
    /// What every service is told.
    pub service: ServiceConfig,
    /// `ACCESS_TOKEN_TTL_SECS`: how long a token is valid, default 600, 60 to 3600. `SESSION_TTL_DAYS`: when a
    /// user has to sign in again, default 30, 1 to 365. `SIGNING_KEY_MAX_AGE_DAYS`: when a signing key is
    /// followed by a new one, default 30, 1 to 365.
    pub lifetimes: Lifetimes,
    /// `SIGN_IN_FREE_PER_ACCOUNT` and `SIGN_IN_FREE_PER_ADDRESS`: how many wrong passwords make nobody wait,
    /// default 5 and 50, 1 to 1,000,000. `SIGN_IN_MAX_WAIT_SECS`: the longest wait, default 300, 1 to 900.
    pub tolerance: Tolerance,
    /// `COOKIE_SECURE`: whether browsers reach us over TLS. Default: whether `PUBLIC_ORIGIN` says so.
    pub cookies: SessionCookies,
    /// `ADMIN_EMAIL` with `ADMIN_PASSWORD` or `ADMIN_PASSWORD_FILE`: the first admin. Default: none.
    pub first_admin: Option<FirstAdmin>,
    /// How often the signing keys are looked after. Not from the environment; tests do not wait.
    pub keys_tended_every: Duration,
}

impl FromEnv for Config {
    fn read(env: &Env) -> Result<Self, ConfigError> {
        let service = ServiceConfig::read(env)?;
        let token_secs = env.within("ACCESS_TOKEN_TTL_SECS", 60..=3_600, 600)?;
        let key_days: u64 = env.within("SIGNING_KEY_MAX_AGE_DAYS", 1..=365, 30)?;
        let session_days: u64 = env.within("SESSION_TTL_DAYS", 1..=365, 30)?;
        let over_tls = service.public_origin.starts_with("https://");
        Ok(Self {
            service,
            lifetimes: Lifetimes {
                key: Duration::from_secs(key_days * DAY_SECS),
                token: Duration::from_secs(token_secs),
                session: Duration::from_secs(session_days * DAY_SECS),
            },
            tolerance: tolerance(env)?,
            cookies: if env.or("COOKIE_SECURE", over_tls)? {
                SessionCookies::Secure
            } else {
                SessionCookies::Plain
            },
            first_admin: first_admin(env)?,
            keys_tended_every: KEYS_TENDED_EVERY,
        })
    }
}

impl AsRef<ServiceConfig> for Config {
    fn as_ref(&self) -> &ServiceConfig {
        &self.service
    }
}

fn tolerance(env: &Env) -> Result<Tolerance, ConfigError> {
    Ok(Tolerance {
        per_account: env.within("SIGN_IN_FREE_PER_ACCOUNT", 1..=1_000_000, 5)?,
        per_address: env.within("SIGN_IN_FREE_PER_ADDRESS", 1..=1_000_000, 50)?,
        max_wait: Duration::from_secs(env.within("SIGN_IN_MAX_WAIT_SECS", 1..=900, 300)?),
    })
}

fn first_admin(env: &Env) -> Result<Option<FirstAdmin>, ConfigError> {
    let (email, password) = (env.optional::<String>("ADMIN_EMAIL")?, env.secret("ADMIN_PASSWORD")?);
    match (email, password) {
        (None, None) => Ok(None),
        (Some(email), Some(password)) => {
            Ok(Some(FirstAdmin::new(&email, &password).map_err(|invalid| refusal(&invalid))?))
        }
        (Some(_), None) => Err(ConfigError::new("ADMIN_PASSWORD", "it is not set, but ADMIN_EMAIL is")),
        (None, Some(_)) => Err(ConfigError::new("ADMIN_EMAIL", "it is not set, but ADMIN_PASSWORD is")),
    }
}

fn refusal(invalid: &InvalidFirstAdmin) -> ConfigError {
    match invalid {
        InvalidFirstAdmin::Email(reason) => ConfigError::new("ADMIN_EMAIL", reason),
        InvalidFirstAdmin::Password(reason) => ConfigError::new("ADMIN_PASSWORD", reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADMIN: (&str, &str) = ("ADMIN_EMAIL", "admin@example.com");

    fn refused<const N: usize>(variables: [(&str, &str); N]) -> String {
        Config::read(&Env::of(variables)).unwrap_err().to_string()
    }

    #[test]
    fn without_any_variable_there_is_no_admin_and_a_session_lives_for_thirty_days() {
        let config = Config::read(&Env::default()).unwrap();
        assert!(config.first_admin.is_none());
        assert_eq!(config.lifetimes.token, Duration::from_mins(10));
        assert_eq!(config.lifetimes.session, Duration::from_secs(30 * DAY_SECS));
        assert_eq!(config.cookies, SessionCookies::Plain);
    }

    #[test]
    fn behind_tls_the_cookie_is_secure_unless_told_otherwise() {
        let https = ("PUBLIC_ORIGIN", "https://stagedoor.example");
        assert_eq!(Config::read(&Env::of([https])).unwrap().cookies, SessionCookies::Secure);
        let told = Config::read(&Env::of([("COOKIE_SECURE", "true")])).unwrap();
        assert_eq!(told.cookies, SessionCookies::Secure);
    }

    #[test]
    fn an_admin_needs_an_address_and_a_password_that_anybody_could_have() {
        let config = Config::read(&Env::of([ADMIN, ("ADMIN_PASSWORD", "a stage door in the rain")])).unwrap();
        assert_eq!(config.first_admin.unwrap().email.as_str(), "admin@example.com");
        assert!(refused([ADMIN]).contains("ADMIN_PASSWORD"));
        assert!(refused([("ADMIN_PASSWORD", "a stage door in the rain")]).contains("ADMIN_EMAIL"));
        assert!(
            refused([ADMIN, ("ADMIN_PASSWORD", "short")]).contains("ADMIN_PASSWORD: must have at least 8")
        );
        let nobody = [("ADMIN_EMAIL", "admin"), ("ADMIN_PASSWORD", "a stage door in the rain")];
        assert!(refused(nobody).contains("ADMIN_EMAIL: must be an e-mail address"));
    }

    #[test]
    fn nobody_waits_for_longer_than_a_quarter_of_an_hour() {
        let config = Config::read(&Env::default()).unwrap();
        assert_eq!((config.tolerance.per_account, config.tolerance.per_address), (5, 50));
        assert_eq!(config.tolerance.max_wait, Duration::from_mins(5));
        assert!(refused([("SIGN_IN_MAX_WAIT_SECS", "901")]).contains("SIGN_IN_MAX_WAIT_SECS"));
        assert!(refused([("SIGN_IN_FREE_PER_ACCOUNT", "0")]).contains("SIGN_IN_FREE_PER_ACCOUNT"));
    }

    #[test]
    fn a_lifetime_out_of_bounds_is_refused_by_name() {
        assert!(refused([("ACCESS_TOKEN_TTL_SECS", "1")]).contains("ACCESS_TOKEN_TTL_SECS"));
        assert!(refused([("SIGNING_KEY_MAX_AGE_DAYS", "0")]).contains("SIGNING_KEY_MAX_AGE_DAYS"));
        assert!(refused([("SESSION_TTL_DAYS", "366")]).contains("SESSION_TTL_DAYS"));
    }
}

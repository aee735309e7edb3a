//! Configuration from the environment, read once at the start. Every service has one documented struct that
//! implements [`FromEnv`]; a bad value stops the start with a message that names the variable.

#[cfg(feature = "testing")]
mod asked;

use std::{collections::HashMap, env, fmt::Display, fs, str::FromStr, time::Duration};

use secrecy::SecretString;

#[cfg(feature = "testing")]
pub use asked::{Variable, variables};

/// A variable that is missing or cannot be used. The message never shows a value: it may be a secret.
#[derive(Debug, thiserror::Error)]
#[error("read the environment variable {variable}: {reason}")]
pub struct ConfigError {
    /// The variable.
    pub variable: String,
    /// What is wrong with it.
    pub reason: String,
}

impl ConfigError {
    /// The value of this variable cannot be used.
    pub fn new(variable: &str, reason: impl Display) -> Self {
        Self { variable: variable.to_owned(), reason: reason.to_string() }
    }
}

/// A configuration that can be read from the environment.
pub trait FromEnv: Sized {
    /// Reads all variables of the configuration.
    fn read(env: &Env) -> Result<Self, ConfigError>;
}

/// The configuration in the environment of this process.
pub fn from_env<T: FromEnv>() -> Result<T, ConfigError> {
    T::read(&Env::of_process())
}

/// The variables, by name. An empty one counts as not set, as deployment files cannot leave one out.
#[derive(Clone, Default)]
pub struct Env {
    variables: HashMap<String, String>,
    #[cfg(feature = "testing")]
    asked: asked::Asked,
}

impl Env {
    /// The variables of this process; those that are not text are not ours.
    pub fn of_process() -> Self {
        env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// These variables.
    pub fn of<const N: usize>(variables: [(&str, &str); N]) -> Self {
        variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// The value of a variable, if it is set.
    pub fn optional<T: FromStr<Err: Display>>(&self, variable: &str) -> Result<Option<T>, ConfigError> {
        let parse = |value: &str| value.parse().map_err(|error| ConfigError::new(variable, error));
        self.text(variable).map(parse).transpose()
    }

    /// The value of a variable, or the default.
    pub fn or<T: FromStr<Err: Display>>(&self, variable: &str, default: T) -> Result<T, ConfigError> {
        Ok(self.optional(variable)?.unwrap_or(default))
    }

    /// The value of a variable that must be set.
    pub fn required<T: FromStr<Err: Display>>(&self, variable: &str) -> Result<T, ConfigError> {
        self.optional(variable)?.ok_or_else(|| ConfigError::new(variable, "it is not set"))
    }

    /// The value of a variable within bounds, or the default.
    pub fn within<T>(
        &self,
        variable: &str,
        bounds: std::ops::RangeInclusive<T>,
        default: T,
    ) -> Result<T, ConfigError>
    where
        T: FromStr<Err: Display> + PartialOrd + Display,
    {
        let value = self.or(variable, default)?;
        if bounds.contains(&value) {
            return Ok(value);
        }
        Err(ConfigError::new(variable, format_args!("must be from {} to {}", bounds.start(), bounds.end())))
    }

    /// A secret: the value of `<variable>`, or the content of the file that `<variable>_FILE` names.
    pub fn secret(&self, variable: &str) -> Result<Option<SecretString>, ConfigError> {
        let file_variable = format!("{variable}_FILE");
        match (self.text(variable), self.text(&file_variable)) {
            (Some(_), Some(_)) => {
                Err(ConfigError::new(variable, format_args!("{file_variable} is set as well")))
            }
            (Some(value), None) => Ok(Some(value.into())),
            (None, Some(path)) => {
                let failed = |error| ConfigError::new(&file_variable, format_args!("read the file: {error}"));
                let content = fs::read_to_string(path).map_err(failed)?;
                Ok(Some(content.trim_end_matches(['\r', '\n']).into()))
            }
            (None, None) => Ok(None),
        }
    }

    fn text(&self, variable: &str) -> Option<&str> {
        #[cfg(feature = "testing")]
        self.asked.note(variable);
        self.variables.get(variable).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl FromIterator<(String, String)> for Env {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self { variables: variables.into_iter().collect(), ..Self::default() }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// One JSON object per line, for machines.
    Json,
    /// One coloured line, for people.
    #[default]
    Pretty,
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "json" => Ok(Self::Json),
            "pretty" => Ok(Self::Pretty),
            _ => Err("must be json or pretty"),
        }
    }
}

/// What every service is told, whatever it does.
#[derive(Debug, Clone)]
pub struct ServiceConfig {
    /// `BIND_ADDRESS`: where to listen. Default `0.0.0.0`.
    pub bind_address: String,
    /// `PORT`: of the API; 0 takes a free one. Default 0.
    pub port: u16,
    /// `INTERNAL_PORT`: of `/livez`, `/readyz` and `/metrics`; 0 takes a free one. Default 0.
    pub internal_port: u16,
    /// `MONGODB_URI`, or `MONGODB_URI_FILE` as it may hold a password: a replica set. Default: the one of
    /// `cargo xtask up`.
    pub mongodb_uri: SecretString,
    /// `MONGODB_DATABASE`: the service's own. Default: the name of the service.
    pub mongodb_database: Option<String>,
    /// `NATS_URL`, or `NATS_URL_FILE`. Default: the one of `cargo xtask up`.
    pub nats_url: SecretString,
    /// `NATS_NKEY_SEED`, or `NATS_NKEY_SEED_FILE`: the private key of this service's user of NATS. Default:
    /// none, for a server that asks nobody who he is.
    pub nats_nkey_seed: Option<SecretString>,
    /// `NATS_NAMESPACE`: a prefix for subjects and streams, so that tests can share a server. Default: none.
    pub nats_namespace: Option<String>,
    /// `PUBLIC_ORIGIN`: where browsers find us; others may not make them send requests that change something.
    /// With `https` the plain session cookie is not taken. Default `http://stagedoor.localhost:8080`.
    pub public_origin: String,
    /// `DRAIN_SECS`: how long to serve on after SIGTERM, until no load balancer sends anybody. Default 3, at
    /// most 60.
    pub drain_secs: u64,
    /// `HTTP_WORKERS`: threads that serve the API. Default 2.
    pub http_workers: usize,
    /// `MAX_STREAMS`: how many event streams may be open at once; 1 to 10000. Default 5000.
    pub max_streams: usize,
    /// `MAX_STREAMS_PER_CALLER`: how many of them by one user, or from one address. Default 100.
    pub max_streams_per_caller: usize,
    /// `AUDIT_INTERVAL_SECS`: how often to look whether the invariants hold; 0 is never. Default 10, at most
    /// 3600.
    pub audit_interval: Option<Duration>,
    /// `LOG_FORMAT`: `json` or `pretty`. Default `pretty`. (`RUST_LOG` says how much is logged.)
    pub log_format: LogFormat,
}

impl FromEnv for ServiceConfig {
    fn read(env: &Env) -> Result<Self, ConfigError> {
        let secret_or = |variable, default: &str| Ok(env.secret(variable)?.unwrap_or_else(|| default.into()));
        Ok(Self {
            bind_address: env.or("BIND_ADDRESS", "0.0.0.0".to_owned())?,
            port: env.or("PORT", 0)?,
            internal_port: env.or("INTERNAL_PORT", 0)?,
            mongodb_uri: secret_or("MONGODB_URI", "mongodb://127.0.0.1:7117/?replicaSet=rs0")?,
            mongodb_database: env.optional("MONGODB_DATABASE")?,
            nats_url: secret_or("NATS_URL", "nats://127.0.0.1:7122")?,
            nats_nkey_seed: env.secret("NATS_NKEY_SEED")?,
            nats_namespace: env.optional("NATS_NAMESPACE")?,
            public_origin: env.or("PUBLIC_ORIGIN", Origin("http://stagedoor.localhost:8080".to_owned()))?.0,
            drain_secs: env.within("DRAIN_SECS", 0..=60, 3)?,
            http_workers: env.within("HTTP_WORKERS", 1..=256, 2)?,
            max_streams: env.within("MAX_STREAMS", 1..=10_000, 5_000)?,
            max_streams_per_caller: env.within("MAX_STREAMS_PER_CALLER", 1..=10_000, 100)?,
            audit_interval: match env.within("AUDIT_INTERVAL_SECS", 0..=3_600, 10)? {
                0 => None,
                secs => Some(Duration::from_secs(secs)),
            },
            log_format: env.or("LOG_FORMAT", LogFormat::default())?,
        })
    }
}

#[cfg(feature = "testing")]
impl ServiceConfig {
    /// For tests: loopback, free ports, no drain.
    pub fn for_tests(mongodb_uri: &str, database: &str, nats_url: &str, namespace: &str) -> Self {
        Self {
            bind_address: "127.0.0.1".to_owned(),
            port: 0,
            internal_port: 0,
            mongodb_uri: mongodb_uri.into(),
            mongodb_database: Some(database.to_owned()),
            nats_url: nats_url.into(),
            nats_nkey_seed: None,
            nats_namespace: Some(namespace.to_owned()),
            public_origin: "http://stagedoor.localhost:8080".to_owned(),
            drain_secs: 0,
            http_workers: 1,
            max_streams: 100,
            max_streams_per_caller: 10,
            // Tests that audit do it when they want to.
            audit_interval: None,
            log_format: LogFormat::Pretty,
        }
    }
}

/// Scheme, host and port, exactly as browsers send it.
struct Origin(String);

impl FromStr for Origin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
        match host {
            Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', ' ']) => {
                Ok(Self(text.to_owned()))
            }
            _ => Err("must be an origin such as https://stagedoor.example, without a path"),
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn refused(variables: [(&str, &str); 1]) -> String {
        ServiceConfig::read(&Env::of(variables)).unwrap_err().to_string()
    }

    #[test]
    fn without_any_variable_a_service_runs_on_a_developers_machine() {
        let config = ServiceConfig::read(&Env::default()).unwrap();
        assert_eq!((config.port, config.drain_secs, config.log_format), (0, 3, LogFormat::Pretty));
        assert_eq!(config.public_origin, "http://stagedoor.localhost:8080");
        assert_eq!(config.audit_interval, Some(Duration::from_secs(10)));
    }

    #[test]
    fn the_audit_can_be_switched_off() {
        let config = ServiceConfig::read(&Env::of([("AUDIT_INTERVAL_SECS", "0")])).unwrap();
        assert_eq!(config.audit_interval, None);
    }

    #[test]
    fn a_bad_value_is_reported_with_the_name_of_the_variable() {
        assert_eq!(
            refused([("PORT", "http")]),
            "read the environment variable PORT: invalid digit found in string"
        );
        assert!(refused([("PORT", "70000")]).contains("PORT"));
        assert!(refused([("DRAIN_SECS", "3600")]).ends_with("DRAIN_SECS: must be from 0 to 60"));
        assert!(refused([("LOG_FORMAT", "xml")]).ends_with("LOG_FORMAT: must be json or pretty"));
        for origin in ["stagedoor.example", "https://stagedoor.example/", "https://"] {
            assert!(refused([("PUBLIC_ORIGIN", origin)]).contains("PUBLIC_ORIGIN"), "{origin}");
        }
    }

    #[test]
    fn text_that_looks_like_a_number_stays_text() {
        let config = ServiceConfig::read(&Env::of([("MONGODB_DATABASE", "0042")])).unwrap();
        assert_eq!(config.mongodb_database.as_deref(), Some("0042"));
    }

    #[test]
    fn a_secret_can_come_from_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "hunter2\n").unwrap();
        let env = Env::of([("ADMIN_PASSWORD_FILE", file.path().to_str().unwrap())]);
        assert_eq!(env.secret("ADMIN_PASSWORD").unwrap().unwrap().expose_secret(), "hunter2");
        let absent = Env::of([("ADMIN_PASSWORD_FILE", "/nonexistent")]);
        assert!(absent.secret("ADMIN_PASSWORD").unwrap_err().to_string().contains("ADMIN_PASSWORD_FILE"));
        let both = Env::of([("ADMIN_PASSWORD_FILE", "/nonexistent"), ("ADMIN_PASSWORD", "hunter2")]);
        assert!(!both.secret("ADMIN_PASSWORD").unwrap_err().to_string().contains("hunter2"));
    }

    #[test]
    fn an_empty_variable_is_not_set() {
        let env = Env::of([("PORT", "")]);
        assert_eq!(env.optional::<u16>("PORT").unwrap(), None);
        assert!(env.required::<u16>("PORT").unwrap_err().to_string().contains("PORT: it is not set"));
    }
}

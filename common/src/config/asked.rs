//! Which variables a configuration reads, found out by letting it read: what a deployment has to set can be
//! compared with this, and cannot be forgotten when a service learns a new variable.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Env, FromEnv};

/// Stands for any value that must be set; long enough for a key.
const SOMETHING: &str = "a value of more than thirty-two bytes";
/// More variables than any configuration insists on.
const MAX_REQUIRED: usize = 20;

/// What was asked of an environment so far. Clones of the environment share it.
#[derive(Clone, Default)]
pub(super) struct Asked(Arc<Mutex<BTreeSet<String>>>);

impl Asked {
    pub fn note(&self, variable: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(variable.to_owned());
    }

    fn names(&self) -> BTreeSet<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A variable that a configuration reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name; that of a secret without `_FILE`.
    pub name: String,
    /// Whether `<name>_FILE` may name a file with the value instead.
    pub is_secret: bool,
    /// Whether nothing starts without it.
    pub is_required: bool,
}

/// All variables that a configuration reads, by name.
///
/// # Panics
///
/// If the configuration refuses what it is told for a reason other than a variable that is not set.
pub fn variables<T: FromEnv>() -> Vec<Variable> {
    let mut env = Env::default();
    let mut required = BTreeSet::new();
    while let Err(error) = T::read(&env) {
        assert!(required.len() < MAX_REQUIRED && required.insert(error.variable.clone()), "{error}");
        env.variables.insert(error.variable, SOMETHING.to_owned());
    }
    let names = env.asked.names();
    let is_file_of_a_secret =
        |name: &str| name.strip_suffix("_FILE").is_some_and(|secret| names.contains(secret));
    names
        .iter()
        .filter(|name| !is_file_of_a_secret(name))
        .map(|name| Variable {
            name: name.clone(),
            is_secret: names.contains(&format!("{name}_FILE")),
            is_required: required.contains(name),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ConfigError, ServiceConfig};

    struct Demo;

    impl FromEnv for Demo {
        fn read(env: &Env) -> Result<Self, ConfigError> {
            env.required::<String>("PLACE")?;
            env.or("SIZE", 3)?;
            env.secret("PASSWORD")?.ok_or_else(|| ConfigError::new("PASSWORD", "it is not set"))?;
            Ok(Self)
        }
    }

    #[test]
    fn every_variable_that_is_read_is_known_with_what_it_is() {
        let variable =
            |name: &str, is_secret, is_required| Variable { name: name.to_owned(), is_secret, is_required };
        let expected = [
            variable("PASSWORD", true, true),
            variable("PLACE", false, true),
            variable("SIZE", false, false),
        ];
        assert_eq!(variables::<Demo>(), expected);
    }

    #[test]
    fn a_service_insists_on_nothing_by_itself() {
        let variables = variables::<ServiceConfig>();
        assert!(variables.iter().any(|variable| variable.name == "MONGODB_URI" && variable.is_secret));
        assert!(variables.iter().all(|variable| !variable.is_required), "{variables:?}");
    }
}

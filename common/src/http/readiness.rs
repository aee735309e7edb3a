//! Whether the service can serve: what a load balancer asks before it sends anybody here.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

/// The checks that must all hold for the service to be ready. Clones are the same registry.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<RwLock<State>>);

#[derive(Debug, Default)]
struct State {
    checks: BTreeMap<String, bool>,
    stopping: bool,
}

/// One check, set by whoever knows.
#[derive(Debug, Clone)]
pub struct Check {
    readiness: Readiness,
    name: String,
}

impl Readiness {
    /// Ready as long as nobody objects.
    pub fn new() -> Self {
        Self::default()
    }

    /// A check of this name; a new one does not hold until it is set.
    pub fn check(&self, name: impl Into<String>) -> Check {
        let name = name.into();
        self.with(|state| {
            state.checks.entry(name.clone()).or_insert(false);
        });
        Check { readiness: self.clone(), name }
    }

    /// The service is going to stop: not ready, whatever the checks say, and not ever again.
    pub fn stop(&self) {
        self.with(|state| state.stopping = true);
    }

    /// What the service waits for; `None` when it is ready.
    pub fn waiting_for(&self) -> Option<Vec<String>> {
        self.with(|state| {
            let mut waiting: Vec<_> =
                state.checks.iter().filter(|(_, holds)| !**holds).map(|(name, _)| name.clone()).collect();
            if state.stopping {
                waiting.push("stopping".to_owned());
            }
            Some(waiting).filter(|waiting| !waiting.is_empty())
        })
    }

    /// Whether the service can serve.
    pub fn is_ready(&self) -> bool {
        self.waiting_for().is_none()
    }

    fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Check {
    /// Says whether it holds.
    pub fn set(&self, holds: bool) {
        self.readiness.with(|state| {
            if state.checks.insert(self.name.clone(), holds) != Some(holds) {
                tracing::info!(check = %self.name, holds, "readiness changed");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_means_that_every_check_holds_and_nobody_asked_to_stop() {
        let readiness = Readiness::new();
        let (nats, keys) = (readiness.check("nats"), readiness.check("signing keys"));
        assert_eq!(readiness.waiting_for().unwrap(), ["nats", "signing keys"]);
        nats.set(true);
        assert_eq!(readiness.waiting_for().unwrap(), ["signing keys"]);
        keys.set(true);
        assert!(readiness.is_ready());
        readiness.stop();
        assert_eq!(readiness.waiting_for().unwrap(), ["stopping"]);
    }
}

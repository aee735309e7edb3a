//! Ctrl-C, SIGTERM and SIGHUP, all of which ask xtask to stop what it started and to end.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use anyhow::{Context as _, Result};

/// Whether, and how often, somebody asked us to stop.
#[derive(Debug, Clone)]
pub struct Stop {
    requests: Arc<AtomicUsize>,
}

impl Stop {
    /// Listens from now on. Once a process.
    pub fn on_signals() -> Result<Self> {
        let stop = Self::never();
        let requests = Arc::clone(&stop.requests);
        ctrlc::set_handler(move || {
            requests.fetch_add(1, Ordering::Relaxed);
        })
        .context("listen for signals")?;
        Ok(stop)
    }

    /// Nobody ever asks. For tests.
    pub fn never() -> Self {
        Self { requests: Arc::default() }
    }

    /// Somebody asked.
    pub fn is_requested(&self) -> bool {
        self.requests.load(Ordering::Relaxed) > 0
    }

    /// Somebody asked again, and does not want to wait.
    pub fn is_urgent(&self) -> bool {
        self.requests.load(Ordering::Relaxed) > 1
    }
}

//! The connection to Redis, and what a Redis that is away may cost: little time, few words.
//!
//! Every command has a timeout. After a failure the link is down for a while that doubles up to a bound,
//! and commands fail at once instead of waiting for their timeouts one after the other: listeners go on
//! storing timers, and the worker asks MongoDB instead. Only the first failure and the recovery are logged.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use redis::{
    Client, RedisError, RedisResult,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use tokio::time::Instant;

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);
/// How long an answer may take; the longest script takes a few milliseconds.
const RESPONSE_TIMEOUT: Duration = Duration::from_millis(500);
/// How long the link is down after a first failure.
const MIN_BACKOFF: Duration = Duration::from_millis(100);
/// How long the link is down at most before Redis is tried again.
const MAX_BACKOFF: Duration = Duration::from_secs(2);

/// Redis did not do as asked. The cause is logged where the link goes down, not with every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("use the timer index: Redis is unavailable")]
pub struct Unavailable;

pub(super) struct Link {
    manager: ConnectionManager,
    health: Mutex<Health>,
    gap: AtomicBool,
}

#[derive(Default)]
struct Health {
    /// How long the link was last taken down for; zero when all is well.
    backoff: Duration,
    down_until: Option<Instant>,
}

impl Link {
    /// Connects when first used.
    pub fn open(url: &str) -> RedisResult<Self> {
        // The manager tries once for each command; when to try again is decided here.
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT));
        let manager = ConnectionManager::new_lazy_with_config(Client::open(url)?, config)?;
        Ok(Self { manager, health: Mutex::default(), gap: AtomicBool::new(false) })
    }

    /// A handle to prepare a command with, to be run by [`Link::guard`].
    pub fn redis(&self) -> ConnectionManager {
        self.manager.clone()
    }

    /// Runs a command, unless the link is down.
    pub async fn guard<T>(&self, command: impl Future<Output = RedisResult<T>>) -> Result<T, Unavailable> {
        if self.health().down_until.is_some_and(|until| Instant::now() < until) {
            self.mark_gap();
            return Err(Unavailable);
        }
        match command.await {
            Ok(answer) => {
                self.up();
                Ok(answer)
            }
            Err(error) => {
                self.down(&error);
                Err(Unavailable)
            }
        }
    }

    /// Whether a command was not carried out since the gap was last taken.
    pub fn has_gap(&self) -> bool {
        self.gap.load(Ordering::Acquire)
    }

    /// The same; from now on the gap is the caller's to fill.
    pub fn take_gap(&self) -> bool {
        self.gap.swap(false, Ordering::AcqRel)
    }

    pub fn mark_gap(&self) {
        self.gap.store(true, Ordering::Release);
    }

    fn up(&self) {
        let mut health = self.health();
        if health.down_until.take().is_some() {
            health.backoff = Duration::ZERO;
            tracing::info!("Redis answers again; the timer index will be rebuilt");
        }
    }

    fn down(&self, error: &RedisError) {
        self.mark_gap();
        let mut health = self.health();
        let now = Instant::now();
        if health.down_until.is_none() {
            metrics::counter!("expiration_index_outages_total").increment(1);
            tracing::warn!(
                error = %error,
                "Redis does not answer; timers are found in MongoDB until it does, once a second"
            );
        }
        // Of the commands that were under way together, the first failure speaks for all.
        if health.down_until.is_none_or(|until| until <= now) {
            health.backoff = (health.backoff * 2).clamp(MIN_BACKOFF, MAX_BACKOFF);
            health.down_until = Some(now + health.backoff);
        }
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Hashing passwords: slow on purpose, so off the async threads and bounded.
//!
//! At most one hash per worker is computed at a time; a bounded number waits; whoever comes then is told
//! to come again. Checking the password of an unknown user costs the same as of a known one.

mod argon2id;

use std::{fmt::Display, num::NonZeroUsize, sync::Arc};

use argon2::{Algorithm, Argon2, Params, Version};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
};

use crate::domain::{
    password::{Password, PasswordHash},
    sign_in::PasswordCheck,
};

/// OWASP's first recommendation for Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const HASH_BYTES: usize = 32;

/// How many may wait for each worker: about a second's worth of hashes.
const WAITING_PER_WORKER: usize = 64;
/// When to come again after having been turned away.
pub const RETRY_AFTER_SECS: u64 = 2;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HashingError {
    /// Too many are waiting.
    #[error("hash password: too many are waiting")]
    Busy,
    /// The hash that is stored cannot be read, or the hasher failed.
    #[error("hash password: {0}")]
    Broken(String),
}

impl HashingError {
    fn broken(error: impl Display) -> Self {
        Self::Broken(error.to_string())
    }
}

/// Hashes and checks passwords. Clones share the same workers.
#[derive(Debug, Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    /// Stands in for the hash of a user who does not exist. No password has it.
    nobody: PasswordHash,
    workers: Arc<Semaphore>,
    places: Arc<Semaphore>,
    /// Where the hashes are computed: HTTP workers have hardly any blocking threads of their own.
    runtime: Handle,
}

/// What a check found.
#[derive(Debug)]
pub struct Checked {
    /// Whether it is the password.
    pub check: PasswordCheck,
    /// The right password under today's parameters, if it was hashed under others.
    pub rehashed: Option<PasswordHash>,
}

/// The right to compute one hash, held until it is computed.
struct Turn {
    _place: OwnedSemaphorePermit,
    _worker: OwnedSemaphorePermit,
}

impl Passwords {
    /// A hasher with OWASP's parameters and so many workers. They are blocking threads of the runtime that
    /// this is called in.
    pub fn new(workers: NonZeroUsize) -> Result<Self, HashingError> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH_BYTES));
        Self::with_params(params.map_err(HashingError::broken)?, workers)
    }

    fn with_params(params: Params, workers: NonZeroUsize) -> Result<Self, HashingError> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobody = argon2id::hash_of_nobody(&argon2)?;
        let places = workers.get().saturating_mul(1 + WAITING_PER_WORKER);
        Ok(Self {
            argon2,
            nobody,
            workers: Arc::new(Semaphore::new(workers.get())),
            places: Arc::new(Semaphore::new(places)),
            runtime: Handle::current(),
        })
    }

    /// The hash of a new password.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, HashingError> {
        let argon2 = self.argon2.clone();
        self.run(move || argon2id::hash(&argon2, &password)).await
    }

    /// Whether this is the password of the user whose hash it is; `None` for a user who does not exist,
    /// which takes the same time and memory.
    pub async fn check(
        &self,
        password: Password,
        hash: Option<&PasswordHash>,
    ) -> Result<Checked, HashingError> {
        let argon2 = self.argon2.clone();
        let hash = hash.unwrap_or(&self.nobody).clone();
        self.run(move || argon2id::check(&argon2, &password, &hash)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashingError> + Send + 'static,
    ) -> Result<T, HashingError> {
        let turn = self.turn().await?;
        // The turn goes along: a caller who hangs up does not make room for another hash.
        let task = self.runtime.spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        task.await.map_err(HashingError::broken)?
    }

    async fn turn(&self) -> Result<Turn, HashingError> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| {
            metrics::counter!("auth_password_hashes_refused_total").increment(1);
            HashingError::Busy
        })?;
        let worker = self.workers.clone().acquire_owned().await;
        let worker = worker.map_err(HashingError::broken)?;
        Ok(Turn { _place: place, _worker: worker })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ONE: NonZeroUsize = NonZeroUsize::MIN;

    fn password(text: &str) -> Password {
        Password::tried(&text.into()).unwrap()
    }

    fn cheap() -> Passwords {
        Passwords::with_params(Params::new(64, 1, 1, Some(HASH_BYTES)).unwrap(), ONE).unwrap()
    }

    #[tokio::test]
    async fn a_password_is_hashed_with_owasps_parameters_and_a_salt_of_its_own() {
        let passwords = Passwords::new(ONE).unwrap();
        let one = passwords.hash(password("correct horse")).await.unwrap();
        let two = passwords.hash(password("correct horse")).await.unwrap();
        assert!(one.as_phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", one.as_phc());
        assert_ne!(one, two);
        let checked = passwords.check(password("correct horse"), Some(&one)).await.unwrap();
        assert_eq!((checked.check, checked.rehashed), (PasswordCheck::Right, None));
        let checked = passwords.check(password("correct zebra"), Some(&one)).await.unwrap();
        assert_eq!((checked.check, checked.rehashed), (PasswordCheck::Wrong, None));
    }

    #[tokio::test]
    async fn an_unknown_user_costs_the_same_work_and_has_no_password() {
        let passwords = Passwords::new(ONE).unwrap();
        assert!(passwords.nobody.as_phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let checked = passwords.check(password("correct horse"), None).await.unwrap();
        assert_eq!(checked.check, PasswordCheck::Wrong);
    }

    #[tokio::test]
    async fn the_right_password_is_hashed_again_when_the_parameters_have_changed() {
        let old = cheap().hash(password("correct horse")).await.unwrap();
        let today = Passwords::new(ONE).unwrap();
        let wrong = today.check(password("wrong horse"), Some(&old)).await.unwrap();
        assert_eq!((wrong.check, wrong.rehashed), (PasswordCheck::Wrong, None));
        let right = today.check(password("correct horse"), Some(&old)).await.unwrap();
        let new = right.rehashed.unwrap();
        assert_eq!(right.check, PasswordCheck::Right);
        let again = today.check(password("correct horse"), Some(&new)).await.unwrap();
        assert_eq!((again.check, again.rehashed), (PasswordCheck::Right, None));
    }

    #[tokio::test]
    async fn whoever_comes_when_all_places_are_taken_is_turned_away() {
        let passwords = cheap();
        let all = u32::try_from(1 + WAITING_PER_WORKER).unwrap();
        let taken = passwords.places.clone().acquire_many_owned(all).await.unwrap();
        let refused = passwords.hash(password("correct horse")).await;
        assert!(matches!(refused, Err(HashingError::Busy)));
        drop(taken);
        assert!(passwords.hash(password("correct horse")).await.is_ok());
    }

    #[tokio::test]
    async fn a_hash_waits_for_a_worker() {
        let passwords = cheap();
        let busy = passwords.workers.clone().acquire_owned().await.unwrap();
        let waiting = passwords.hash(password("correct horse"));
        tokio::pin!(waiting);
        let early = tokio::time::timeout(Duration::from_millis(20), &mut waiting).await;
        assert!(early.is_err(), "computed without a worker");
        drop(busy);
        assert!(waiting.await.is_ok());
    }

    #[tokio::test]
    async fn a_hash_that_cannot_be_read_is_an_error_and_no_wrong_password() {
        let garbage = PasswordHash::from_phc("garbage".into());
        let result = cheap().check(password("correct horse"), Some(&garbage)).await;
        assert!(matches!(result, Err(HashingError::Broken(_))));
    }
}

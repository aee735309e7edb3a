//! The public keys that access tokens are verified with, kept in memory: no request asks auth or a database.

use std::{
    collections::{BTreeSet, HashMap},
    error::Error,
    fmt,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use futures::future::BoxFuture;
use jsonwebtoken::DecodingKey;
use tokio::{sync::Mutex, time::Instant};

use crate::telemetry::chain;
use crate::{
    clock::Timestamp,
    events::signing_key::{SigningKeySnapshot, SigningKeyStatus},
    ids::{KeyId, SessionId},
};

/// Auth signs with one and has others that are about to retire; those that have are kept so that their
/// tokens are refused without looking anything up.
const MAX_KEYS: usize = 256;
/// Sessions ended within the ten minutes that their tokens live.
const MAX_REVOKED: usize = 100_000;
/// A token with an unknown key makes us look the keys up at most this often, whoever forges them.
const RELOAD_INTERVAL: Duration = Duration::from_secs(1);
const RELOAD_TIMEOUT: Duration = Duration::from_secs(2);

/// What asks the service's own store for all keys.
type Reload = Arc<dyn Fn() -> BoxFuture<'static, Result<Vec<SigningKeySnapshot>, ReloadError>> + Send + Sync>;
/// Why the keys could not be looked up.
pub type ReloadError = Box<dyn Error + Send + Sync>;

/// The public keys of auth, and the sessions that have ended before their tokens. Clones are the same ring.
#[derive(Clone, Default)]
pub struct KeyRing(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: RwLock<State>,
    reload: RwLock<Option<Reload>>,
    reloaded_at: Mutex<Option<Instant>>,
}

#[derive(Default)]
struct State {
    keys: HashMap<KeyId, Entry>,
    revoked: HashMap<SessionId, Timestamp>,
    revoked_until: BTreeSet<(Timestamp, SessionId)>,
}

struct Entry {
    version: u64,
    /// `None` once the key has retired.
    key: Option<DecodingKey>,
}

/// The text is no Ed25519 public key.
#[derive(Debug, thiserror::Error)]
#[error("read signing key {id}: its public key is not 32 bytes in base64url")]
pub struct InvalidKey {
    /// The key.
    pub id: KeyId,
}

impl KeyRing {
    /// An empty ring: it believes nobody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a key's state in, unless a newer one is known. True if it was news.
    pub fn insert(&self, snapshot: &SigningKeySnapshot) -> Result<bool, InvalidKey> {
        let entry = Entry { version: snapshot.version, key: usable(snapshot)? };
        let mut state = self.write();
        if state.keys.get(&snapshot.id).is_some_and(|known| known.version >= snapshot.version) {
            return Ok(false);
        }
        state.keys.insert(snapshot.id, entry);
        forget_the_oldest(&mut state.keys);
        Ok(true)
    }

    /// Replaces the whole ring; keys that cannot be read are left out, and said so.
    pub fn replace_all(&self, snapshots: impl IntoIterator<Item = SigningKeySnapshot>) {
        let mut keys = HashMap::new();
        for snapshot in snapshots {
            match usable(&snapshot) {
                Ok(key) => drop(keys.insert(snapshot.id, Entry { version: snapshot.version, key })),
                Err(error) => tracing::error!(%error, "a signing key cannot be used"),
            }
        }
        forget_the_oldest(&mut keys);
        self.write().keys = keys;
    }

    /// True while no token can be verified.
    pub fn is_empty(&self) -> bool {
        !self.read().keys.values().any(|entry| entry.key.is_some())
    }

    /// Refuses the tokens of this session from now on; they expire by themselves at `until`.
    pub fn revoke(&self, session: SessionId, until: Timestamp, now: Timestamp) {
        let mut state = self.write();
        if let Some(before) = state.revoked.insert(session, until) {
            state.revoked_until.remove(&(before, session));
        }
        state.revoked_until.insert((until, session));
        while let Some((first, session)) = state.revoked_until.first().copied() {
            // When there are too many, those go that expire first anyway.
            if first > now && state.revoked.len() <= MAX_REVOKED {
                break;
            }
            state.revoked_until.remove(&(first, session));
            state.revoked.remove(&session);
        }
    }

    /// Where to look keys up that are not in the ring: another replica of the service may have consumed the
    /// event that told of them.
    pub fn on_unknown_key<F>(&self, reload: F)
    where
        F: Fn() -> BoxFuture<'static, Result<Vec<SigningKeySnapshot>, ReloadError>> + Send + Sync + 'static,
    {
        *self.0.reload.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(reload));
    }

    pub(super) fn is_revoked(&self, session: SessionId) -> bool {
        self.read().revoked.contains_key(&session)
    }

    /// Looks this key up if it is unknown.
    pub(super) async fn look_up(&self, id: KeyId) {
        if !self.knows(id) {
            self.reload_for(id).await;
        }
    }

    /// The key to verify with, if it is known.
    pub(super) fn key(&self, id: KeyId) -> Option<DecodingKey> {
        self.read().keys.get(&id)?.key.clone()
    }

    /// Also a key that has retired is known.
    fn knows(&self, id: KeyId) -> bool {
        self.read().keys.contains_key(&id)
    }

    async fn reload_for(&self, id: KeyId) {
        let reload = self.0.reload.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(reload) = reload else { return };
        let mut reloaded_at = self.0.reloaded_at.lock().await;
        let recently = reloaded_at.is_some_and(|at| at.elapsed() < RELOAD_INTERVAL);
        // Whoever held the lock before may have found it.
        if recently || self.knows(id) {
            return;
        }
        match tokio::time::timeout(RELOAD_TIMEOUT, reload()).await {
            Ok(Ok(snapshots)) => self.insert_all(&snapshots),
            Ok(Err(error)) => tracing::warn!(error = %chain(&*error), "signing keys could not be looked up"),
            Err(_) => tracing::warn!("signing keys could not be looked up in time"),
        }
        *reloaded_at = Some(Instant::now());
    }

    fn insert_all(&self, snapshots: &[SigningKeySnapshot]) {
        for snapshot in snapshots {
            if let Err(error) = self.insert(snapshot) {
                tracing::error!(%error, "a signing key cannot be used");
            }
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyRing").field(&self.read().keys.keys()).finish()
    }
}

/// Those that have retired go first. Ids made earlier sort earlier.
fn forget_the_oldest(keys: &mut HashMap<KeyId, Entry>) {
    while keys.len() > MAX_KEYS {
        let oldest = keys.iter().min_by_key(|(id, entry)| (entry.key.is_some(), **id)).map(|(id, _)| *id);
        let Some(oldest) = oldest else { return };
        keys.remove(&oldest);
    }
}

fn usable(snapshot: &SigningKeySnapshot) -> Result<Option<DecodingKey>, InvalidKey> {
    let invalid = InvalidKey { id: snapshot.id };
    match BASE64_URL_SAFE_NO_PAD.decode(&snapshot.public_key) {
        Ok(bytes) if bytes.len() == 32 => Ok(match snapshot.status {
            SigningKeyStatus::Active => Some(DecodingKey::from_ed_der(&bytes)),
            SigningKeyStatus::Retired => None,
        }),
        _ => Err(invalid),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::clock::Clock;

    fn snapshot(id: KeyId, version: u64, status: SigningKeyStatus) -> SigningKeySnapshot {
        let public_key = BASE64_URL_SAFE_NO_PAD.encode([7; 32]);
        SigningKeySnapshot { id, version, public_key, status, created_at: Clock::system().now() }
    }

    #[test]
    fn a_retired_key_is_not_revived_by_an_old_event() {
        let (ring, id) = (KeyRing::new(), KeyId::generate());
        assert!(ring.is_empty());
        assert!(ring.insert(&snapshot(id, 1, SigningKeyStatus::Active)).unwrap());
        assert!(!ring.is_empty() && ring.key(id).is_some());
        assert!(ring.insert(&snapshot(id, 2, SigningKeyStatus::Retired)).unwrap());
        assert!(!ring.insert(&snapshot(id, 1, SigningKeyStatus::Active)).unwrap());
        assert!(ring.is_empty() && ring.key(id).is_none());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let ring = KeyRing::new();
        let mut broken = snapshot(KeyId::generate(), 1, SigningKeyStatus::Active);
        for text in ["", "AAAA", "%", &"A".repeat(1_000)] {
            broken.public_key = text.into();
            assert!(ring.insert(&broken).is_err(), "{text:?}");
        }
    }

    #[test]
    fn years_of_retired_keys_leave_room_for_a_new_one() {
        let (ring, first) = (KeyRing::new(), KeyId::generate());
        ring.insert(&snapshot(first, 1, SigningKeyStatus::Active)).unwrap();
        for _ in 0..2 * MAX_KEYS {
            ring.insert(&snapshot(KeyId::generate(), 2, SigningKeyStatus::Retired)).unwrap();
        }
        let new = KeyId::generate();
        assert!(ring.insert(&snapshot(new, 1, SigningKeyStatus::Active)).unwrap());
        assert!(ring.key(new).is_some() && ring.key(first).is_some());
        assert_eq!(ring.read().keys.len(), MAX_KEYS);
    }

    #[tokio::test(start_paused = true)]
    async fn an_unknown_key_is_looked_up_at_most_once_a_second() {
        let (ring, id) = (KeyRing::new(), KeyId::generate());
        let calls = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&calls);
        ring.on_unknown_key(move || {
            counter.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move { Ok(vec![snapshot(id, 1, SigningKeyStatus::Active)]) })
        });
        for _ in 0..100 {
            ring.look_up(KeyId::generate()).await;
        }
        assert_eq!(calls.load(Ordering::Relaxed), 1);
        assert!(ring.key(id).is_some());
        tokio::time::advance(RELOAD_INTERVAL).await;
        ring.look_up(KeyId::generate()).await;
        assert_eq!(calls.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn an_ended_session_is_remembered_only_as_long_as_its_tokens_live() {
        let (ring, now) = (KeyRing::new(), Clock::system().now());
        let (first, second) = (SessionId::generate(), SessionId::generate());
        ring.revoke(first, now.plus(Duration::from_mins(1)), now);
        assert!(ring.is_revoked(first) && !ring.is_revoked(second));
        let later = now.plus(Duration::from_secs(61));
        ring.revoke(second, later.plus(Duration::from_mins(1)), later);
        assert!(!ring.is_revoked(first) && ring.is_revoked(second));
    }
}

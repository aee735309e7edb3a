//! The signing keys as this replica knows them: it signs with one, shows the public halves, makes the next
//! key when it is due, and retires what has served its time.
//!
//! Replicas agree through MongoDB alone: a generation of key exists once, and who loses the race to make
//! it reads what the winner made.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use common::{
    bus::{Bus, CommitError, StoreError, Tx},
    clock::Clock,
    events::signing_key::SigningKeyStatus,
    http::{InvalidKey, KeyRing},
    ids::KeyId,
};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use crate::{
    domain::{
        lifetimes::Lifetimes,
        signing_key::{self, InvalidPrivateKey, SigningKey},
    },
    random::{self, RandomError},
    store::{GENERATION_OF_KEY, SigningKeys},
    tokens::Signer,
};

/// Why the keys could not be looked after.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// MongoDB did not tell them.
    #[error("read the signing keys")]
    Store(#[from] StoreError),
    /// MongoDB did not take a change of them.
    #[error("write the signing keys")]
    Commit(#[from] CommitError),
    /// The operating system gave no random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// A key that is stored cannot be read.
    #[error(transparent)]
    PrivateKey(#[from] InvalidPrivateKey),
    /// A key that is stored cannot be read.
    #[error(transparent)]
    PublicKey(#[from] InvalidKey),
    /// There is no key to sign with, though one was just made.
    #[error("find a signing key")]
    Missing,
    /// The key set could not be written as JSON.
    #[error("encode the key set")]
    Encode(#[from] serde_json::Error),
}

/// The signing keys. Clones share what they know.
#[derive(Clone)]
pub struct Keys {
    bus: Bus,
    clock: Clock,
    store: SigningKeys,
    ring: KeyRing,
    lifetimes: Lifetimes,
    known: Arc<watch::Sender<Option<Known>>>,
}

#[derive(Clone)]
struct Known {
    signer: Arc<Signer>,
    published: Arc<PublishedKeys>,
}

/// A JSON Web Key Set (RFC 7517) of Ed25519 public keys (RFC 8037).
#[derive(Debug, Serialize, ToSchema)]
pub struct KeySet {
    /// The keys whose tokens are to be believed, newest first.
    pub keys: Vec<JsonWebKey>,
}

/// The public half of a signing key.
#[derive(Debug, Serialize, ToSchema)]
pub struct JsonWebKey {
    /// The family of keys: octet key pairs.
    #[schema(example = "OKP")]
    pub kty: &'static str,
    /// The curve.
    #[schema(example = "Ed25519")]
    pub crv: &'static str,
    /// What the key is for: signatures.
    #[serde(rename = "use")]
    #[schema(example = "sig")]
    pub usage: &'static str,
    /// The algorithm.
    #[schema(example = "EdDSA")]
    pub alg: &'static str,
    /// The key, `kid` in the header of tokens.
    pub kid: KeyId,
    /// The public key in unpadded base64url.
    pub x: String,
}

/// The key set as it is served.
#[derive(Debug)]
pub struct PublishedKeys {
    /// The JSON text.
    pub body: String,
    /// Changes with the text: a strong entity tag.
    pub etag: String,
}

impl Keys {
    /// The keys of this database, the first of them made if there is none.
    pub async fn open(
        bus: Bus,
        clock: Clock,
        ring: KeyRing,
        lifetimes: Lifetimes,
    ) -> Result<Self, KeysError> {
        let store = SigningKeys::of(&bus);
        let keys = Self { bus, clock, store, ring, lifetimes, known: Arc::new(watch::Sender::new(None)) };
        keys.tend().await?;
        Ok(keys)
    }

    /// The signer of new tokens.
    pub fn signer(&self) -> Result<Arc<Signer>, KeysError> {
        self.known.borrow().as_ref().map(|known| known.signer.clone()).ok_or(KeysError::Missing)
    }

    /// The public halves.
    pub fn published(&self) -> Result<Arc<PublishedKeys>, KeysError> {
        self.known.borrow().as_ref().map(|known| known.published.clone()).ok_or(KeysError::Missing)
    }

    /// Makes and retires what is due, and takes up what other replicas have made and retired.
    pub async fn tend(&self) -> Result<(), KeysError> {
        // By value, as the future is sent between threads: see `Bus::transact`.
        let keys = self.clone();
        match self.bus.transact(async move |tx: &mut Tx| keys.change_what_is_due(tx).await).await {
            // Another replica made the key of this generation: it is read below.
            Err(KeysError::Commit(CommitError::Duplicate { index })) if index == GENERATION_OF_KEY => {}
            changed => changed?,
        }
        self.take_up().await
    }

    async fn change_what_is_due(&self, tx: &mut Tx) -> Result<(), KeysError> {
        let loaded = self.store.all().await?;
        let keys: Vec<SigningKey> = loaded.iter().map(|key| key.state.clone()).collect();
        if signing_key::is_rotation_due(&keys, self.lifetimes.key, tx.now()) {
            make_next(tx, &keys)?;
        }
        let outlived = signing_key::outlived(&keys, self.lifetimes.token, tx.now());
        for key in loaded.iter().filter(|key| outlived.contains(&&key.state)) {
            SigningKeys::update(tx, key, key.state.retired());
            tracing::info!(key.id = %key.state.id, "retiring a signing key");
        }
        Ok(())
    }

    async fn states(&self) -> Result<Vec<SigningKey>, KeysError> {
        Ok(self.store.all().await?.into_iter().map(|key| key.state).collect())
    }

    async fn take_up(&self) -> Result<(), KeysError> {
        let keys = self.states().await?;
        for key in &keys {
            self.ring.insert(&key.snapshot())?;
        }
        let signer = signing_key::signer(&keys, self.clock.now()).ok_or(KeysError::Missing)?;
        let signer = Arc::new(Signer::with(signer)?.ok_or(KeysError::Missing)?);
        let published = Arc::new(PublishedKeys::of(&keys)?);
        self.known.send_replace(Some(Known { signer, published }));
        Ok(())
    }
}

fn make_next(tx: &mut Tx, keys: &[SigningKey]) -> Result<(), KeysError> {
    let seed = random::bytes()?;
    let newest = signing_key::newest(keys);
    let next = SigningKey::following(newest, KeyId::generate(), &seed, tx.now())?;
    tracing::info!(key.id = %next.id, key.generation = next.generation, "making a signing key");
    SigningKeys::create(tx, next);
    Ok(())
}

impl KeySet {
    fn of(keys: &[SigningKey]) -> Self {
        let believed = keys.iter().filter(|key| key.status == SigningKeyStatus::Active);
        Self { keys: believed.map(JsonWebKey::of).collect() }
    }
}

impl JsonWebKey {
    fn of(key: &SigningKey) -> Self {
        Self {
            kty: "OKP",
            crv: "Ed25519",
            usage: "sig",
            alg: "EdDSA",
            kid: key.id,
            x: key.public_key.clone(),
        }
    }
}

impl PublishedKeys {
    fn of(keys: &[SigningKey]) -> Result<Self, serde_json::Error> {
        let body = serde_json::to_string(&KeySet::of(keys))?;
        let etag = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&body));
        Ok(Self { body, etag })
    }
}

/// Looks after the keys every so often until the service stops.
pub async fn keep(keys: Keys, every: Duration, stopping: CancellationToken) {
    while stopping.clone().run_until_cancelled_owned(tokio::time::sleep(every)).await.is_some() {
        if let Err(error) = keys.tend().await {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(error, "the signing keys were not looked after; trying again");
        }
    }
}

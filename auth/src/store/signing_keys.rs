//! Signing keys, one per generation.

use bson::doc;
use common::{
    bus::{Aggregate, Bus, Index, Loaded, Publication, Repository, StoreError, Tx},
    events::signing_key::SigningKeyChanged,
};

use crate::domain::signing_key::SigningKey;

/// The index that lets one of several replicas make the key of a generation.
pub const GENERATION_OF_KEY: &str = "generation_of_signing_key";

/// How many of the newest keys are read. All but the last two or three have retired.
const MAX_KEYS: i64 = 100;

impl Aggregate for SigningKey {
    const COLLECTION: &'static str = "signing_keys";

    fn document_id(&self) -> String {
        self.id.to_string()
    }

    fn indexes() -> Vec<Index> {
        vec![Index::on(GENERATION_OF_KEY, doc! { "state.generation": 1 }).unique()]
    }

    fn current_facts(&self) -> Vec<Publication> {
        vec![SigningKeyChanged(self.snapshot()).into()]
    }
}

/// The signing keys.
#[derive(Debug, Clone)]
pub struct SigningKeys(Repository<SigningKey>);

impl SigningKeys {
    /// The signing keys of this database.
    pub fn of(bus: &Bus) -> Self {
        Self(bus.repository())
    }

    /// The keys, newest first.
    pub async fn all(&self) -> Result<Vec<Loaded<SigningKey>>, StoreError> {
        self.0.find(doc! {}, doc! { "state.generation": -1 }, MAX_KEYS).await
    }

    /// Records a new key and tells its public half.
    pub fn create(tx: &mut Tx, key: SigningKey) {
        let snapshot = key.snapshot();
        tx.insert(key);
        tx.publish(SigningKeyChanged(snapshot));
    }

    /// Records a change of a key and tells it.
    pub fn update(tx: &mut Tx, loaded: &Loaded<SigningKey>, key: SigningKey) {
        let snapshot = key.snapshot();
        tx.save(loaded, key);
        tx.publish(SigningKeyChanged(snapshot));
    }
}

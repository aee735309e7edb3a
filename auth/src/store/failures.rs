//! Wrong passwords that were tried lately. MongoDB forgets them by itself; until then all replicas know them.

use bson::doc;
use common::bus::{Aggregate, Bus, Index, Loaded, Repository, StoreError, Tx};

use crate::domain::throttle::{Failures, Subject};

impl Aggregate for Failures {
    const COLLECTION: &'static str = "sign_in_failures";

    fn document_id(&self) -> String {
        self.id.clone()
    }

    fn indexes() -> Vec<Index> {
        vec![Index::on("failures_to_forget", doc! { "state.forgottenAt": 1 }).expiring()]
    }
}

/// The wrong passwords.
#[derive(Debug, Clone)]
pub struct SignInFailures(Repository<Failures>);

impl SignInFailures {
    /// The wrong passwords of this database.
    pub fn of(bus: &Bus) -> Self {
        Self(bus.repository())
    }

    /// What is known of this subject.
    pub async fn get(&self, subject: &Subject) -> Result<Option<Loaded<Failures>>, StoreError> {
        self.0.get(subject.id()).await
    }

    /// Records the first failure of a subject.
    pub fn create(tx: &mut Tx, failures: Failures) {
        tx.insert(failures);
    }

    /// Records a failure more, or that they are forgotten.
    pub fn update(tx: &mut Tx, loaded: &Loaded<Failures>, failures: Failures) {
        tx.save(loaded, failures);
    }
}

//! Sessions.

use bson::doc;
use common::{
    bus::{Aggregate, Bus, Index, Loaded, Publication, Repository, StoreError, Tx},
    clock::Timestamp,
    events::session::SessionRevoked,
    ids::{SessionId, UserId},
};

use crate::domain::session::Session;

impl Aggregate for Session {
    const COLLECTION: &'static str = "sessions";

    fn document_id(&self) -> String {
        self.id.to_string()
    }

    fn indexes() -> Vec<Index> {
        let keys = doc! { "state.userId": 1, "state.revokedAt": 1, "_id": -1 };
        vec![Index::on("sessions_of_user", keys)]
    }

    fn current_facts(&self) -> Vec<Publication> {
        self.snapshot().map(|snapshot| SessionRevoked(snapshot).into()).into_iter().collect()
    }
}

/// The sessions.
#[derive(Debug, Clone)]
pub struct Sessions(Repository<Session>);

impl Sessions {
    /// The sessions of this database.
    pub fn of(bus: &Bus) -> Self {
        Self(bus.repository())
    }

    /// The session with this id.
    pub async fn get(&self, id: SessionId) -> Result<Option<Loaded<Session>>, StoreError> {
        self.0.get(id).await
    }

    /// A user's sessions that go on, newest first, older than `before`.
    pub async fn live(
        &self,
        user: UserId,
        now: Timestamp,
        before: Option<SessionId>,
        limit: i64,
    ) -> Result<Vec<Loaded<Session>>, StoreError> {
        let mut filter = doc! {
            "state.userId": user,
            "state.revokedAt": null,
            "$or": [
                { "state.renewal.expiresAt": { "$gt": now } },
                { "state.tokensExpireAt": { "$gt": now } },
            ],
        };
        if let Some(before) = before {
            filter.insert("_id", doc! { "$lt": before });
        }
        self.0.find(filter, doc! { "_id": -1 }, limit).await
    }

    /// Records a new session. Nobody else needs to know of it.
    pub fn create(tx: &mut Tx, session: Session) {
        tx.insert(session);
    }

    /// Records a change that only auth sees.
    pub fn update_quietly(tx: &mut Tx, loaded: &Loaded<Session>, session: Session) {
        tx.save(loaded, session);
    }

    /// Records the end of a session and tells it.
    pub fn revoke(tx: &mut Tx, loaded: &Loaded<Session>, session: Session) {
        let snapshot = session.snapshot();
        tx.save(loaded, session);
        if let Some(snapshot) = snapshot {
            tx.publish(SessionRevoked(snapshot));
        }
    }
}

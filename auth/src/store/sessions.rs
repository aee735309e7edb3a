//! Sessions.

use common::{
    bus::{Aggregate, Bus, Loaded, Publication, Repository, StoreError, Tx},
    events::session::SessionRevoked,
    ids::SessionId,
};

use crate::domain::session::Session;

impl Aggregate for Session {
    const COLLECTION: &'static str = "sessions";

    fn document_id(&self) -> String {
        self.id.to_string()
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

    /// Records a new session. Nobody else needs to know of it.
    pub fn create(tx: &mut Tx, session: Session) {
        tx.insert(session);
    }

    /// Records that a session was renewed. Nobody else needs to know of it.
    pub fn renew(tx: &mut Tx, loaded: &Loaded<Session>, session: Session) {
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

//! Reads see what this process has seen or written before, whichever member of the replica set they are made at.
//!
//! A majority read alone does not promise that: after an election the new primary may not know yet that a majority has what
//! the former one has acknowledged, and shows an older state for a moment. So each read names the newest time that
//! this process knows, and MongoDB answers when it is there (causal consistency).

use std::sync::{Arc, Mutex, PoisonError};

use bson::{Document, Timestamp};
use mongodb::{Client, ClientSession};

/// The newest time of the replica set that this process knows of. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Causality {
    newest: Arc<Mutex<Option<Timestamp>>>,
}

impl Causality {
    /// A session that reads nothing older.
    pub async fn session(&self, client: &Client) -> mongodb::error::Result<ClientSession> {
        let mut session = client.start_session().causal_consistency(true).await?;
        if let Some(newest) = self.newest() {
            session.advance_operation_time(newest);
        }
        Ok(session)
    }

    /// Notes what a session has seen.
    pub fn note(&self, session: &ClientSession) {
        self.advance(session.operation_time());
    }

    /// Notes what an answer to a write says of its time.
    pub fn note_reply(&self, reply: &Document) {
        self.advance(reply.get_timestamp("operationTime").ok());
    }

    fn newest(&self) -> Option<Timestamp> {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn advance(&self, to: Option<Timestamp>) {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        *newest = (*newest).max(to);
    }
}

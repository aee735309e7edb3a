//! Events on their way out.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{clock::Timestamp, events::Fact, ids::EventId};

/// A fact in the form in which it is stored and sent: what it is about, and its JSON.
#[derive(Debug, Clone)]
pub struct Publication {
    pub(crate) ce_type: String,
    pub(crate) aggregate_id: Uuid,
    pub(crate) version: u64,
    /// An error only for a type that serde_json cannot write; the commit reports it.
    pub(crate) body: Result<String, String>,
}

impl<F: Fact> From<F> for Publication {
    fn from(fact: F) -> Self {
        Self {
            ce_type: F::ce_type(),
            aggregate_id: fact.aggregate_id(),
            version: fact.version(),
            body: serde_json::to_string(&fact).map_err(|error| error.to_string()),
        }
    }
}

/// An event in the outbox of its aggregate's document.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OutboxEntry {
    pub id: EventId,
    pub ce_type: String,
    pub aggregate_id: String,
    pub version: u64,
    pub time: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    pub body: String,
}

impl OutboxEntry {
    /// An entry for a publication made now.
    pub fn new(
        publication: Publication,
        time: Timestamp,
        traceparent: Option<String>,
    ) -> Result<Self, String> {
        Ok(Self {
            id: EventId::generate(),
            ce_type: publication.ce_type,
            aggregate_id: publication.aggregate_id.to_string(),
            version: publication.version,
            time,
            traceparent,
            body: publication.body?,
        })
    }
}

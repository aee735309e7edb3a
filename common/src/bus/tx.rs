//! A unit of work as data: what is to be written and published, recorded before anything happens.

use bson::{RawDocumentBuf, rawdoc};
use uuid::Uuid;

use super::{
    aggregate::{Aggregate, Loaded},
    commit::CommitError,
    documents::Stored,
    outbox::{OutboxEntry, Publication},
};
use crate::{
    clock::Timestamp,
    control::{Control, is_broken},
    events::Fact,
    telemetry,
};

/// What a route or listener wants to be written. Nothing reaches MongoDB before the commit.
///
/// Each document is written atomically, with its events. A `Tx` may hold several documents; then they are
/// all written before the commit answers, but each for itself: record several only where running the
/// unit of work again after half of them converges.
#[derive(Debug)]
pub struct Tx {
    now: Timestamp,
    traceparent: Option<String>,
    writes: Vec<Write>,
    error: Option<CommitError>,
}

/// The write of one document and the events that tell of it.
#[derive(Debug)]
pub(super) struct Write {
    pub collection: &'static str,
    pub id: String,
    /// The revision that was read; `None` for a new document.
    pub guard: Option<i64>,
    pub state: RawDocumentBuf,
    pub awaits_peer: bool,
    pub now: Timestamp,
    /// What stood in the outbox when the document was read: sent first, to keep the order.
    pub pending: Vec<OutboxEntry>,
    pub entries: Vec<OutboxEntry>,
    /// The public versions before this write, to refuse a gap.
    versions: Vec<(Uuid, u64)>,
}

impl Tx {
    pub(crate) fn begin(now: Timestamp) -> Self {
        Self { now, traceparent: telemetry::current_traceparent(), writes: Vec::new(), error: None }
    }

    /// Records a new document.
    #[expect(clippy::needless_pass_by_value, reason = "what is recorded is given away")]
    pub fn insert<A: Aggregate>(&mut self, state: A) {
        self.record(&state, None, Vec::new(), Vec::new());
    }

    /// Records the next state of a document, guarded by the revision that was read.
    #[expect(clippy::needless_pass_by_value, reason = "what is recorded is given away")]
    pub fn save<A: Aggregate>(&mut self, loaded: &Loaded<A>, state: A) {
        let versions =
            loaded.state.current_facts().iter().map(|fact| (fact.aggregate_id, fact.version)).collect();
        self.record(&state, Some(loaded.rev), loaded.pending.clone(), versions);
    }

    /// Records an event, in the outbox of the document recorded last: the write that the event tells of.
    pub fn publish<F: Fact>(&mut self, fact: F) {
        let (now, traceparent) = (self.now, self.traceparent.clone());
        let Some(write) = self.writes.last_mut() else {
            return self.fail("publish without a write");
        };
        let publication = Publication::from(fact);
        if let Err(message) = write.follows(&publication) {
            return self.fail(&message);
        }
        write.versions.retain(|(id, _)| *id != publication.aggregate_id);
        write.versions.push((publication.aggregate_id, publication.version));
        match OutboxEntry::new(publication, now, traceparent) {
            Ok(entry) => write.entries.push(entry),
            Err(message) => self.fail(&message),
        }
    }

    /// The time of this unit of work, the same from its beginning to its end.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    pub(super) fn into_writes(self) -> Result<Vec<Write>, CommitError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.writes),
        }
    }

    fn record<A: Aggregate>(
        &mut self,
        state: &A,
        guard: Option<i64>,
        pending: Vec<OutboxEntry>,
        versions: Vec<(Uuid, u64)>,
    ) {
        match bson::serialize_to_raw_document_buf(state) {
            Ok(raw) => self.writes.push(Write {
                collection: A::COLLECTION,
                id: state.document_id(),
                guard,
                state: raw,
                awaits_peer: state.awaits_peer(),
                now: self.now,
                pending,
                entries: Vec::new(),
                versions,
            }),
            Err(error) => self.fail(&error.to_string()),
        }
    }

    fn fail(&mut self, message: &str) {
        self.error.get_or_insert_with(|| CommitError::Rejected(message.to_owned()));
    }
}

impl Write {
    /// Versions have no gaps: an event is the first of its aggregate or the next one.
    fn follows(&self, publication: &Publication) -> Result<(), String> {
        let before = self.versions.iter().find(|(id, _)| *id == publication.aggregate_id);
        let expected = match (before, self.guard) {
            (Some((_, version)), _) => version + 1,
            (None, None) => 1,
            (None, Some(_)) => return Ok(()),
        };
        if publication.version == expected {
            return Ok(());
        }
        let (ce_type, version) = (&publication.ce_type, publication.version);
        Err(format!("publish {ce_type} as version {version}, expected {expected}"))
    }

    /// The element of an `insert` command.
    pub fn to_insert(&self) -> Result<RawDocumentBuf, bson::error::Error> {
        let stored = Stored {
            id: self.id.clone(),
            rev: 1,
            state: &self.state,
            outbox: self.entries.clone(),
            awaits_peer: self.awaits_peer,
            updated_at: self.now,
        };
        bson::serialize_to_raw_document_buf(&stored)
    }

    /// The element of an `update` command: an upsert guarded by `{_id, rev}`. When the revision has moved
    /// on, the filter matches nothing, the upsert tries to insert, and the `_id` that exists refuses it.
    /// So a lost race has an error of its own in the answer of an unordered bulk.
    pub fn to_update(&self, rev: i64) -> Result<RawDocumentBuf, bson::error::Error> {
        let mut update = rawdoc! {
            "$set": {
                "rev": rev + 1,
                "state": self.state.clone(),
                "awaitsPeer": self.awaits_peer,
                "updatedAt": bson::DateTime::from_millis(self.now.millis()),
            }
        };
        if !self.entries.is_empty() {
            let mut each = bson::RawArrayBuf::new();
            for entry in &self.entries {
                each.push(bson::serialize_to_raw_document_buf(entry)?);
            }
            update.append(bson::cstr!("$push"), rawdoc! { "outbox": { "$each": each } });
        }
        let mut guard = rawdoc! { "_id": self.id.as_str() };
        if !is_broken(Control::NoRevisionGuard) {
            guard.append(bson::cstr!("rev"), rev);
        }
        Ok(rawdoc! { "q": guard, "u": update, "upsert": true })
    }
}

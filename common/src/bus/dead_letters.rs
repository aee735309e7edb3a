//! Messages that could not be handled: kept in the consumer's own database until a person has looked at
//! them, and told on `dlq.<listener>`.

use async_nats::{HeaderMap, jetstream::Message};
use bson::{Document, doc, rawdoc};
use futures::TryStreamExt as _;
use mongodb::{Collection, Database};
use serde::{Deserialize, Serialize};

use super::{Bus, Index, Meta};
use crate::{
    clock::Timestamp,
    failpoint::{self, Point},
    ids::EventId,
};

/// Where dead letters are kept in every service's database.
pub(super) const COLLECTION: &str = "dead_letters";
/// How many are shown or replayed at once.
const MAX_LETTERS: i64 = 1_000;

/// Where a dead letter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadLetterStatus {
    /// Somebody has to look at it.
    Open,
    /// Somebody asked for another try.
    ReplayWanted,
    /// End: the other try succeeded.
    Replayed,
}

/// A message that could not be handled, and why.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// `<listener>:<stream>:<sequence>`.
    #[serde(rename = "_id")]
    pub id: String,
    /// Which listener gave up.
    pub listener: String,
    /// Where it was published.
    pub subject: String,
    /// Why the listener gave up.
    pub reason: String,
    /// Where it stands.
    pub status: DeadLetterStatus,
    /// The event, if its headers could be read.
    pub event_id: Option<EventId>,
    /// The CloudEvents type, if its headers could be read.
    pub ce_type: Option<String>,
    /// When the fact happened, or, if that could not be read, when the listener gave up.
    pub time: Timestamp,
    /// The stream that the message lies in.
    pub stream: String,
    /// Its place in the stream.
    pub stream_sequence: i64,
    /// The body.
    pub body: String,
}

impl DeadLetter {
    pub(super) fn new(
        listener: &str,
        message: &Message,
        meta: &Meta,
        reason: String,
        time: Timestamp,
    ) -> Self {
        let sequence = i64::try_from(meta.stream_sequence).unwrap_or(i64::MAX);
        Self {
            id: format!("{listener}:{}:{sequence}", meta.stream),
            listener: listener.to_owned(),
            subject: message.subject.to_string(),
            reason,
            status: DeadLetterStatus::Open,
            event_id: Some(meta.id),
            ce_type: Some(meta.ce_type.clone()),
            time,
            stream: meta.stream.clone(),
            stream_sequence: sequence,
            body: String::from_utf8_lossy(&message.payload).into_owned(),
        }
    }

    /// For a message whose headers cannot be read.
    pub(super) fn unread(listener: &str, message: &Message, reason: String, now: Timestamp) -> Self {
        let info = message.info().ok();
        let stream = info.as_ref().map_or_else(String::new, |info| info.stream.to_owned());
        let sequence = info.and_then(|info| i64::try_from(info.stream_sequence).ok()).unwrap_or_default();
        Self {
            id: format!("{listener}:{stream}:{sequence}"),
            listener: listener.to_owned(),
            subject: message.subject.to_string(),
            reason,
            status: DeadLetterStatus::Open,
            event_id: None,
            ce_type: None,
            time: now,
            stream,
            stream_sequence: sequence,
            body: String::from_utf8_lossy(&message.payload).into_owned(),
        }
    }

    /// What a listener is called with again; `None` if the headers could never be read.
    pub(super) fn meta(&self) -> Option<Meta> {
        Some(Meta {
            id: self.event_id?,
            ce_type: self.ce_type.clone()?,
            time: self.time,
            traceparent: None,
            stream: self.stream.clone(),
            stream_sequence: u64::try_from(self.stream_sequence).ok()?,
        })
    }
}

/// The dead letters of one service.
#[derive(Debug, Clone)]
pub struct DeadLetters {
    database: Database,
}

impl DeadLetters {
    /// The dead letters in a service's database.
    pub fn new(database: &Database) -> Self {
        Self { database: database.clone() }
    }

    /// Those that are not done, oldest first, at most 1,000.
    pub async fn open(&self) -> Result<Vec<DeadLetter>, mongodb::error::Error> {
        self.find(doc! { "status": { "$ne": "replayed" } }).await
    }

    /// One of them.
    pub async fn get(&self, id: &str) -> Result<Option<DeadLetter>, mongodb::error::Error> {
        self.collection().find_one(doc! { "_id": id }).await
    }

    /// Asks for another try; the listener's service does it within seconds. Says whether there is such an
    /// open dead letter.
    pub async fn request_replay(&self, id: &str) -> Result<bool, mongodb::error::Error> {
        let query = doc! { "_id": id, "status": { "$ne": "replayed" } };
        let reply = self.update(query, doc! { "status": "replay_wanted" }).await?;
        Ok(reply.get_i32("n").unwrap_or_default() > 0)
    }

    pub(super) async fn wanted(&self, listener: &str) -> Result<Vec<DeadLetter>, mongodb::error::Error> {
        self.find(doc! { "status": "replay_wanted", "listener": listener }).await
    }

    /// Records how another try went: done, or open again with the new reason.
    pub(super) async fn replayed(
        &self,
        letter: &DeadLetter,
        failure: Option<String>,
    ) -> Result<(), mongodb::error::Error> {
        let set = match failure {
            None => doc! { "status": "replayed" },
            Some(reason) => doc! { "status": "open", "reason": reason },
        };
        self.update(doc! { "_id": &letter.id }, set).await.map(drop)
    }

    fn collection(&self) -> Collection<DeadLetter> {
        self.database.collection(COLLECTION)
    }

    async fn find(&self, filter: Document) -> Result<Vec<DeadLetter>, mongodb::error::Error> {
        self.collection().find(filter).sort(doc! { "_id": 1 }).limit(MAX_LETTERS).await?.try_collect().await
    }

    async fn update(&self, query: Document, set: Document) -> Result<Document, mongodb::error::Error> {
        let command = doc! {
            "update": COLLECTION,
            "updates": [{ "q": query, "u": { "$set": set } }],
            "writeConcern": { "w": "majority", "j": true },
        };
        self.database.run_command(command).await
    }
}

/// The index that finds what is open and what is to be replayed.
pub(super) fn index() -> Index {
    Index::on("open_letters", doc! { "status": 1, "listener": 1 })
}

/// A dead letter could not be kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum BuryError {
    #[error("keep the dead letter")]
    Store(#[from] mongodb::error::Error),
    #[error("encode the dead letter")]
    Encode(#[from] bson::error::Error),
    #[error("tell of the dead letter")]
    Publish(#[from] super::publisher::PublishError),
}

/// Keeps a dead letter in the own database, then tells of it on `dlq.<listener>`. Doing it twice is doing
/// it once.
pub(super) async fn bury(bus: &Bus, letter: &DeadLetter) -> Result<(), BuryError> {
    let command = rawdoc! {
        "update": COLLECTION,
        "updates": [{
            "q": { "_id": letter.id.as_str() },
            "u": { "$setOnInsert": bson::serialize_to_raw_document_buf(letter)? },
            "upsert": true,
        }],
        "writeConcern": { "w": "majority", "j": true },
    };
    failpoint::pass(Point::DeadLetterUnkept);
    bus.inner.database.run_raw_command(command).await?;
    failpoint::pass(Point::DeadLetterKept);
    metrics::counter!("bus_dead_letters_total", "listener" => letter.listener.clone()).increment(1);
    tracing::error!(
        dead_letter.id = %letter.id,
        reason = %letter.reason,
        "an event could not be handled; look at it with `cargo xtask dlq list`"
    );
    let mut headers = HeaderMap::new();
    headers.insert("dead-letter-reason", letter.reason.replace(['\r', '\n'], " "));
    headers.insert("dead-letter-subject", letter.subject.as_str());
    let subject = format!("dlq.{}", letter.listener);
    bus.inner.publisher.send(&subject, headers, &letter.id, letter.body.clone()).await?;
    failpoint::pass(Point::DeadLetterTold);
    Ok(())
}

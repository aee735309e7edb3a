//! What is written, while it is written, whichever replica writes it: MongoDB's own change stream. It is there
//! for those who show things live, and never for those who decide: a decision loads what it is about.

use std::{fmt, str::FromStr};

use bson::{RawDocumentBuf, doc};
use futures::{
    StreamExt as _,
    stream::{BoxStream, ReadyChunks},
};
use mongodb::{
    Database,
    change_stream::{ChangeStream, event::ResumeToken},
    error::ErrorKind,
    options::FullDocumentType,
};
use serde::Deserialize;

use super::{Aggregate, Bus, StoreError, documents::Stored};

/// How many changes are handed on at once, if so many have come already.
const MAX_AT_ONCE: usize = 128;
/// The longest mark that is looked at; MongoDB's have 150 characters.
const MAX_MARK_BYTES: usize = 512;
/// The oplog does not reach back to where reading is to begin, or the server says that it makes no sense to try.
const LOST: [i32; 4] = [136, 260, 280, 286];

/// A place in the order of all changes of a database: what MongoDB calls the data of a resume token. As MongoDB
/// promises, marks are in the order of the changes, whichever replica of a service reads them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(String);

/// The text is no mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("parse mark: expected hexadecimal digits")]
pub struct InvalidMark;

impl FromStr for Mark {
    type Err = InvalidMark;

    fn from_str(text: &str) -> Result<Self, InvalidMark> {
        let hex = |b: u8| b.is_ascii_digit() || (b'A'..=b'F').contains(&b);
        let fits = (1..=MAX_MARK_BYTES).contains(&text.len()) && text.bytes().all(hex);
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidMark) }
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something that was written.
#[derive(Debug)]
pub struct Change {
    /// Where it stands in the order of changes.
    pub mark: Mark,
    collection: String,
    document: RawDocumentBuf,
    token: ResumeToken,
}

impl Change {
    /// The aggregate as it is by now, if this is one of this kind.
    pub fn of<A: Aggregate>(&self) -> Option<A> {
        if self.collection != A::COLLECTION {
            return None;
        }
        let stored = bson::deserialize_from_slice::<Stored<A>>(self.document.as_bytes());
        stored.map(|stored| stored.state).ok()
    }

    /// From where reading goes on after this change.
    pub(crate) fn token(&self) -> ResumeToken {
        self.token.clone()
    }
}

/// The changes of some collections, from the moment on at which this was opened.
pub(crate) struct Changes {
    begin: (Mark, ResumeToken),
    chunks: ReadyChunks<BoxStream<'static, Result<Event, mongodb::error::Error>>>,
}

/// A change as MongoDB tells it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(rename = "_id")]
    id: ResumeToken,
    ns: Namespace,
    #[serde(default)]
    full_document: Option<RawDocumentBuf>,
}

#[derive(Debug, Deserialize)]
struct Namespace {
    coll: String,
}

impl Changes {
    /// Opens the stream, after this change or from now on.
    async fn open(
        database: &Database,
        collections: &[&str],
        after: Option<ResumeToken>,
    ) -> Result<Self, StoreError> {
        // Each write of an aggregate raises `rev`; the relay, which takes what it has sent out of the outbox,
        // does not, and changes nothing that anybody is shown.
        let written = doc! { "$or": [
            { "operationType": { "$in": ["insert", "replace"] } },
            { "updateDescription.updatedFields.rev": { "$exists": true } },
        ] };
        let pipeline = [
            doc! { "$match": { "$and": [{ "ns.coll": { "$in": collections } }, written] } },
            doc! { "$unset": "updateDescription" },
        ];
        let watch = database.watch().pipeline(pipeline).full_document(FullDocumentType::UpdateLookup);
        let stream: ChangeStream<Event> = match after.clone() {
            Some(after) => watch.resume_after(after).await?.with_type(),
            None => watch.await?.with_type(),
        };
        let token = stream.resume_token().or(after).ok_or_else(nowhere)?;
        let begin = (mark(&token).ok_or_else(nowhere)?, token);
        Ok(Self { begin, chunks: stream.boxed().ready_chunks(MAX_AT_ONCE) })
    }

    /// Where reading began.
    pub(crate) fn begin(&self) -> (Mark, ResumeToken) {
        self.begin.clone()
    }

    /// The next changes, as many as there are already; waits for the first one. May be dropped while it waits.
    pub(crate) async fn next(&mut self) -> Result<Vec<Change>, StoreError> {
        let events = self.chunks.next().await.ok_or_else(nowhere)?;
        let events = events.into_iter().collect::<Result<Vec<Event>, _>>()?;
        Ok(events.into_iter().filter_map(change).collect())
    }
}

impl Bus {
    /// What is written to these collections of this database, after a change or from now on.
    pub(crate) async fn changes(
        &self,
        collections: &[&str],
        after: Option<ResumeToken>,
    ) -> Result<Changes, StoreError> {
        Changes::open(&self.inner.database, collections, after).await
    }
}

/// Whether no reading can go on from there, ever: what happened in between is not known any more.
pub(crate) fn is_lost(error: &StoreError) -> bool {
    let StoreError::Unavailable(error) = error else { return false };
    match &*error.kind {
        ErrorKind::Command(error) => LOST.contains(&error.code),
        ErrorKind::MissingResumeToken => true,
        _ => false,
    }
}

/// A document that is gone again has nothing to show.
fn change(event: Event) -> Option<Change> {
    let (mark, token) = (mark(&event.id)?, event.id);
    Some(Change { mark, collection: event.ns.coll, document: event.full_document?, token })
}

fn mark(token: &ResumeToken) -> Option<Mark> {
    let token = bson::serialize_to_bson(token).ok()?;
    token.as_document()?.get_str("_data").ok()?.parse().ok()
}

/// The stream has ended: its database is gone, or the server does not say where it stands.
fn nowhere() -> StoreError {
    StoreError::Unavailable(mongodb::error::Error::custom("the change stream has no place to go on from"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_mark_never_reaches_the_database() {
        assert!("8265A1B2C3000000012B0229296E04".parse::<Mark>().is_ok());
        for text in ["", "82 65", "82g5", "82a5", "{\"$gt\":\"\"}", &"8".repeat(513)] {
            assert_eq!(text.parse::<Mark>(), Err(InvalidMark), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_mark_as_it_stands_or_none(text: String) {
            if let Ok(mark) = text.parse::<Mark>() {
                prop_assert_eq!(mark.to_string(), text);
            }
        }
    }
}

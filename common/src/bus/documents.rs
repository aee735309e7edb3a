//! How an aggregate lies in MongoDB.

use std::time::Duration;

use bson::doc;
use mongodb::{Database, IndexModel, options::IndexOptions};
use serde::{Deserialize, Serialize};

use super::{
    aggregate::{Aggregate, Index, Loaded},
    dead_letters,
    outbox::OutboxEntry,
};
use crate::clock::Timestamp;

/// The document of an aggregate.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stored<A> {
    #[serde(rename = "_id")]
    pub id: String,
    /// 1, 2, 3 … per write. Not the public version: a write may change nothing that others see.
    pub rev: i64,
    pub state: A,
    /// Absent when there is nothing to publish, so that the partial index below stays small.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outbox: Vec<OutboxEntry>,
    pub awaits_peer: bool,
    pub updated_at: Timestamp,
}

impl<A> Stored<A> {
    pub fn into_loaded(self) -> Loaded<A> {
        Loaded { state: self.state, rev: self.rev, pending: self.outbox }
    }
}

/// The index of what another service has to act on, which is a small part of all that there ever was.
pub(super) const AWAITING_PEER: &str = "awaiting_peer";
/// The index of what changed when.
pub(super) const CHANGES: &str = "changes";

/// Makes what every service's database has.
pub(super) async fn prepare(database: &Database) -> Result<(), mongodb::error::Error> {
    let model = index_model(dead_letters::index());
    database.collection::<bson::Document>(dead_letters::COLLECTION).create_index(model).await?;
    Ok(())
}

/// Makes the collection of an aggregate with its own indexes and the three that the bus needs.
pub(super) async fn create_collection<A: Aggregate>(
    database: &Database,
) -> Result<(), mongodb::error::Error> {
    let outbox =
        Index::on("unpublished", doc! { "outbox.time": 1 }).partial(doc! { "outbox": { "$exists": true } });
    let awaiting = Index::on(AWAITING_PEER, doc! { "updatedAt": 1 }).partial(doc! { "awaitsPeer": true });
    let changes = Index::on(CHANGES, doc! { "updatedAt": 1, "_id": 1 });
    let indexes = A::indexes().into_iter().chain([outbox, awaiting, changes]).map(index_model);
    database.collection::<Stored<A>>(A::COLLECTION).create_indexes(indexes).await?;
    Ok(())
}

fn index_model(index: Index) -> IndexModel {
    let options = IndexOptions::builder()
        .name(index.name.to_owned())
        .unique(index.unique)
        .partial_filter_expression(index.partial)
        .expire_after(index.expiring.then_some(Duration::ZERO))
        .build();
    IndexModel::builder().keys(index.keys).options(options).build()
}

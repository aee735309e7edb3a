//! The connection to MongoDB: majority and journaled, never a standalone.

use std::time::Duration;

use bson::doc;
use mongodb::{
    Client, Database,
    options::{Acknowledgment, ClientOptions, ReadConcern, WriteConcern},
};

/// How long one command may wait for a usable server before it fails.
const SERVER_SELECTION_TIMEOUT: Duration = Duration::from_secs(5);
/// How many connections one service keeps at most; grouped writes need few.
const MAX_POOL_SIZE: u32 = 32;

/// MongoDB cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MongoError {
    /// The address is wrong or nobody answers there.
    #[error("reach MongoDB (check MONGODB_URI)")]
    Unreachable(#[source] mongodb::error::Error),
    /// The server is not a member of a replica set, so it cannot promise that a write survives.
    #[error(
        "use this MongoDB: it is a standalone, and only a replica set keeps what was acknowledged; \
         start mongod with --replSet and initiate the set, even with one member"
    )]
    Standalone,
}

/// Connects and makes sure that the server is a member of a replica set.
pub async fn connect(uri: &str, database: &str) -> Result<Database, MongoError> {
    let mut options = ClientOptions::parse(uri).await.map_err(MongoError::Unreachable)?;
    options.app_name = Some(database.to_owned());
    options.server_selection_timeout = Some(SERVER_SELECTION_TIMEOUT);
    options.max_pool_size = Some(MAX_POOL_SIZE);
    options.read_concern = Some(ReadConcern::majority());
    options.write_concern = Some(WriteConcern::builder().w(Acknowledgment::Majority).journal(true).build());
    let client = Client::with_options(options).map_err(MongoError::Unreachable)?;
    let hello =
        client.database("admin").run_command(doc! { "hello": 1 }).await.map_err(MongoError::Unreachable)?;
    if hello.get_str("setName").is_err() {
        return Err(MongoError::Standalone);
    }
    Ok(client.database(database))
}

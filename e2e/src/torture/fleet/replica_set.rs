//! Three members of MongoDB that become one replica set.

use std::time::Duration;

use bson::{Document, doc};
use mongodb::{Client, Database};

use super::links::Links;
use crate::market::until_within;

/// What `xtask::servers::mongo` calls it.
pub const NAME: &str = "stagedoor";
/// A member is missed after this long. The default of ten seconds would make each fault last longer than
/// the nemesis wants to wait; the protocol is the same.
const ELECTION_TIMEOUT_MILLIS: i32 = 2_000;
const HEARTBEAT_MILLIS: i32 = 500;
const BOUND: Duration = Duration::from_mins(1);

/// Makes them one set and waits for a primary; the connection goes through the links, as everybody's.
pub async fn initiate(links: &Links) -> Client {
    let first = format!("mongodb://127.0.0.1:{}/?directConnection=true", links.mongod_ports[0]);
    let first = connect(&first).await.database("admin");
    until_within(BOUND, "the first member of MongoDB", async || {
        run(&first, doc! { "replSetInitiate": configuration(links) }).await
    })
    .await;
    let client = connect(&links.mongodb_uri()).await;
    let admin = client.database("admin");
    until_within(BOUND, "a primary of MongoDB", async || run(&admin, doc! { "ping": 1 }).await).await;
    until_within(BOUND, "all members of MongoDB", async || all_there(&admin).await).await;
    client
}

fn configuration(links: &Links) -> Document {
    let members: Vec<Document> =
        (0_i32..).zip(links.members()).map(|(id, host)| doc! { "_id": id, "host": host }).collect();
    doc! {
        "_id": NAME,
        "members": members,
        "settings": {
            "electionTimeoutMillis": ELECTION_TIMEOUT_MILLIS,
            "heartbeatIntervalMillis": HEARTBEAT_MILLIS,
        },
    }
}

async fn all_there(admin: &Database) -> Result<(), String> {
    let status = admin.run_command(doc! { "replSetGetStatus": 1 }).await.map_err(|why| why.to_string())?;
    let members = status.get_array("members").map(Vec::as_slice).unwrap_or_default();
    let states =
        members.iter().filter_map(bson::Bson::as_document).filter_map(|m| m.get_str("stateStr").ok());
    let away = states.filter(|state| !["PRIMARY", "SECONDARY"].contains(state)).count();
    if away == 0 { Ok(()) } else { Err(format!("{away} members are not there yet")) }
}

async fn run(admin: &Database, command: Document) -> Result<(), String> {
    match admin.run_command(command).await {
        Ok(_) => Ok(()),
        Err(error) if error.to_string().contains("AlreadyInitialized") => Ok(()),
        Err(error) => Err(error.to_string()),
    }
}

async fn connect(uri: &str) -> Client {
    let mut options = mongodb::options::ClientOptions::parse(uri).await.expect("a valid address");
    options.server_selection_timeout = Some(Duration::from_secs(3));
    options.read_concern = Some(mongodb::options::ReadConcern::majority());
    Client::with_options(options).expect("a client of MongoDB")
}

//! S15: no card number, password or token in any store, stream, log or measurement. Looks through all that a
//! marketplace has written down: every document of every database and the journal of what they were before,
//! and every file of its directory, which holds the messages of JetStream, the commands of Redis, the ledger,
//! and the logs of all processes with those of the ingress.
//!
//! It can be asked at any time of any marketplace whose MongoDB runs.

mod patterns;

use std::{
    fs,
    path::{Path, PathBuf},
};

use bson::{Document, RawDocumentBuf, doc};
use futures::{StreamExt as _, TryStreamExt as _};

use super::{Books, Market, PASSWORD, machinery::Service, surroundings};

pub use patterns::{Kind, Searcher};

/// Holds pages of MongoDB, compressed; its documents are asked for instead.
const DATA_OF_MONGODB: &str = "mongodb";
/// Where MongoDB keeps every write of the last hours, whatever became of the document.
const JOURNAL: &str = "local.oplog.rs";
/// The only place for private keys: tokens are signed with them.
const SIGNING_KEYS: &str = "auth.signing_keys";

/// Something secret, and where it was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// A document or a file.
    pub place: String,
    /// What it is.
    pub kind: Kind,
    /// Some of the text around it.
    pub excerpt: String,
}

impl Market {
    /// Everything that should not be written down anywhere, and is.
    pub async fn leaks(&self) -> Vec<Leak> {
        let searcher = searcher(&self.books).await;
        let mut leaks = self.search(&searcher).await;
        leaks.retain(|leak| !is_in_its_place(leak));
        leaks
    }

    /// Everything that a searcher finds, wherever it is.
    pub async fn search(&self, searcher: &Searcher) -> Vec<Leak> {
        let dirs = [self.machinery.dir().to_path_buf()];
        let mut found = search(&self.books, &dirs, searcher).await;
        for service in Service::ALL {
            let measurements = self.site.ask_port(self.machinery.ports().of(service).1, "/metrics").await;
            look(
                searcher,
                &format!("/metrics of {}", service.name()),
                measurements.text.as_bytes(),
                &mut found,
            );
        }
        found
    }
}

/// Everything that should not be written down in these books and below these directories, and is.
pub async fn leaks(books: &Books, dirs: &[PathBuf]) -> Vec<Leak> {
    let mut leaks = search(books, dirs, &searcher(books).await).await;
    leaks.retain(|leak| !is_in_its_place(leak));
    leaks
}

/// Who knows all secrets of a marketplace.
async fn searcher(books: &Books) -> Searcher {
    let keys = private_keys(books).await;
    assert!(!keys.is_empty(), "auth has no signing key, so that none could be found elsewhere");
    let mut searcher = Searcher::for_shapes();
    for password in [PASSWORD, surroundings::ADMIN_PASSWORD] {
        searcher = searcher.with_word(Kind::Password, password);
    }
    for secret in surroundings::SECRETS {
        searcher = searcher.with_word(Kind::Secret, secret);
    }
    for key in &keys {
        searcher = searcher.with_word(Kind::PrivateKey, key);
    }
    searcher
}

/// The private halves of auth's signing keys, as auth stores them.
async fn private_keys(books: &Books) -> Vec<String> {
    let keys = books.database(Service::Auth).collection::<Document>("signing_keys");
    let keys = keys.find(doc! {}).await.expect("read the signing keys");
    let keys: Vec<Document> = keys.try_collect().await.expect("read the signing keys");
    let private =
        |key: &Document| Some(key.get_document("state").ok()?.get_str("privateKey").ok()?.to_owned());
    keys.iter().filter_map(private).collect()
}

async fn search(books: &Books, dirs: &[PathBuf], searcher: &Searcher) -> Vec<Leak> {
    let mut found = search_databases(books, searcher).await;
    found.extend(dirs.iter().flat_map(|dir| search_files(dir, searcher)));
    found
}

async fn search_databases(books: &Books, searcher: &Searcher) -> Vec<Leak> {
    let mut found = Vec::new();
    let client = books.client();
    for name in client.list_database_names().await.expect("list the databases") {
        let database = client.database(&name);
        for collection in database.list_collection_names().await.expect("list the collections") {
            let place = format!("{name}.{collection}");
            let documents = database.collection::<RawDocumentBuf>(&collection).find(doc! {}).await;
            let mut documents = documents.expect("read a collection").boxed();
            while let Some(document) = documents.next().await {
                let document = document.expect("read a document");
                look(searcher, &place, document.as_bytes(), &mut found);
            }
        }
    }
    found
}

/// Auth has to have its keys, so they are in its database, and in the journal of having been written there.
fn is_in_its_place(leak: &Leak) -> bool {
    leak.kind == Kind::PrivateKey && [SIGNING_KEYS, JOURNAL].contains(&leak.place.as_str())
}

fn search_files(dir: &Path, searcher: &Searcher) -> Vec<Leak> {
    let mut found = Vec::new();
    let mut dirs = vec![dir.to_path_buf()];
    while let Some(dir) = dirs.pop() {
        // What is deleted meanwhile is not written down any more.
        let Ok(entries) = fs::read_dir(&dir) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() && !path.ends_with(DATA_OF_MONGODB) {
                dirs.push(path);
            } else if let Ok(bytes) = read_if_file(&path) {
                look(searcher, &path.display().to_string(), &bytes, &mut found);
            }
        }
    }
    found
}

fn read_if_file(path: &PathBuf) -> std::io::Result<Vec<u8>> {
    if path.is_file() { fs::read(path) } else { Ok(Vec::new()) }
}

fn look(searcher: &Searcher, place: &str, bytes: &[u8], found: &mut Vec<Leak>) {
    found.extend(searcher.search(bytes).into_iter().map(|(kind, excerpt)| Leak {
        place: place.to_owned(),
        kind,
        excerpt,
    }));
}

//! The append-only file behind the book: JSON lines, flushed to the disk before anything is answered.
//!
//! One thread writes. Entries that arrive while it waits for the disk go out together with the next flush,
//! so many requests share one. When the disk refuses, the ledger is over and with it the gateway: a witness
//! that may have forgotten something is none.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead as _, BufReader, Seek as _, Write as _},
    path::{Path, PathBuf},
};

use tokio::sync::{mpsc, watch};

use super::{book::Book, entries::Entry};

/// How many entries may wait for the disk.
const QUEUE: usize = 1_024;
/// How many entries share one flush at most.
const BATCH: usize = 256;

/// The ledger cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file cannot be opened, read or repaired.
    #[error("read the ledger {path}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A line in the middle is not an entry: somebody else wrote to the file.
    #[error("read line {line} of the ledger {path}")]
    Corrupt {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: u64,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The disk refused an entry; the reason is in the log.
    #[error("the ledger is closed")]
    Closed,
}

/// The way to the thread that writes.
#[derive(Debug, Clone)]
pub struct Ledger {
    queue: mpsc::Sender<Entry>,
    durable: watch::Receiver<u64>,
}

/// A place in the queue, taken before the book is locked.
pub type Place<'a> = mpsc::Permit<'a, Entry>;

impl Ledger {
    /// Replays the file into a book and goes on writing at its end; makes the file if it is not there.
    pub fn open(path: &Path) -> Result<(Self, Book), LedgerError> {
        let read = |source| LedgerError::Read { path: path.to_owned(), source };
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).map_err(read)?;
        }
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(read)?;
        let book = replay(&mut file, path)?;
        let (queue, from_requests) = mpsc::channel(QUEUE);
        let (mark, durable) = watch::channel(book.next_seq() - 1);
        std::thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || write_all(file, from_requests, &mark))
            .map_err(read)?;
        Ok((Self { queue, durable }, book))
    }

    /// Waits for a place in the queue.
    pub async fn reserve(&self) -> Result<Place<'_>, LedgerError> {
        self.queue.reserve().await.map_err(|_| LedgerError::Closed)
    }

    /// Waits until everything up to `seq` is on the disk.
    pub async fn settled(&self, seq: u64) -> Result<(), LedgerError> {
        let mut durable = self.durable.clone();
        durable.wait_for(|mark| *mark >= seq).await.map(|_| ()).map_err(|_| LedgerError::Closed)
    }

    /// The last entry that is on the disk.
    pub fn durable_seq(&self) -> u64 {
        *self.durable.borrow()
    }

    /// Returns when the disk has refused an entry.
    pub async fn closed(&self) {
        self.queue.closed().await;
    }
}

/// Reads all entries. A last line without its end was never acknowledged, and is cut off.
fn replay(file: &mut File, path: &Path) -> Result<Book, LedgerError> {
    let read = |source| LedgerError::Read { path: path.to_owned(), source };
    let mut book = Book::default();
    let mut reader = BufReader::new(&mut *file);
    let (mut line, mut good_bytes, mut count) = (Vec::new(), 0_u64, 0_u64);
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line).map_err(read)?;
        if length == 0 || line.last() != Some(&b'\n') {
            break;
        }
        count += 1;
        let entry = serde_json::from_slice(&line).map_err(|source| LedgerError::Corrupt {
            path: path.to_owned(),
            line: count,
            source,
        })?;
        book.add(entry);
        good_bytes += u64::try_from(length).unwrap_or(0);
    }
    file.set_len(good_bytes).map_err(read)?;
    file.seek(io::SeekFrom::End(0)).map_err(read)?;
    Ok(book)
}

/// Writes until nobody can send any more, or the disk refuses.
fn write_all(mut file: File, mut queue: mpsc::Receiver<Entry>, mark: &watch::Sender<u64>) {
    let mut batch = Vec::with_capacity(BATCH);
    while queue.blocking_recv_many(&mut batch, BATCH) > 0 {
        if let Err(error) = append(&mut file, &batch) {
            tracing::error!(%error, "the disk refused a ledger entry; the sandbox gateway stops");
            return;
        }
        if let Some(last) = batch.last() {
            mark.send_replace(last.seq);
        }
        batch.clear();
    }
}

fn append(file: &mut File, batch: &[Entry]) -> io::Result<()> {
    let mut bytes = Vec::new();
    for entry in batch {
        serde_json::to_writer(&mut bytes, entry)?;
        bytes.push(b'\n');
    }
    file.write_all(&bytes)?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::{
        book::Status,
        entries::{Amount, Effect},
    };

    fn effects() -> Vec<Effect> {
        let (reference, token) = ("p".to_owned(), "tok_a".to_owned());
        let amount = Amount { amount_cents: 100, currency: "EUR".to_owned() };
        vec![
            Effect::TokenCreated {
                token: token.clone(),
                brand: "visa".to_owned(),
                last4: "4242".to_owned(),
                behaviour: crate::sandbox::cards::Behaviour::Succeeds,
            },
            Effect::Authorized { reference: reference.clone(), token, amount: amount.clone() },
            Effect::Captured { reference, amount },
        ]
    }

    async fn write(path: &Path) -> Vec<Entry> {
        let (ledger, mut book) = Ledger::open(path).unwrap();
        for effect in effects() {
            let place = ledger.reserve().await.unwrap();
            let now = common::clock::Timestamp::from_millis(1_800_000_000_000).unwrap();
            place.send(book.record(now, effect));
        }
        ledger.settled(3).await.unwrap();
        book.entries_after(0, 10)
    }

    #[tokio::test]
    async fn a_restart_finds_everything_that_was_written() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.jsonl");
        let written = write(&path).await;
        let (ledger, book) = Ledger::open(&path).unwrap();
        assert_eq!(book.entries_after(0, 10), written);
        assert_eq!(book.authorization("p").unwrap().status, Status::Captured);
        assert_eq!(ledger.durable_seq(), 3);
    }

    #[tokio::test]
    async fn a_line_that_a_crash_cut_short_is_dropped() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.jsonl");
        write(&path).await;
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 5]).unwrap();
        let (_ledger, book) = Ledger::open(&path).unwrap();
        assert_eq!(book.next_seq(), 3);
        assert_eq!(book.authorization("p").unwrap().status, Status::Authorized);
    }

    #[tokio::test]
    async fn a_ledger_that_somebody_scribbled_in_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.jsonl");
        std::fs::write(&path, "{}\n").unwrap();
        let error = Ledger::open(&path).unwrap_err();
        assert!(matches!(error, LedgerError::Corrupt { line: 1, .. }), "{error}");
    }
}

//! Group commit: units of work that arrive while others are being written are written together, as one
//! unordered bulk command per collection, with one journal flush for all and an answer for each.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bson::{RawArrayBuf, RawDocumentBuf, rawdoc};
use futures::future::join_all;
use mongodb::Database;
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::{
    Grouping,
    causality::Causality,
    commit::{CommitError, read_reply},
    relay::Job,
    tx::Write,
};
use crate::{
    control::{Control, is_broken},
    failpoint::{self, Point},
    shutdown::Tasks,
};

/// How many units of work may wait; beyond that callers wait to be let in.
const QUEUE: usize = 4_096;
/// How long MongoDB may take to confirm a group before the outcome counts as unknown.
const COMMIT_TIMEOUT: Duration = Duration::from_secs(10);

struct Unit {
    writes: Vec<Write>,
    answer: oneshot::Sender<Result<(), CommitError>>,
}

/// The way in.
pub(super) struct Committer {
    queue: mpsc::Sender<Unit>,
}

impl Committer {
    pub fn start(
        database: Database,
        causality: Causality,
        to_relay: mpsc::Sender<Job>,
        grouping: Grouping,
        tasks: &Tasks,
    ) -> Self {
        let (queue, units) = mpsc::channel(QUEUE);
        let stopping = tasks.stopping();
        tasks.spawn("committer", async move {
            tokio::select! {
                () = run(database, causality, to_relay, grouping, units) => {}
                // Whoever still wants to commit is itself waited for before the drain begins.
                () = stopping.cancelled() => {}
            }
        });
        Self { queue }
    }

    /// Hands a unit of work over and waits until it is journaled by a majority, or refused.
    pub async fn commit(&self, writes: Vec<Write>) -> Result<(), CommitError> {
        let (answer, answered) = oneshot::channel();
        let stopped = |()| CommitError::Unavailable("the service is stopping".to_owned());
        self.queue.send(Unit { writes, answer }).await.map_err(|_| stopped(()))?;
        if is_broken(Control::AnswerBeforeCommit) {
            return Ok(());
        }
        answered.await.map_err(|_| stopped(()))?
    }
}

async fn run(
    database: Database,
    causality: Causality,
    to_relay: mpsc::Sender<Job>,
    grouping: Grouping,
    mut units: mpsc::Receiver<Unit>,
) {
    let in_flight = Arc::new(Semaphore::new(grouping.in_flight));
    // The permit comes first: while all groups are in flight, the next one grows.
    while let Ok(permit) = in_flight.clone().acquire_owned().await {
        let mut group = Vec::new();
        if units.recv_many(&mut group, grouping.max_units).await == 0 {
            return;
        }
        let (database, causality, to_relay) = (database.clone(), causality.clone(), to_relay.clone());
        tokio::spawn(async move {
            commit_group(&database, &causality, &to_relay, group).await;
            drop(permit);
        });
    }
}

/// Which write of which unit of work.
type Position = (usize, usize);

async fn commit_group(
    database: &Database,
    causality: &Causality,
    to_relay: &mpsc::Sender<Job>,
    group: Vec<Unit>,
) {
    metrics::histogram!("bus_commit_group_size").record(u32::try_from(group.len()).unwrap_or(u32::MAX));
    let mut bulks: BTreeMap<(&str, bool), Vec<Position>> = BTreeMap::new();
    for (u, unit) in group.iter().enumerate() {
        for (w, write) in unit.writes.iter().enumerate() {
            bulks.entry((write.collection, write.guard.is_some())).or_default().push((u, w));
        }
    }
    if is_broken(Control::PublishBeforeCommit) {
        for write in group.iter().flat_map(|unit| &unit.writes) {
            hand_to_relay(to_relay, write);
        }
    }
    failpoint::pass(Point::CommitUnsent);
    let results = join_all(bulks.iter().map(|((collection, guarded), positions)| {
        send_bulk(database, causality, collection, *guarded, positions, &group)
    }))
    .await;
    failpoint::pass(Point::CommitUnanswered);
    let mut outcomes: Vec<Result<(), CommitError>> = vec![Ok(()); group.len()];
    for (position, result) in bulks.values().flatten().zip(results.into_iter().flatten()) {
        match result {
            Ok(()) => hand_to_relay(to_relay, &group[position.0].writes[position.1]),
            Err(error) => outcomes[position.0] = Err(error),
        }
    }
    for (unit, outcome) in group.into_iter().zip(outcomes) {
        // Nobody listens any more when the caller has gone away; the write stands all the same.
        let _ = unit.answer.send(outcome);
    }
}

async fn send_bulk(
    database: &Database,
    causality: &Causality,
    collection: &str,
    guarded: bool,
    positions: &[Position],
    group: &[Unit],
) -> Vec<Result<(), CommitError>> {
    let writes = positions.iter().map(|(u, w)| &group[*u].writes[*w]);
    let command = match bulk_command(collection, guarded, writes) {
        Ok(command) => command,
        Err(error) => return vec![Err(CommitError::Rejected(error.to_string())); positions.len()],
    };
    let sent = database.run_raw_command(command);
    match tokio::time::timeout(COMMIT_TIMEOUT, sent).await {
        Ok(Ok(reply)) => {
            causality.note_reply(&reply);
            read_reply(&reply, guarded, positions.len())
        }
        Ok(Err(error)) => vec![Err(CommitError::Unavailable(error.to_string())); positions.len()],
        Err(_) => vec![Err(CommitError::Unavailable("no answer in time".to_owned())); positions.len()],
    }
}

fn bulk_command<'a>(
    collection: &str,
    guarded: bool,
    writes: impl Iterator<Item = &'a Write>,
) -> Result<RawDocumentBuf, bson::error::Error> {
    let mut elements = RawArrayBuf::new();
    for write in writes {
        elements.push(match write.guard {
            Some(rev) => write.to_update(rev)?,
            None => write.to_insert()?,
        });
    }
    let mut command = if guarded {
        rawdoc! { "update": collection, "updates": elements }
    } else {
        rawdoc! { "insert": collection, "documents": elements }
    };
    command.append(bson::cstr!("ordered"), false);
    let concern = rawdoc! { "w": "majority", "j": true, "wtimeout": 5_000 };
    command.append(bson::cstr!("writeConcern"), concern);
    Ok(command)
}

/// Wakes the relay. When its queue is full it finds the entries by itself.
fn hand_to_relay(to_relay: &mpsc::Sender<Job>, write: &Write) {
    if !write.entries.is_empty() {
        let entries = write.pending.iter().chain(&write.entries).cloned().collect();
        let job = Job { collection: write.collection, document_id: write.id.clone(), entries };
        let _ = to_relay.try_send(job);
    }
}

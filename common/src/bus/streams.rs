//! The streams of JetStream: one per service that publishes, and one for dead letters.

use std::{fmt, str::FromStr, time::Duration};

use async_nats::jetstream::{
    Context,
    context::CreateStreamError,
    stream::{Config, DiscardPolicy, RetentionPolicy, StorageType},
};

/// The services that publish, hence the streams that exist; each has a database of its name.
pub const OWNERS: [&str; 5] = ["auth", "tickets", "orders", "expiration", "payments"];
/// The owner of the dead-letter subjects.
pub const DEAD_LETTERS: &str = "dlq";

/// For how long JetStream knows the ids of messages it has, and drops a second one.
const DUPLICATE_WINDOW: Duration = Duration::from_mins(2);
/// Older messages are dropped: consumers have long had them, and MongoDB can tell the state again.
const MAX_AGE: Duration = Duration::from_hours(168);
/// A full stream refuses new messages instead of dropping old ones; they wait in the outboxes. JetStream
/// sets this much disk aside, so the many streams of tests get less.
const MAX_BYTES: i64 = 1 << 30;
const MAX_BYTES_OF_A_TEST: i64 = 16 << 20;

/// Keeps the subjects and streams of one test apart from those of others. Empty in production.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Namespace(String);

/// The text cannot be a namespace.
#[derive(Debug, thiserror::Error)]
#[error("parse NATS namespace: expected lower-case letters, digits or underscores, at most 32")]
pub struct InvalidNamespace;

impl FromStr for Namespace {
    type Err = InvalidNamespace;

    fn from_str(text: &str) -> Result<Self, InvalidNamespace> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if text.len() <= 32 && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidNamespace)
        }
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Namespace {
    /// The subject as NATS sees it.
    pub fn subject(&self, subject: &str) -> String {
        if self.0.is_empty() { subject.to_owned() } else { format!("{}.{subject}", self.0) }
    }

    /// The stream that keeps what a service publishes: its name in capitals.
    pub fn stream(&self, owner: &str) -> String {
        let owner = owner.to_uppercase();
        if self.0.is_empty() { owner } else { format!("{}_{owner}", self.0) }
    }
}

/// A stream cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("create the stream {stream}")]
pub struct StreamsError {
    stream: String,
    #[source]
    source: CreateStreamError,
}

/// Makes the streams that do not exist yet. Whoever comes first makes them, so that services can start in
/// any order; how many replicas a stream has is up to whoever runs the cluster, so an existing stream is
/// left as it is.
pub(super) async fn ensure(context: &Context, namespace: &Namespace) -> Result<(), StreamsError> {
    for owner in OWNERS.into_iter().chain([DEAD_LETTERS]) {
        let config = config(namespace, owner);
        let stream = config.name.clone();
        context.get_or_create_stream(config).await.map_err(|source| StreamsError { stream, source })?;
    }
    Ok(())
}

fn config(namespace: &Namespace, owner: &str) -> Config {
    Config {
        name: namespace.stream(owner),
        subjects: vec![namespace.subject(&format!("{owner}.>"))],
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::New,
        storage: StorageType::File,
        duplicate_window: DUPLICATE_WINDOW,
        max_age: MAX_AGE,
        max_bytes: if namespace.0.is_empty() { MAX_BYTES } else { MAX_BYTES_OF_A_TEST },
        ..Config::default()
    }
}

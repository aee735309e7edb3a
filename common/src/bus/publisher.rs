//! The only place that publishes to NATS: used by the relay, the repair and the dead-letter step.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_nats::{
    HeaderMap,
    connection::State,
    jetstream::{Context, context::PublishErrorKind},
};

use super::{
    outbox::OutboxEntry,
    streams::{self, Namespace, StreamsError},
};
use crate::failpoint::{self, Point};

/// How long JetStream may take to acknowledge.
const ACK_TIMEOUT: Duration = Duration::from_secs(5);

/// An event did not get its acknowledgement; it stays in the outbox.
#[derive(Debug, thiserror::Error)]
pub(super) enum PublishError {
    #[error("publish: not connected to NATS")]
    Disconnected,
    #[error("publish: JetStream did not acknowledge")]
    Refused(#[from] async_nats::jetstream::context::PublishError),
    #[error("publish: the stream was lost and cannot be made again")]
    Stream(#[from] StreamsError),
}

/// Publishes, and remembers how far each stream has acknowledged.
#[derive(Clone)]
pub(super) struct Publisher {
    client: async_nats::Client,
    context: Context,
    namespace: Namespace,
    source: &'static str,
    acknowledged: Arc<Mutex<HashMap<String, Progress>>>,
}

/// How far a stream has acknowledged.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    highest: u64,
    /// Whether a message got a place that had been acknowledged before: the stream is not what it was.
    went_back: bool,
}

impl Publisher {
    pub fn new(client: async_nats::Client, namespace: Namespace, source: &'static str) -> Self {
        let mut context = async_nats::jetstream::new(client.clone());
        context.set_timeout(ACK_TIMEOUT);
        Self { client, context, namespace, source, acknowledged: Arc::default() }
    }

    pub fn context(&self) -> &Context {
        &self.context
    }

    pub fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    pub fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    pub async fn ensure_streams(&self) -> Result<(), StreamsError> {
        streams::ensure(&self.context, &self.namespace).await
    }

    /// The highest sequence that this process knows to be acknowledged in a stream.
    pub fn acknowledged(&self, stream: &str) -> u64 {
        self.progress(stream).highest
    }

    /// Whether a stream has given a place away twice, so that it has lost what was there.
    pub fn went_back(&self, stream: &str) -> bool {
        self.progress(stream).went_back
    }

    fn progress(&self, stream: &str) -> Progress {
        let map = self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
        map.get(stream).copied().unwrap_or_default()
    }

    /// Forgets how far a stream was: it has been lost and starts again.
    pub fn forget(&self, stream: &str) {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).remove(stream);
    }

    /// Publishes an entry as a CloudEvent in binary mode. `message_id` is what JetStream drops duplicates
    /// by: the event's own id, or another one for a deliberate repetition.
    pub async fn publish(&self, entry: &OutboxEntry, message_id: &str) -> Result<(), PublishError> {
        let subject = format!("{}.{}", entry.ce_type, entry.aggregate_id);
        let mut headers = HeaderMap::new();
        headers.insert("ce-specversion", "1.0");
        headers.insert("ce-id", entry.id.to_string());
        headers.insert("ce-type", entry.ce_type.as_str());
        headers.insert("ce-source", format!("/{}", self.source));
        headers.insert("ce-subject", entry.aggregate_id.as_str());
        headers.insert("ce-time", entry.time.to_string());
        headers.insert("content-type", "application/json");
        if let Some(traceparent) = &entry.traceparent {
            headers.insert("traceparent", traceparent.as_str());
        }
        self.send(&subject, headers, message_id, entry.body.clone()).await
    }

    /// Publishes a message and waits for its PubAck. A stream that is not there is made again.
    #[expect(clippy::disallowed_methods, reason = "the one place that publishes, after the commit")]
    pub async fn send(
        &self,
        subject: &str,
        mut headers: HeaderMap,
        message_id: &str,
        body: String,
    ) -> Result<(), PublishError> {
        if !self.is_connected() {
            return Err(PublishError::Disconnected);
        }
        headers.insert("Nats-Msg-Id", message_id);
        let owner = subject.split('.').next().unwrap_or_default();
        let before = self.acknowledged(&self.namespace.stream(owner));
        let subject = self.namespace.subject(subject);
        failpoint::pass(Point::PublishUnsent);
        let ack = self.context.publish_with_headers(subject, headers, body.into()).await?;
        failpoint::pass(Point::PublishUnacked);
        match ack.await {
            Ok(ack) => {
                failpoint::pass(Point::PublishAcked);
                let mut map = self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
                let progress = map.entry(ack.stream).or_default();
                progress.highest = ack.sequence.max(progress.highest);
                progress.went_back |= !ack.duplicate && ack.sequence <= before;
                Ok(())
            }
            Err(error) => {
                if error.kind() == PublishErrorKind::StreamNotFound {
                    self.ensure_streams().await?;
                }
                Err(error.into())
            }
        }
    }
}

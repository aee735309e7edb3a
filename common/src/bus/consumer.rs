//! The durable consumers that listeners hear through.

use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, Info, PullConsumer, pull};

use super::{Bus, ListenerInfo};

/// After how long without a sign of life JetStream delivers a message again. What was in the hands of a
/// process when it was killed waits so long for the next one, and with it whoever waits for its effect.
const ACK_WAIT: Duration = Duration::from_secs(4);
/// How many unacknowledged messages JetStream lets one consumer have, over all replicas; so no process ever
/// has more than that, running or in line. All of them are taken in hand as they come: one that lay
/// unseen in a buffer would show no sign of life and be delivered again.
const MAX_ACK_PENDING: i64 = 1_024;
/// Makes the durable consumer of a listener, or finds it.
pub(super) async fn create_consumer(bus: &Bus, info: &ListenerInfo) -> Result<PullConsumer, String> {
    let publisher = &bus.inner.publisher;
    let config = pull::Config {
        durable_name: Some(info.durable.clone()),
        description: Some(format!("{} on {}", info.durable, info.event)),
        filter_subject: publisher.namespace().subject(&format!("{}.*", info.ce_type)),
        ack_policy: AckPolicy::Explicit,
        ack_wait: ACK_WAIT,
        max_deliver: -1,
        max_ack_pending: MAX_ACK_PENDING,
        ..pull::Config::default()
    };
    let stream = publisher.namespace().stream(info.owner);
    let created = publisher.context().create_consumer_on_stream(config, &stream).await;
    created.map_err(|error| error.to_string())
}

/// How far a listener is.
#[derive(Debug, Clone)]
pub(crate) struct Lag {
    pub listener: String,
    /// How many messages it has not acknowledged yet, delivered or not.
    pub waiting: u64,
    /// Up to where in the stream it has acknowledged everything.
    pub acknowledged: u64,
}

/// How many messages a consumer has not acknowledged yet, delivered or not.
pub(super) fn waiting(info: &Info) -> u64 {
    info.num_pending.saturating_add(u64::try_from(info.num_ack_pending).unwrap_or(u64::MAX))
}

/// Asks JetStream how far a listener is; `None` if it does not say.
pub(super) async fn lag(bus: &Bus, info: &ListenerInfo) -> Option<Lag> {
    let publisher = &bus.inner.publisher;
    if !publisher.is_connected() {
        return None;
    }
    let stream = publisher.namespace().stream(info.owner);
    let consumer: PullConsumer =
        publisher.context().get_consumer_from_stream(&info.durable, stream).await.ok()?;
    let known = consumer.cached_info();
    let waiting = waiting(known);
    let gauge = metrics::gauge!("bus_consumer_lag", "listener" => info.durable.clone());
    gauge.set(u32::try_from(waiting).unwrap_or(u32::MAX));
    Some(Lag { listener: info.durable.clone(), waiting, acknowledged: known.ack_floor.stream_sequence })
}

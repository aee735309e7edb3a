//! Messages that no service has sent, or not now.

use std::time::Duration;

use async_nats::{Client, HeaderMap, jetstream};
use bytes::Bytes;
use common::{clock::Clock, ids::EventId};
use tokio::time::timeout;
use uuid::Uuid;

use crate::torture::fleet::Fleet;

/// How many old messages are published again at once.
const AGAIN: u64 = 300;
/// What the ids in poisoned subjects begin with, so that the dead letters can be told from others.
pub const POISON: &str = "dead0000";
const TIMEOUT: Duration = Duration::from_secs(3);

/// Takes messages from the beginning and from the end of a stream and publishes them again, as new ones.
#[expect(clippy::disallowed_methods, reason = "it forges what only the relay may publish")]
pub async fn publish_again(fleet: &Fleet, stream: &str) {
    let Some(client) = connect(fleet).await else { return };
    let Ok(mut stream) = jetstream::new(client.clone()).get_stream(stream).await else { return };
    let Ok(info) = stream.info().await else { return };
    let (first, last) = (info.state.first_sequence, info.state.last_sequence);
    let beginning = first..(first + AGAIN).min(last + 1);
    let end = last.saturating_sub(AGAIN).max(beginning.end)..last + 1;
    for sequence in beginning.chain(end) {
        let Ok(message) = stream.get_raw_message(sequence).await else { continue };
        let mut headers = message.headers.clone();
        headers.insert("Nats-Msg-Id", format!("again-{sequence}-{}", Uuid::now_v7()));
        let _ = client.publish_with_headers(message.subject.clone(), headers, message.payload.clone()).await;
    }
    let _ = timeout(TIMEOUT, client.flush()).await;
}

/// Publishes what nobody can read: without headers, without a body that is JSON, and with JSON that is
/// something else.
#[expect(clippy::disallowed_methods, reason = "it forges what only the relay may publish")]
pub async fn poison(fleet: &Fleet, stream: &str) {
    let Some(client) = connect(fleet).await else { return };
    for ce_type in types_of(stream) {
        for (headers, body) in [
            (HeaderMap::new(), Bytes::from_static(b"{}")),
            (headers(ce_type), Bytes::from_static(b"\xff\xfe not JSON")),
            (headers(ce_type), Bytes::from_static(b"{\"id\":7,\"version\":\"one\"}")),
        ] {
            let id = Uuid::now_v7().to_string();
            let subject = format!("{ce_type}.{POISON}{}", &id[POISON.len()..]);
            let _ = client.publish_with_headers(subject, headers, body).await;
        }
    }
    let _ = timeout(TIMEOUT, client.flush()).await;
}

/// Types that somebody listens to.
fn types_of(stream: &str) -> &'static [&'static str] {
    match stream {
        "AUTH" => &["auth.signing_key.changed.v1"],
        "TICKETS" => &["tickets.listing.updated.v1", "tickets.show.updated.v1"],
        "ORDERS" => &["orders.order.created.v1", "orders.order.completed.v1"],
        "EXPIRATION" => &["expiration.timer.completed.v1"],
        "PAYMENTS" => &["payments.payment.authorized.v1", "payments.payment.captured.v1"],
        _ => &[],
    }
}

fn headers(ce_type: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("ce-specversion", "1.0");
    headers.insert("ce-id", EventId::generate().to_string());
    headers.insert("ce-type", ce_type);
    headers.insert("ce-source", "/nobody");
    headers.insert("ce-time", Clock::system().now().to_string());
    headers
}

async fn connect(fleet: &Fleet) -> Option<Client> {
    let url = xtask::servers::nats::url(fleet.links.nats_port);
    timeout(TIMEOUT, async_nats::connect(url)).await.ok()?.ok()
}

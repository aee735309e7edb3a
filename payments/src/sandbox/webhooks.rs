//! Telling the shop what happened. A webhook is a hint and may be lost: it is sent a bounded number of
//! times, and the queue in front of it is bounded too.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use common::{clock::Clock, ids::EventId};
use secrecy::SecretString;
use serde::Serialize;
use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinSet,
};

use super::book::{Authorization, Status};
use crate::gateway::signature;

/// How many webhooks may wait.
const QUEUE: usize = 4_096;
/// How many are on their way at once.
const CONCURRENCY: usize = 32;
/// How often one is tried.
const ATTEMPTS: u32 = 5;
/// The pause after the first failure; each following one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// How long the shop may take to answer.
const TIMEOUT: Duration = Duration::from_secs(2);

/// One webhook to be sent.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// What to say.
    pub authorization: Authorization,
    /// How long to wait first.
    pub delay: Duration,
    /// How many times to say it.
    pub copies: u32,
}

/// The body of a webhook.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    id: EventId,
    #[serde(rename = "type")]
    kind: String,
    reference: &'a str,
    status: Status,
    seq: u64,
}

/// Where webhooks go and how they are signed.
#[derive(Debug, Clone)]
pub struct Webhooks {
    sender: Arc<Sender>,
    queue: mpsc::Sender<Delivery>,
}

#[derive(Debug)]
struct Sender {
    client: reqwest::Client,
    url: RwLock<Option<String>>,
    secret: SecretString,
    clock: Clock,
}

impl Webhooks {
    /// Starts sending; ends when the last handle is dropped.
    pub fn start(url: Option<String>, secret: SecretString, clock: Clock) -> Self {
        let client = reqwest::Client::new();
        let sender = Arc::new(Sender { client, url: RwLock::new(url), secret, clock });
        let (queue, from_gateway) = mpsc::channel(QUEUE);
        tokio::spawn(send_all(sender.clone(), from_gateway));
        Self { sender, queue }
    }

    /// Sends webhooks to another address from now on; tests learn it after the gateway has started.
    pub fn send_to(&self, url: String) {
        *self.sender.url.write().unwrap_or_else(PoisonError::into_inner) = Some(url);
    }

    /// Queues a webhook; a full queue loses it, which a hint may be.
    pub fn enqueue(&self, delivery: Delivery) {
        if self.sender.target().is_some() && self.queue.try_send(delivery).is_err() {
            tracing::warn!("too many webhooks are waiting: one was dropped");
        }
    }

    /// Sends a webhook before anything else happens, once.
    pub async fn send_now(&self, authorization: &Authorization) {
        self.sender.send(authorization).await;
    }
}

impl Sender {
    fn target(&self) -> Option<String> {
        self.url.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends once; true if the shop took it or nobody wants it.
    async fn send(&self, authorization: &Authorization) -> bool {
        let Some(url) = self.target() else { return true };
        let kind = serde_json::to_value(authorization.status).unwrap_or_default();
        let body = Body {
            id: EventId::generate(),
            kind: format!("authorization.{}", kind.as_str().unwrap_or("changed")),
            reference: &authorization.reference,
            status: authorization.status,
            seq: authorization.seq,
        };
        let Ok(body) = serde_json::to_vec(&body) else { return true };
        let header = signature::sign(&self.secret, self.clock.now(), &body);
        let request = self.client.post(url).timeout(TIMEOUT).header(signature::HEADER, header);
        let answer = request.header("content-type", "application/json").body(body).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    async fn deliver(&self, delivery: Delivery) {
        tokio::time::sleep(delivery.delay).await;
        for _ in 0..delivery.copies {
            let mut pause = FIRST_PAUSE;
            for _ in 0..ATTEMPTS {
                if self.send(&delivery.authorization).await {
                    break;
                }
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
        }
    }
}

async fn send_all(sender: Arc<Sender>, mut queue: mpsc::Receiver<Delivery>) {
    let free = Arc::new(Semaphore::new(CONCURRENCY));
    let mut deliveries = JoinSet::new();
    while let Some(delivery) = queue.recv().await {
        let Ok(place) = free.clone().acquire_owned().await else { return };
        let sender = sender.clone();
        deliveries.spawn(async move {
            sender.deliver(delivery).await;
            drop(place);
        });
        while deliveries.try_join_next().is_some() {}
    }
}

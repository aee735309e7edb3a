//! The observer: reads along what orders publishes, past JetStream, so that the wiping of a stream does
//! not wipe what it has seen. It is away while NATS is; what it misses then it cannot judge.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use common::{
    audit::Violation,
    events::order::{OrderSnapshot, OrderStatus},
    ids::OrderId,
};
use futures::StreamExt as _;
use orders::domain::invariants::{s8, s11};

use super::fleet::Fleet;

const RETRY: Duration = Duration::from_millis(250);

type Histories = HashMap<OrderId, BTreeMap<u64, OrderSnapshot>>;

/// What was seen of the orders.
pub struct Observer {
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    histories: Histories,
    contradictions: Vec<String>,
    messages: u64,
}

impl Observer {
    /// Begins to read along.
    pub async fn start(fleet: &Fleet) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let options = async_nats::ConnectOptions::new()
            .name("observer")
            .subscription_capacity(1 << 16)
            .reconnect_delay_callback(|_| RETRY);
        let url = xtask::servers::nats::url(fleet.links.nats_port);
        let client = options.connect(url).await.expect("reach NATS");
        let mut messages = client.subscribe("orders.>").await.expect("subscribe");
        let kept = seen.clone();
        tokio::spawn(async move {
            // The client goes with the task: without it the subscription would end.
            let _client = client;
            while let Some(message) = messages.next().await {
                // What is no snapshot is poison that the nemesis made.
                if let Ok(snapshot) = serde_json::from_slice::<OrderSnapshot>(&message.payload) {
                    kept.lock().unwrap_or_else(PoisonError::into_inner).take(snapshot);
                }
            }
        });
        Self { seen }
    }

    /// How many messages were seen, and of how many orders.
    pub fn extent(&self) -> (u64, usize) {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        (seen.messages, seen.histories.len())
    }

    /// S8, S9 and S11 over everything that was seen.
    pub fn violations(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |history: &BTreeMap<u64, OrderSnapshot>| {
            let steps: Vec<OrderSnapshot> = history.values().cloned().collect();
            let whole = steps.last().map(|last| last.version) == u64::try_from(steps.len()).ok();
            let path = if whole { s8(&steps) } else { Vec::new() };
            [path, s11(&steps), fates(&steps)].concat()
        };
        let found = seen.histories.values().flat_map(of).map(|violation| violation.to_string());
        found.chain(seen.contradictions.iter().cloned()).collect()
    }
}

impl Seen {
    fn take(&mut self, snapshot: OrderSnapshot) {
        self.messages += 1;
        let history = self.histories.entry(snapshot.id).or_default();
        match history.get(&snapshot.version) {
            Some(known) if *known != snapshot => {
                let (id, version) = (snapshot.id, snapshot.version);
                self.contradictions
                    .push(format!("S9: {id:?} was told twice in version {version}, differently"));
            }
            Some(_) => {}
            None => drop(history.insert(snapshot.version, snapshot)),
        }
    }
}

/// S8 over what has gaps: nothing comes after an end.
fn fates(steps: &[OrderSnapshot]) -> Vec<Violation> {
    let ended =
        |status| matches!(status, OrderStatus::Refunded | OrderStatus::Cancelled | OrderStatus::Expired);
    let mut violations = Vec::new();
    for (before, after) in steps.iter().zip(steps.iter().skip(1)) {
        if ended(before.status) {
            let detail = format!("{:?} was {:?} and then {:?}", after.id, before.status, after.status);
            violations.push(Violation::of("S8", detail));
        }
    }
    violations
}

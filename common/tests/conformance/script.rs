//! Listeners for the tests: one does what the test tells it and notes what it was called with, the other
//! keeps a view, as the listeners of services do.

use std::{
    future::Future,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use common::{
    bus::{Aggregate, HandlerError, Listener, Listeners, Meta, Outcome, Repository, Tx},
    events::order::{OrderChanged, OrderSnapshot},
    ids::OrderId,
};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};

use crate::fixture::Process;

type Result = std::result::Result<Outcome, HandlerError>;
type React = Arc<dyn Fn(Call) -> BoxFuture<'static, Result> + Send + Sync>;

/// One call of the listener.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    pub id: OrderId,
    pub version: u64,
    /// 1 for the first call with this version of this aggregate.
    pub number: usize,
    pub at: Instant,
}

/// What the listener does, and what it was called with. Clones are the same script.
#[derive(Clone)]
pub struct Script {
    react: React,
    calls: Arc<Mutex<Vec<Call>>>,
    done: Arc<Mutex<Vec<(OrderId, u64)>>>,
}

impl Script {
    /// Does this with each event.
    pub fn new<F: Future<Output = Result> + Send + 'static>(
        react: impl Fn(Call) -> F + Send + Sync + 'static,
    ) -> Self {
        let react: React = Arc::new(move |call| Box::pin(react(call)));
        Self { react, calls: Arc::default(), done: Arc::default() }
    }

    /// Handles everything at once.
    pub fn smooth() -> Self {
        Self::new(async |_| Ok(Outcome::Done))
    }

    /// Fails with the event of this version so many times, and handles everything else at once.
    pub fn failing(version: u64, times: usize) -> Self {
        Self::new(move |call| {
            let fails = call.version == version && call.number <= times;
            async move { if fails { Err(HandlerError::failed("not this time")) } else { Ok(Outcome::Done) } }
        })
    }

    /// All calls so far that were about this aggregate.
    pub fn calls(&self, id: OrderId) -> Vec<Call> {
        self.calls.lock().unwrap().iter().filter(|call| call.id == id).copied().collect()
    }

    /// How often it was called.
    pub fn count(&self) -> usize {
        self.calls.lock().unwrap().len()
    }

    /// The versions of this aggregate that were handled, in the order in which they were.
    pub fn heard(&self, id: OrderId) -> Vec<u64> {
        self.done.lock().unwrap().iter().filter(|(of, _)| *of == id).map(|(_, version)| *version).collect()
    }

    async fn play(&self, order: &OrderSnapshot) -> Result {
        let call = self.note(order);
        let outcome = (self.react)(call).await?;
        self.done.lock().unwrap().push((order.id, order.version));
        Ok(outcome)
    }

    fn note(&self, order: &OrderSnapshot) -> Call {
        let mut calls = self.calls.lock().unwrap();
        let earlier =
            calls.iter().filter(|call| (call.id, call.version) == (order.id, order.version)).count();
        let call = Call { id: order.id, version: order.version, number: earlier + 1, at: Instant::now() };
        calls.push(call);
        call
    }
}

/// Plays the script.
pub struct Follow;

impl Listener for Follow {
    const NAME: &'static str = "test-follow-on-order-changed";
    type Event = OrderChanged;
    type Context = Script;

    async fn handle(event: &OrderChanged, _: &Meta, _: &mut Tx, script: &Script) -> Result {
        script.play(&event.0).await
    }
}

/// What the other listener keeps of an aggregate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    pub order: OrderSnapshot,
    /// How many events had an effect on it.
    pub effects: u32,
}

impl Aggregate for View {
    const COLLECTION: &'static str = "views";

    fn document_id(&self) -> String {
        self.order.id.to_string()
    }
}

/// Keeps the newest snapshot of each aggregate.
pub struct Keep;

impl Listener for Keep {
    const NAME: &'static str = "test-keep-on-order-changed";
    type Event = OrderChanged;
    type Context = Repository<View>;

    async fn handle(event: &OrderChanged, _: &Meta, tx: &mut Tx, views: &Repository<View>) -> Result {
        let order = event.0.clone();
        let known = views.get(order.id).await?;
        // Time for a replica to come in between.
        tokio::time::sleep(Duration::from_millis(order.version % 4 * 20)).await;
        match known {
            None => tx.insert(View { order, effects: 1 }),
            Some(known) if known.state.order.version < order.version => {
                let effects = known.state.effects + 1;
                tx.save(&known, View { order, effects });
            }
            Some(_) => return Ok(Outcome::Skipped("stale")),
        }
        Ok(Outcome::Done)
    }
}

impl Process {
    /// Lets the script listen.
    pub async fn listen(&self, script: &Script) {
        let table = Listeners::new().with::<Follow>();
        self.bus.listen(table, script.clone(), &self.front).await.unwrap();
    }

    /// Lets the views be kept; gives them.
    pub async fn keep_views(&self) -> Repository<View> {
        self.bus.register::<View>().await.unwrap();
        let views = self.bus.repository::<View>();
        let table = Listeners::new().with::<Keep>();
        self.bus.listen(table, views.clone(), &self.front).await.unwrap();
        views
    }
}

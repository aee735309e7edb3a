//! The laws that every listener obeys, whatever it does: handling an event twice is handling it once; a
//! stale event changes nothing; a crash before the commit or before the acknowledgement leaves nothing
//! half done.

use std::collections::BTreeMap;

use bson::{Document, doc};
use futures::TryStreamExt as _;

use crate::{
    bus::{Bus, HandlerError, Listener, Meta, Outcome, Tx, react},
    events::Event as _,
    ids::EventId,
};

/// Collections that tell how the bus is doing and whom a service believes, which it hears of by itself in the
/// middle of a check; not what the service has decided.
const NOT_STATE: [&str; 3] = ["bus_streams", "dead_letters", "known_signing_keys"];

/// Checks the laws with a history: events as their owner published them, oldest first. The world must be
/// one in which the listener has not seen them yet and does not run by itself.
///
/// # Panics
/// When a law is broken; the message says which one, and by which event.
pub async fn check<L: Listener>(bus: &Bus, context: &L::Context, history: &[L::Event]) {
    for (step, event) in history.iter().enumerate() {
        let before = states(bus).await;
        crash_before_commit::<L>(bus, context, event).await;
        assert_eq!(
            states(bus).await,
            before,
            "law `nothing before the commit` broken by event {step}: {event:?}"
        );
        deliver::<L>(bus, context, event).await;
        let after = states(bus).await;
        deliver::<L>(bus, context, event).await;
        assert_eq!(states(bus).await, after, "law `twice is once` broken by event {step}: {event:?}");
    }
    let end = states(bus).await;
    for (step, event) in history.iter().enumerate().chain(history.iter().enumerate().rev()) {
        deliver::<L>(bus, context, event).await;
        assert_eq!(states(bus).await, end, "law `stale changes nothing` broken by event {step}: {event:?}");
    }
}

/// Delivers one event, as the runner would.
///
/// # Panics
/// When the listener gives the event up: no event of a history is a dead letter.
pub async fn deliver<L: Listener>(bus: &Bus, context: &L::Context, event: &L::Event) {
    if let Err(HandlerError::DeadLetter(reason)) = attempt::<L>(bus, context, event).await {
        panic!("{} gave up {event:?}: {reason}", L::NAME);
    }
}

/// Delivers one event, and tells what became of it.
///
/// # Errors
/// What the listener says if it does not handle the event.
pub async fn attempt<L: Listener>(
    bus: &Bus,
    context: &L::Context,
    event: &L::Event,
) -> Result<Outcome, HandlerError> {
    react::<L>(bus, event, &meta::<L>(bus), context).await
}

async fn crash_before_commit<L: Listener>(bus: &Bus, context: &L::Context, event: &L::Event) {
    let mut tx = Tx::begin(bus.clock().now());
    // The unit of work is recorded and then the process is gone; what the handler said is gone with it.
    let _ = L::handle(event, &meta::<L>(bus), &mut tx, context).await;
}

fn meta<L: Listener>(bus: &Bus) -> Meta {
    Meta {
        id: EventId::generate(),
        ce_type: L::Event::ce_type(),
        time: bus.clock().now(),
        traceparent: None,
        stream: "LAWS".to_owned(),
        stream_sequence: 1,
    }
}

/// The state of every aggregate in the database.
async fn states(bus: &Bus) -> BTreeMap<String, Document> {
    let database = bus.database();
    let mut states = BTreeMap::new();
    for name in database.list_collection_names().await.expect("list the collections") {
        if NOT_STATE.contains(&name.as_str()) {
            continue;
        }
        let collection = database.collection::<Document>(&name);
        let found = collection.find(doc! {}).projection(doc! { "state": 1 }).await.expect("read the states");
        let documents: Vec<Document> = found.try_collect().await.expect("read the states");
        for document in documents {
            let id = document.get_str("_id").unwrap_or_default();
            states.insert(format!("{name}/{id}"), document);
        }
    }
    states
}

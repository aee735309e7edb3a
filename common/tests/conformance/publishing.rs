use std::sync::{Arc, Mutex};

use bson::doc;
use common::{
    bus::{HandlerError, Listener, Listeners, Meta, Outcome, Tx},
    config::LogFormat,
    events::order::OrderCreated,
    telemetry,
    testing::TestWorld,
};
use futures::future::join_all;
use tracing::Instrument as _;

use crate::{
    fixture::{Claim, Process, insert, raise},
    script::Script,
};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_is_heard() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let script = Script::smooth();
    process.listen(&script).await;
    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    world.settle().await;
    assert_eq!(world.published::<OrderCreated>().await, [claim.fact()]);
    assert_eq!(script.heard(claim.order.id), [1]);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_subscriber_hears_what_happened_before() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    raise(&process.bus, claim.order.id).await.unwrap();
    world.settle().await;
    let script = Script::smooth();
    process.listen(&script).await;
    world.settle().await;
    assert_eq!(script.heard(claim.order.id), [1, 2]);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_process_left_in_the_outbox_is_published_by_the_next_one() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let claim = Claim::of_seat("1");
    insert(&process.bus, &claim).await.unwrap();
    world.settle().await;
    process.stop().await;

    // As if the process had died right after the commit of the second version.
    let database =
        common::mongo::connect(&world.servers.mongodb_uri, &world.database("orders")).await.unwrap();
    let next = claim.next();
    let entry = doc! {
        "id": common::ids::EventId::generate(),
        "ceType": "orders.order.created.v1",
        "aggregateId": claim.order.id,
        "version": 2_i64,
        "time": world.now(),
        "body": serde_json::to_string(&next.fact()).unwrap(),
    };
    let update = doc! {
        "q": { "_id": claim.order.id },
        "u": { "$set": { "rev": 2_i64, "outbox": [entry] } },
    };
    database.run_command(doc! { "update": "claims", "updates": [update] }).await.unwrap();

    let process = Process::start(&world).await;
    world.settle().await;
    assert_eq!(world.published::<OrderCreated>().await, [claim.fact(), next.fact()]);
    process.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_publishes_what_was_committed() {
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let claims: Vec<Claim> = (0..1_000).map(|_| Claim::of_seat("1")).collect();
    for result in join_all(claims.iter().map(|claim| insert(&process.bus, claim))).await {
        result.unwrap();
    }
    process.stop().await;
    assert_eq!(world.published::<OrderCreated>().await.len(), 1_000);
}

#[derive(Clone, Default)]
struct Traces(Arc<Mutex<Vec<Option<String>>>>);

struct Trace;

impl Listener for Trace {
    const NAME: &'static str = "test-trace-on-order-created";
    type Event = OrderCreated;
    type Context = Traces;

    async fn handle(
        _: &OrderCreated,
        meta: &Meta,
        _: &mut Tx,
        traces: &Traces,
    ) -> Result<Outcome, HandlerError> {
        traces.0.lock().unwrap().push(meta.traceparent.clone());
        traces.0.lock().unwrap().push(telemetry::current_traceparent());
        Ok(Outcome::Done)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trace_of_a_request_goes_on_in_what_it_causes() {
    telemetry::init(LogFormat::Pretty);
    let world = TestWorld::new("orders").await;
    let process = Process::start(&world).await;
    let traces = Traces::default();
    let table = Listeners::new().with::<Trace>();
    process.bus.listen(table, traces.clone(), &process.front).await.unwrap();
    let request = tracing::info_span!("request");
    let of_request = request.in_scope(telemetry::current_traceparent).unwrap();
    insert(&process.bus, &Claim::of_seat("1")).instrument(request).await.unwrap();
    world.settle().await;
    let trace_id = |traceparent: &str| traceparent.split('-').nth(1).unwrap().to_owned();
    let heard = traces.0.lock().unwrap().clone();
    assert_eq!(heard.len(), 2);
    for traceparent in heard {
        assert_eq!(trace_id(&traceparent.unwrap()), trace_id(&of_request));
    }
    process.stop().await;
}

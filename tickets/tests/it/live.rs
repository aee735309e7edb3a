//! What is on sale, as it changes.

use std::time::{Duration, Instant};

use bson::doc;
use common::{
    events::order::{OrderCreated, OrderStatus},
    ids::{ListingId, ShowId},
    testing::{Answer, EventReader, Servers, TestWorld, Told, free_port, start_mongod},
};
use serde_json::{Value, json};
use tickets::app;

use crate::app::{TestApp, config, later};

fn path(show: ShowId) -> String {
    format!("/api/shows/{show}/events")
}

async fn follow(app: &TestApp, show: ShowId) -> EventReader {
    EventReader::open(app.world.request("GET", app.running.port(), &path(show), None)).await
}

async fn resume(app: &TestApp, port: u16, show: ShowId, last: &EventReader) -> EventReader {
    let last_id = last.last_id.as_deref().expect("something was heard");
    EventReader::resume(app.world.request("GET", port, &path(show), None), last_id).await
}

async fn ask(app: &TestApp, listing: ListingId, cents: i64) {
    let price = json!({ "price": { "amountCents": cents, "currency": "GBP" } });
    app.patch_as(&app.seller, &format!("/api/listings/{listing}"), &price).await.expect(200);
}

async fn view(app: &TestApp, listing: ListingId) -> Value {
    app.get(&format!("/api/listings/{listing}")).await.expect(200).json()
}

fn names(told: &[Told]) -> Vec<&str> {
    told.iter().map(|told| told.name.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_follows_a_show_is_told_what_is_on_sale_and_each_change_of_it() {
    let app = TestApp::start().await;
    let (show, other) = (app.show().await, app.show().await);
    let (cheap, dear) = (app.listing(show, 4, 5_000).await, app.listing(show, 2, 9_000).await);
    app.listing(other, 2, 1_000).await;
    let mut reader = follow(&app, show).await;
    let told = reader.until_ready().await;
    assert_eq!(names(&told), ["reset", "listing", "listing"]);
    assert_eq!(told[0].data, json!({ "complete": true }));
    assert_eq!(told[1].data, view(&app, cheap).await);
    assert_eq!(told[2].data, view(&app, dear).await);
    assert!(told.iter().all(|told| told.id.is_none()), "whoever leaves before `ready` begins again");

    ask(&app, dear, 8_000).await;
    assert_eq!(reader.next().await.unwrap().data, view(&app, dear).await);
    app.world.publish(OrderCreated(app.order(show, cheap, &[1, 2]))).await;
    assert_eq!(reader.next().await.unwrap().data["seatsLeft"], 2);
    let new = app.listing(show, 1, 100).await;
    assert_eq!(reader.next().await.unwrap().data, view(&app, new).await);
    app.post_as(&app.seller, &format!("/api/listings/{new}/withdraw"), &json!({})).await.expect(200);
    assert_eq!(reader.next().await.unwrap().data["status"], "withdrawn");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_the_head_of_a_stream_alone_may_go_on_with_the_connection() {
    let app = TestApp::start().await;
    let show = app.show().await;
    for _ in 0..3 {
        let head = app.world.request("HEAD", app.running.port(), &path(show), None);
        let head = head.timeout(Duration::from_secs(5)).send().await.unwrap();
        assert_eq!(head.status(), 200);
        assert_eq!(head.headers()["content-type"], "text/event-stream");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_does_not_matter_which_replica_has_written_nor_which_one_is_asked_again() {
    let app = TestApp::start().await;
    let replica = app::start(config(&app.world), app.world.clock.clone()).await.unwrap();
    let show = app.show().await;
    let (kept, sold) = (app.listing(show, 4, 5_000).await, app.listing(show, 4, 6_000).await);
    let there = app.world.request("GET", replica.port(), &path(show), None);
    let mut there = EventReader::open(there).await;
    there.until_ready().await;
    let mut here = follow(&app, show).await;
    here.until_ready().await;

    ask(&app, kept, 4_000).await;
    let heard = there.next().await.unwrap();
    assert_eq!(heard.data, view(&app, kept).await);
    assert_eq!(
        here.next().await.unwrap(),
        heard,
        "both replicas say the same, and have the same mark for it"
    );

    drop(here);
    let order = later(&app.order(show, sold, &[1, 2]), 1, OrderStatus::AwaitingPayment);
    app.world.publish(OrderCreated(order)).await;
    assert_eq!(there.next().await.unwrap().data["seatsLeft"], 2);
    for port in [app.running.port(), replica.port()] {
        let heard = EventReader::resume(
            app.world.request("GET", port, &path(show), None),
            heard.id.as_deref().unwrap(),
        );
        let missed = heard.await.until_ready().await;
        assert_eq!(names(&missed), ["listing"], "only what was missed is told");
        assert_eq!(missed[0].data, view(&app, sold).await);
    }
    let mut again = resume(&app, app.running.port(), show, &there).await;
    assert!(again.until_ready().await.is_empty(), "nothing was missed");
    replica.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_been_away_too_long_is_told_everything_again() {
    let app = TestApp::start().await;
    let show = app.show().await;
    app.listing(show, 4, 5_000).await;
    for last_id in ["8200000000000000", "", "nonsense", "{\"$gt\":\"\"}", &"8".repeat(5_000)] {
        let request = app.world.request("GET", app.running.port(), &path(show), None);
        let told = EventReader::resume(request, last_id).await.until_ready().await;
        assert_eq!(names(&told), ["reset", "listing"], "{last_id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_show_that_is_not_there_has_nothing_to_follow() {
    let app = TestApp::start().await;
    for id in [ShowId::generate().to_string(), "x".to_owned()] {
        let answer = app.get(&format!("/api/shows/{id}/events")).await.expect(404);
        assert_eq!(answer.code(), "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_room_for_so_many_streams_from_one_address() {
    let app = TestApp::start().await;
    let show = app.show().await;
    let mut readers = Vec::new();
    for _ in 0..app.world.service_config().max_streams_per_caller {
        readers.push(follow(&app, show).await);
    }
    let refused = app.get(&path(show)).await.expect(429);
    assert_eq!((refused.code().as_str(), refused.headers["retry-after"].as_str()), ("too_many_streams", "5"));
    readers.pop();
    app.world
        .eventually("the place of whoever has left", async || {
            let request = app.world.request("GET", app.running.port(), &path(show), None);
            Some(Answer::read(request.send().await.unwrap()).await).filter(|answer| answer.status == 200)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn open_streams_end_when_the_service_stops_and_do_not_hold_it_up() {
    let app = TestApp::start().await;
    let show = app.show().await;
    let (mut reader, _idle) = (follow(&app, show).await, follow(&app, show).await);
    reader.until_ready().await;
    let started = Instant::now();
    let TestApp { running, .. } = app;
    running.stop().await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(9), "it took {:?}", started.elapsed());
    reader.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_outlives_the_election_of_another_primary() {
    let mongod = start_mongod(free_port()).await;
    let servers = Servers { mongodb_uri: mongod.url.clone(), ..Servers::shared().await.clone() };
    let app = TestApp::start_in(TestWorld::on(servers, "tickets").await).await;
    let show = app.show().await;
    let listing = app.listing(show, 4, 5_000).await;
    let mut reader = follow(&app, show).await;
    reader.until_ready().await;

    let client = mongodb::Client::with_uri_str(&mongod.url).await.unwrap();
    let admin = client.database("admin");
    admin
        .run_command(doc! { "replSetStepDown": 1, "secondaryCatchUpPeriodSecs": 0, "force": true })
        .await
        .unwrap();
    let price = json!({ "price": { "amountCents": 4_000, "currency": "GBP" } });
    let path = format!("/api/listings/{listing}");
    let changed = async || {
        let answer = app.patch_as(&app.seller, &path, &price).await;
        (answer.status == 200).then_some(())
    };
    app.world.eventually("a primary that takes the price", changed).await;
    assert_eq!(reader.next_of("listing").await.data, view(&app, listing).await);
}

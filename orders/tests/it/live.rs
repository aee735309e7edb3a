//! One's own orders, as they change.

use std::time::{Duration, Instant};

use common::{
    events::session::{SessionRevoked, SessionSnapshot},
    ids::{SessionId, UserId},
    testing::{EventReader, TestUser},
};
use serde_json::{Value, json};

use crate::app::TestApp;

const PATH: &str = "/api/orders/mine/events";

async fn follow(app: &TestApp, user: &TestUser) -> EventReader {
    EventReader::open(app.world.request("GET", app.running.port(), PATH, Some(user))).await
}

async fn view(app: &TestApp, user: &TestUser, id: &Value) -> Value {
    app.get(&format!("/api/orders/{}", id.as_str().unwrap()), user).await.expect(200).json()
}

/// Somebody whose session is known, with a token of ten minutes.
fn somebody(app: &TestApp) -> (TestUser, SessionId) {
    let (id, session, now) = (UserId::generate(), SessionId::generate(), app.world.now());
    let claims = json!({
        "iss": "stagedoor", "aud": "stagedoor", "sub": id, "sid": session, "role": "user",
        "iat": now.secs(), "exp": now.plus(Duration::from_mins(10)).secs(),
    });
    (TestUser { id, token: app.world.sign(&claims) }, session)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_follows_is_told_each_change_of_their_own_orders_and_of_no_others() {
    let app = TestApp::start().await;
    let listing = app.listing(20).await;
    let (buyer, other) = (app.world.user(), app.world.user());
    let before = app.place(&buyer, &listing, 2).await;
    let mut reader = follow(&app, &buyer).await;
    let told = reader.until_ready().await;
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!((told[0].name.as_str(), &told[1].data["id"]), ("reset", &json!(before.id)));

    app.place(&other, &listing, 2).await;
    let order = app.place(&buyer, &listing, 2).await;
    let placed = reader.next_of("order").await.data;
    assert_eq!((&placed["id"], &placed["status"]), (&json!(order.id), &json!("awaiting_payment")));
    app.try_cancel(&buyer, before.id).await.expect(200);
    let cancelled = reader.next_of("order").await.data;
    assert_eq!(cancelled, view(&app, &buyer, &json!(before.id)).await);
    let end = cancelled["history"].as_array().unwrap().last().unwrap();
    assert_eq!((&end["by"], &end["reason"]), (&json!("buyer"), &json!("given_up")));
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_again_is_told_what_was_missed() {
    let app = TestApp::start().await;
    let listing = app.listing(20).await;
    let buyer = app.world.user();
    let mut reader = follow(&app, &buyer).await;
    reader.until_ready().await;
    let first = app.place(&buyer, &listing, 2).await;
    reader.next_of("order").await;
    let heard = reader.last_id.clone().unwrap();
    drop(reader);
    app.pay(&first).await;
    let request = app.world.request("GET", app.running.port(), PATH, Some(&buyer));
    let missed = app
        .world
        .eventually("the order to be completed", async || {
            let request = request.try_clone().unwrap();
            let missed = EventReader::resume(request, &heard).await.until_ready().await;
            missed.into_iter().next().filter(|told| told.data["status"] == "completed")
        })
        .await;
    assert_eq!(missed.data, view(&app, &buyer, &json!(first.id)).await);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_the_session() {
    let app = TestApp::start().await;
    let ((user, session), (other, _)) = (somebody(&app), somebody(&app));
    let (mut reader, mut others) = (follow(&app, &user).await, follow(&app, &other).await);
    reader.until_ready().await;
    others.until_ready().await;
    let now = app.world.now();
    let revoked = SessionSnapshot {
        id: session,
        version: 1,
        user_id: user.id,
        created_at: now,
        revoked_at: now,
        tokens_expire_at: now.plus(Duration::from_mins(10)),
    };
    app.world.publish(SessionRevoked(revoked)).await;
    reader.end().await;
    app.get(PATH, &user).await.expect(401);
    let listing = app.listing(4).await;
    app.place(&other, &listing, 2).await;
    others.next_of("order").await;
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_when_the_token_expires() {
    let app = TestApp::start().await;
    let (user, _) = somebody(&app);
    let mut reader = follow(&app, &user).await;
    reader.until_ready().await;
    app.world.clock.advance(Duration::from_mins(11));
    reader.end().await;
    app.get(PATH, &user).await.expect(401);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn open_streams_do_not_hold_up_the_end_of_the_service() {
    let app = TestApp::start().await;
    let mut reader = follow(&app, &app.world.user()).await;
    reader.until_ready().await;
    let started = Instant::now();
    let TestApp { running, .. } = app;
    running.stop().await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(9), "it took {:?}", started.elapsed());
    reader.end().await;
}

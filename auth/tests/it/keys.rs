//! The life of signing keys, with several replicas.

use std::time::Duration;

use auth::{app, domain::signing_key::SETTLE};
use common::{
    events::signing_key::{SigningKeyChanged, SigningKeyStatus},
    testing::TestWorld,
};
use serde_json::Value;

use crate::app::{Member, PASSWORD, TestApp, config, header};

const MONTH: Duration = Duration::from_hours(30 * 24);

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_start_together_end_with_one_key_and_believe_each_other() {
    let world = TestWorld::new("auth").await;
    let start = || app::start(config(&world), world.clock.clone());
    let (one, two, three) = tokio::join!(start(), start(), start());
    let app = TestApp { world, running: one.unwrap() };
    assert_eq!(app.documents("signing_keys").await.len(), 1);
    let member = app.sign_up("ada@example.com").await;
    for replica in [two.unwrap(), three.unwrap()] {
        app.world.get(replica.port(), "/api/users/me", Some(&member.user)).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_the_key() {
    let app = TestApp::start().await;
    let member = app.sign_up("ada@example.com").await;
    let replica = app.start_replica().await;
    app.world.get(replica.port(), "/api/users/me", Some(&member.user)).await.expect(200);
    assert_eq!(app.documents("signing_keys").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_key_is_followed_by_a_new_one_and_retires_after_its_last_token() {
    let app = TestApp::start_with(|config| config.keys_tended_every = Duration::from_millis(20)).await;
    let first = kid(&app.sign_up("ada@example.com").await);

    app.world.clock.advance(MONTH);
    let second = app.world.eventually("a second key", async || other_key(&app, &[&first]).await).await;
    let member = app.sign_in("ada@example.com").await;
    assert_eq!(kid(&member), first, "the new key signs before everybody knows it");

    app.world.clock.advance(SETTLE.saturating_sub(Duration::from_secs(5)));
    let last_of_first = app.sign_in("ada@example.com").await;
    assert_eq!(kid(&last_of_first), first);
    app.world.clock.advance(Duration::from_secs(6));
    app.world.eventually("the second key to sign", async || signs_with(&app, &second).await).await;
    app.me(&last_of_first.user.token).await.expect(200);

    app.world.clock.advance(Duration::from_mins(20));
    app.world.eventually("the first key to retire", async || is_retired(&app, &first).await).await;
    let stored = app.documents("signing_keys").await;
    let retired = stored.iter().find(|key| key.get_str("_id").unwrap() == first).unwrap();
    assert!(
        retired.get_document("state").unwrap().get_str("privateKey").is_err(),
        "the private half is kept"
    );
    assert_eq!(listed(&app).await, [second]);
}

fn kid(member: &Member) -> String {
    header(&member.user.token)["kid"].as_str().unwrap().to_owned()
}

async fn listed(app: &TestApp) -> Vec<String> {
    let set: Value = app.get("/api/users/jwks.json", None).await.expect(200).json();
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

async fn other_key(app: &TestApp, known: &[&str]) -> Option<String> {
    listed(app).await.into_iter().find(|kid| !known.contains(&kid.as_str()))
}

async fn signs_with(app: &TestApp, key: &str) -> Option<()> {
    let answer = app.try_sign_in("ada@example.com", PASSWORD).await.expect(201);
    (kid(&Member::of(&answer)) == key).then_some(())
}

async fn is_retired(app: &TestApp, key: &str) -> Option<()> {
    let told = app.world.published::<SigningKeyChanged>().await;
    let of_key = |changed: &&SigningKeyChanged| changed.0.id.to_string() == key;
    let last = told.iter().filter(of_key).max_by_key(|changed| changed.0.version)?;
    (last.0.version == 2 && last.0.status == SigningKeyStatus::Retired).then_some(())
}

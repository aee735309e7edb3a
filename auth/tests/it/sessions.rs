//! Where somebody is signed in, and how that ends.

use common::{events::session::SessionRevoked, ids::SessionId, testing::TestUser};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::app::{Member, PASSWORD, TestApp};

async fn sessions(app: &TestApp, user: &TestUser) -> Vec<Value> {
    let page = app.get("/api/users/sessions", Some(user)).await.expect(200).json();
    page["items"].as_array().unwrap().clone()
}

fn ids(sessions: &[Value]) -> Vec<SessionId> {
    sessions.iter().map(|session| session["id"].as_str().unwrap().parse().unwrap()).collect()
}

async fn sign_in_with(app: &TestApp, user_agent: &str) -> Member {
    let request = app.world.request("POST", app.running.port(), "/api/users/sessions", None);
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    let answer = request.header("User-Agent", user_agent).json(&body).send().await.unwrap();
    Member::of(&common::testing::Answer::read(answer).await.expect(201))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_sees_his_own_sessions_the_newest_first_and_which_one_asks() {
    let app = TestApp::start().await;
    let phone = app.sign_up("ada@example.com").await;
    let laptop = sign_in_with(&app, "Firefox/140.0").await;
    app.sign_up("bob@example.com").await;

    let seen = sessions(&app, &phone.user).await;
    assert_eq!(ids(&seen), [laptop.session, phone.session]);
    assert_eq!((&seen[0]["current"], &seen[1]["current"]), (&json!(false), &json!(true)));
    assert_eq!((&seen[0]["userAgent"], &seen[1]["userAgent"]), (&json!("Firefox/140.0"), &Value::Null));
    assert_eq!(seen[0]["createdAt"], seen[0]["lastUsedAt"]);
    let fields: Vec<&String> = seen[0].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["createdAt", "current", "expiresAt", "id", "lastUsedAt", "userAgent"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_was_last_used_when_it_was_renewed() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let answer = app.try_sign_in("ada@example.com", PASSWORD).await.expect(201);
    app.world.clock.advance(std::time::Duration::from_hours(1));
    let body = json!({ "refreshToken": answer.json()["refreshToken"] });
    let renewed = app.post("/api/users/sessions/refresh", &body).await.expect(200);
    let seen = sessions(&app, &Member::of(&renewed).user).await;
    assert!(seen[0]["lastUsedAt"].as_str() > seen[0]["createdAt"].as_str(), "{seen:?}");
    assert_eq!(seen[0]["expiresAt"], renewed.json()["sessionExpiresAt"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_a_page_at_a_time() {
    let app = TestApp::start().await;
    let first = app.sign_up("ada@example.com").await;
    for _ in 0..4 {
        app.sign_in("ada@example.com").await;
    }
    let (mut seen, mut path) = (Vec::new(), "/api/users/sessions?limit=2".to_owned());
    loop {
        let page = app.get(&path, Some(&first.user)).await.expect(200).json();
        seen.extend(ids(page["items"].as_array().unwrap()));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("/api/users/sessions?limit=2&cursor={cursor}");
    }
    assert_eq!((seen.len(), seen.last()), (5, Some(&first.session)));
    assert!(seen.is_sorted_by(|newer, older| newer > older), "{seen:?}");
    for query in ["limit=0", "limit=101", "cursor=nonsense"] {
        app.get(&format!("/api/users/sessions?{query}"), Some(&first.user)).await.expect(422);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_has_ended_is_not_listed() {
    let app = TestApp::start().await;
    let phone = app.sign_up("ada@example.com").await;
    app.world.clock.advance(std::time::Duration::from_hours(31 * 24));
    let laptop = app.sign_in("ada@example.com").await;
    let tablet = app.sign_in("ada@example.com").await;
    app.delete("/api/users/sessions/current", Some(&tablet.user)).await.expect(204);
    assert_eq!(ids(&sessions(&app, &laptop.user).await), [laptop.session]);
    app.get("/api/users/sessions", Some(&tablet.user)).await.expect(401);
    app.get("/api/users/sessions", Some(&phone.user)).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_there_ends_that_session_once() {
    let app = TestApp::start().await;
    let phone = app.sign_up("ada@example.com").await;
    let laptop = app.sign_in("ada@example.com").await;
    let path = format!("/api/users/sessions/{}", phone.session);
    let answers = join_all((0..8).map(|_| app.delete(&path, Some(&laptop.user)))).await;
    assert!(answers.iter().all(|answer| answer.status == 204), "{answers:?}");
    app.delete(&path, Some(&laptop.user)).await.expect(204);
    app.me(&phone.user.token).await.expect(401);
    app.me(&laptop.user.token).await.expect(200);
    let revoked = app.published::<SessionRevoked>().await;
    assert_eq!((revoked.len(), revoked[0].0.id), (1, phone.session));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_somebody_else_is_not_there() {
    let app = TestApp::start().await;
    let ada = app.sign_up("ada@example.com").await;
    let eve = app.sign_up("eve@example.com").await;
    for id in [ada.session, SessionId::generate()] {
        let answer = app.delete(&format!("/api/users/sessions/{id}"), Some(&eve.user)).await.expect(404);
        assert_eq!(answer.code(), "not_found");
    }
    app.delete("/api/users/sessions/nonsense", Some(&eve.user)).await.expect(404);
    app.me(&ada.user.token).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_everywhere_else_leaves_this_device_and_everybody_else_alone() {
    let app = TestApp::start().await;
    let bob = app.sign_up("bob@example.com").await;
    let phone = app.sign_up("ada@example.com").await;
    let laptop = app.sign_in("ada@example.com").await;
    let tablet = app.sign_in("ada@example.com").await;
    for _ in 0..2 {
        app.delete("/api/users/sessions", Some(&laptop.user)).await.expect(204);
    }
    for (member, status) in [(&phone, 401), (&laptop, 200), (&tablet, 401), (&bob, 200)] {
        app.me(&member.user.token).await.expect(status);
    }
    app.delete("/api/users/sessions", Some(&phone.user)).await.expect(401);
    let mut revoked: Vec<SessionId> =
        app.published::<SessionRevoked>().await.iter().map(|revoked| revoked.0.id).collect();
    revoked.sort_unstable();
    assert_eq!(revoked, [phone.session, tablet.session]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_devices_that_sign_each_other_out_at_once_none_is_told_twice() {
    let app = TestApp::start().await;
    let phone = app.sign_up("ada@example.com").await;
    let laptop = app.sign_in("ada@example.com").await;
    let both = [&phone, &laptop].map(|member| app.delete("/api/users/sessions", Some(&member.user)));
    let statuses: Vec<u16> = join_all(both).await.iter().map(|answer| answer.status).collect();
    assert!(statuses.iter().all(|status| [204, 401].contains(status)), "{statuses:?}");
    let revoked = app.published::<SessionRevoked>().await;
    assert!(revoked.iter().all(|revoked| revoked.0.version == 1), "{revoked:?}");
    assert!((1..=2).contains(&revoked.len()), "{revoked:?}");
}

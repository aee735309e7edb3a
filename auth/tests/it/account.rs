//! What somebody changes about his own account.

use std::time::Duration;

use common::{
    events::{session::SessionRevoked, user::UserUpdated},
    testing::{Answer, TestUser},
};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::app::{Member, PASSWORD, TestApp};

const NEW_PASSWORD: &str = "two seats in the circle";

async fn rename(app: &TestApp, user: &TestUser, body: &Value) -> Answer {
    app.world.patch(app.running.port(), "/api/users/me", Some(user), body).await
}

async fn change(app: &TestApp, user: &TestUser, current: &str, new: &str) -> Answer {
    let request = app.world.request("PUT", app.running.port(), "/api/users/me/password", Some(user));
    let body = json!({ "currentPassword": current, "newPassword": new });
    Answer::read(request.json(&body).send().await.unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_name_is_told_once() {
    let app = TestApp::start().await;
    let member = app.sign_up("ada@example.com").await;
    for _ in 0..2 {
        let answer = rename(&app, &member.user, &json!({ "name": " Countess " })).await.expect(200);
        assert_eq!(answer.json()["name"], "Countess");
    }
    assert_eq!(app.me(&member.user.token).await.json()["name"], "Countess");
    let updated = app.published::<UserUpdated>().await;
    assert_eq!((updated.len(), updated[0].0.version, updated[0].0.name.as_str()), (1, 2, "Countess"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_cannot_be_shown_is_refused_and_nothing_else_can_be_changed() {
    let app = TestApp::start().await;
    let member = app.sign_up("ada@example.com").await;
    for (body, pointer) in [
        (json!({ "name": " " }), "/name"),
        (json!({ "name": "a\u{0}b" }), "/name"),
        (json!({ "name": { "$gt": "" } }), "/name"),
        (json!({}), "/name"),
        (json!({ "name": "Ada", "role": "admin" }), "/role"),
        (json!({ "name": "Ada", "email": "eve@example.com" }), "/email"),
    ] {
        let answer = rename(&app, &member.user, &body).await.expect(422);
        assert_eq!(answer.pointers(), [pointer]);
    }
    app.delete("/api/users/sessions/current", Some(&member.user)).await.expect(204);
    rename(&app, &member.user, &json!({ "name": "Eve" })).await.expect(401);
    assert!(app.published::<UserUpdated>().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_opens_the_account_and_the_old_one_does_not() {
    let app = TestApp::start().await;
    let member = app.sign_up("ada@example.com").await;
    change(&app, &member.user, PASSWORD, NEW_PASSWORD).await.expect(204);
    app.try_sign_in("ada@example.com", PASSWORD).await.expect(401);
    app.try_sign_in("ada@example.com", NEW_PASSWORD).await.expect(201);
    assert!(app.published::<UserUpdated>().await.is_empty(), "nobody else needs to know");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_all_sessions_but_the_one_that_changed_it() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let phone = app.try_sign_in("ada@example.com", PASSWORD).await.expect(201);
    let laptop = app.try_sign_in("ada@example.com", PASSWORD).await.expect(201);
    let (on_phone, on_laptop) = (Member::of(&phone), Member::of(&laptop));
    change(&app, &on_laptop.user, PASSWORD, NEW_PASSWORD).await.expect(204);

    app.me(&on_phone.user.token).await.expect(401);
    app.me(&on_laptop.user.token).await.expect(200);
    for (answer, status) in [(&phone, 401), (&laptop, 200)] {
        let body = json!({ "refreshToken": answer.json()["refreshToken"] });
        app.post("/api/users/sessions/refresh", &body).await.expect(status);
    }
    let revoked = app.published::<SessionRevoked>().await;
    assert_eq!(revoked.len(), 2);
    assert!(revoked.iter().all(|revoked| revoked.0.id != on_laptop.session));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_current_password_nothing_is_changed() {
    let app = TestApp::start().await;
    let member = app.sign_up("ada@example.com").await;
    app.sign_in("ada@example.com").await;
    let answer = change(&app, &member.user, "not the password", NEW_PASSWORD).await.expect(422);
    assert_eq!(
        (answer.code().as_str(), answer.pointers()),
        ("wrong_password", vec!["/currentPassword".into()])
    );
    assert!(!answer.text.contains("not the password"), "{answer:?}");
    app.sign_in("ada@example.com").await;
    assert!(app.published::<SessionRevoked>().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_follows_the_rules_of_signing_up() {
    let app = TestApp::start().await;
    let member = app.sign_up("ada.lovelace@example.com").await;
    for new in ["", "short", "password", "aaaaaaaaaaaa", "ada.lovelace", "a\u{0}bcdefgh"] {
        let answer = change(&app, &member.user, PASSWORD, new).await.expect(422);
        assert_eq!((answer.code().as_str(), answer.pointers()), ("invalid", vec!["/newPassword".into()]));
    }
    let answer = change(&app, &member.user, "", "short").await.expect(422);
    assert_eq!(answer.pointers(), ["/currentPassword", "/newPassword"]);
    app.sign_in("ada.lovelace@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_changes_on_many_devices_at_once_one_wins_and_its_device_alone_stays_signed_in() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let devices = join_all((0..4).map(|_| app.sign_in("ada@example.com"))).await;
    let new = |n: usize| format!("{NEW_PASSWORD} {n}");
    let changes = devices.iter().enumerate().map(|(n, device)| {
        let (app, new) = (&app, new(n));
        async move { change(app, &device.user, PASSWORD, &new).await.status }
    });
    let statuses = join_all(changes).await;
    let winner = statuses.iter().position(|status| *status == 204).unwrap();
    assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [204, 401, 422].contains(status)), "{statuses:?}");
    app.try_sign_in("ada@example.com", &new(winner)).await.expect(201);
    for (n, device) in devices.iter().enumerate() {
        app.me(&device.user.token).await.expect(if n == winner { 200 } else { 401 });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_begun_with_the_old_password_meanwhile_is_not_renewed() {
    let app = TestApp::start().await;
    let member = app.sign_up("ada@example.com").await;
    let late = app.try_sign_in("ada@example.com", PASSWORD).await.expect(201);
    // As if the end of the sessions had not found it.
    change(&app, &member.user, PASSWORD, NEW_PASSWORD).await.expect(204);
    revive(&app, &Member::of(&late)).await;
    app.world.clock.advance(Duration::from_mins(1));
    app.me(&Member::of(&late).user.token).await.expect(401);
    let body = json!({ "refreshToken": late.json()["refreshToken"] });
    app.post("/api/users/sessions/refresh", &body).await.expect(401);
}

#[expect(clippy::disallowed_methods, reason = "brings about what takes a race")]
async fn revive(app: &TestApp, member: &Member) {
    let client = mongodb::Client::with_uri_str(&app.world.servers.mongodb_uri).await.unwrap();
    let database = client.database(&app.world.database("auth"));
    let sessions = database.collection::<bson::Document>("sessions");
    let fields = bson::doc! { "$set": { "state.revokedAt": null }, "$inc": { "rev": 1 } };
    sessions.update_one(bson::doc! { "_id": member.session }, fields).await.unwrap();
}

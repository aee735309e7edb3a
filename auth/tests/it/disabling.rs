//! What admins do to accounts.

use auth::first_admin::FirstAdmin;
use common::{
    events::{
        session::SessionRevoked,
        user::{UserStatus, UserUpdated},
    },
    ids::UserId,
    testing::{Answer, TestUser},
};
use serde_json::{Value, json};

use crate::app::{Member, PASSWORD, TestApp};

const ADMIN: &str = "admin@example.com";

async fn start() -> (TestApp, Member) {
    let admin = FirstAdmin::new(ADMIN, &PASSWORD.into()).unwrap();
    let app = TestApp::start_with(|config| config.first_admin = Some(admin)).await;
    let admin = app.sign_in(ADMIN).await;
    (app, admin)
}

async fn edit(app: &TestApp, by: &TestUser, id: UserId, body: &Value) -> Answer {
    app.world.patch(app.running.port(), &format!("/api/users/{id}"), Some(by), body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_account_is_closed_everywhere_until_it_is_enabled() {
    let (app, admin) = start().await;
    let phone = app.sign_up("dan@example.com").await;
    let laptop = app.try_sign_in("dan@example.com", PASSWORD).await.expect(201);
    for _ in 0..2 {
        let answer = edit(&app, &admin.user, phone.user.id, &json!({ "disabled": true })).await.expect(200);
        assert_eq!(answer.json()["status"], "disabled");
    }
    app.me(&phone.user.token).await.expect(401);
    app.try_sign_in("dan@example.com", PASSWORD).await.expect(401);
    let refresh = json!({ "refreshToken": laptop.json()["refreshToken"] });
    app.post("/api/users/sessions/refresh", &refresh).await.expect(401);

    let answer = edit(&app, &admin.user, phone.user.id, &json!({ "disabled": false })).await.expect(200);
    assert_eq!(answer.json()["status"], "active");
    app.me(&phone.user.token).await.expect(401);
    app.post("/api/users/sessions/refresh", &refresh).await.expect(401);
    app.sign_in("dan@example.com").await;

    let updated = app.published::<UserUpdated>().await;
    let statuses: Vec<UserStatus> = updated.iter().map(|updated| updated.0.status).collect();
    assert_eq!(statuses, [UserStatus::Disabled, UserStatus::Active]);
    assert_eq!(app.published::<SessionRevoked>().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_admin_may_and_not_to_himself() {
    let (app, admin) = start().await;
    let dan = app.sign_up("dan@example.com").await;
    let eve = app.sign_up("eve@example.com").await;
    let body = json!({ "disabled": true });
    for id in [dan.user.id, eve.user.id, admin.user.id, UserId::generate()] {
        assert_eq!(edit(&app, &eve.user, id, &body).await.expect(403).code(), "admin_only");
    }
    assert_eq!(edit(&app, &admin.user, admin.user.id, &body).await.expect(409).code(), "own_account");
    edit(&app, &admin.user, UserId::generate(), &body).await.expect(404);
    for (body, pointer) in [
        (json!({}), "/disabled"),
        (json!({ "disabled": "yes" }), "/disabled"),
        (json!({ "disabled": true, "role": "admin" }), "/role"),
    ] {
        let answer = edit(&app, &admin.user, dan.user.id, &body).await.expect(422);
        assert_eq!(answer.pointers(), [pointer]);
    }
    app.me(&dan.user.token).await.expect(200);
    assert!(app.published::<UserUpdated>().await.is_empty());
}

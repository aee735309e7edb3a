use auth::store::EMAIL_OF_USER;
use common::events::user::{Role, UserCreated, UserStatus};
use futures::future::join_all;
use serde_json::json;

use crate::app::{PASSWORD, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn signing_up_makes_a_user_tells_it_and_signs_in() {
    let app = TestApp::start().await;
    let body = json!({ "email": " Ada@Example.com ", "password": PASSWORD, "name": " Ada " });
    let answer = app.post("/api/users", &body).await.expect(201);

    assert_eq!(answer.headers["cache-control"], "no-store");
    let user = &answer.json()["user"];
    assert_eq!(
        (&user["email"], &user["name"], &user["role"]),
        (&json!("ada@example.com"), &json!("Ada"), &json!("user"))
    );

    let created = app.published::<UserCreated>().await;
    assert_eq!(created.len(), 1);
    let snapshot = &created[0].0;
    assert_eq!(json!(snapshot.id), user["id"]);
    assert_eq!((snapshot.version, snapshot.role, snapshot.status), (1, Role::User, UserStatus::Active));

    let me = app.me(answer.json()["accessToken"].as_str().unwrap()).await.expect(200);
    assert_eq!(&me.json(), user);
    assert_eq!(me.headers["cache-control"], "no-store");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_has_one_account_however_it_is_spelled() {
    let app = TestApp::start().await;
    app.sign_up("ada@example.com").await;
    let body = json!({ "email": "ADA@example.COM", "password": PASSWORD, "name": "Another Ada" });
    let answer = app.post("/api/users", &body).await.expect(409);
    assert_eq!((answer.code().as_str(), answer.pointers()), ("email_taken", vec!["/email".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_eight_parallel_sign_ups_with_one_address_one_succeeds() {
    let app = TestApp::start().await;
    for round in 0..4 {
        let sign_ups = (0..8).map(|n| {
            let email = if n % 2 == 0 {
                format!("ada{round}@example.com")
            } else {
                format!("ADA{round}@Example.com")
            };
            let body = json!({ "email": email, "password": PASSWORD, "name": format!("Ada {n}") });
            let app = &app;
            async move { app.post("/api/users", &body).await }
        });
        let answers = join_all(sign_ups).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
        assert!(
            answers.iter().filter(|answer| answer.status == 409).all(|answer| answer.code() == "email_taken")
        );
    }
    assert_eq!(app.published::<UserCreated>().await.len(), 4);
    assert_eq!(app.documents("users").await.len(), 4);
    assert_eq!(app.documents("sessions").await.len(), 4, "who got a 409 has no session");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_that_keeps_addresses_unique_exists() {
    let app = TestApp::start().await;
    let client = mongodb::Client::with_uri_str(&app.world.servers.mongodb_uri).await.unwrap();
    let users = client.database(&app.world.database("auth")).collection::<bson::Document>("users");
    assert!(users.list_index_names().await.unwrap().iter().any(|name| name == EMAIL_OF_USER));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_becomes_an_admin_by_asking() {
    let app = TestApp::start().await;
    let body = json!({ "email": "eve@example.com", "password": PASSWORD, "name": "Eve", "role": "admin" });
    let answer = app.post("/api/users", &body).await;
    assert_eq!(answer.status, 422, "{answer:?}");
    assert!(app.documents("users").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn all_wrong_fields_are_named_at_once() {
    let app = TestApp::start().await;
    let body = json!({ "email": "ada", "password": "short", "name": "  " });
    let answer = app.post("/api/users", &body).await.expect(422);
    assert_eq!(answer.code(), "invalid");
    assert_eq!(answer.pointers(), ["/email", "/password", "/name"]);
    assert!(!answer.text.contains("short"), "{}", answer.text);
}

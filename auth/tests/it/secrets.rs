//! Passwords, tokens and private keys stay where they belong.

use std::{
    fmt::Write as _,
    io,
    sync::{Arc, Mutex},
};

use common::testing::Answer;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::app::{TestApp, part};

const SECRET: &str = "xyzzy-plugh-42-xyzzy";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_is_in_the_stream_the_logs_or_the_documents() {
    let logs = Logs::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(logs.clone());
    subscriber.try_init().unwrap();

    let app = TestApp::start().await;
    let tokens = come_and_go(&app).await;
    app.world.settle().await;

    let users = format!("{:?}", app.documents("users").await);
    let sessions = format!("{:?}", app.documents("sessions").await);
    let keys = app.documents("signing_keys").await;
    let private = keys[0].get_document("state").unwrap().get_str("privateKey").unwrap();
    let hash = app.documents("users").await[0]
        .get_document("state")
        .unwrap()
        .get_str("passwordHash")
        .unwrap()
        .to_owned();
    let stream = stream(&app).await;
    let logs = logs.text();
    assert!(stream.contains("ada@example.com"), "the stream was not read");
    assert!(logs.contains("signed up"), "the logs were not read");

    for secret in tokens.iter().map(String::as_str).chain([SECRET, private, &hash]) {
        assert!(!stream.contains(secret), "{secret} is in the stream");
        assert!(!logs.contains(secret), "{secret} is in the logs");
        assert!(!sessions.contains(secret), "{secret} is in the sessions");
        assert!(secret == hash || !users.contains(secret), "{secret} is in the users");
    }
    assert!(!logs.contains("ada@example.com"), "logs name users by id");
}

/// Everything that a user does, rightly and wrongly; the answers' tokens and their signatures.
async fn come_and_go(app: &TestApp) -> Vec<String> {
    let sign_up = json!({ "email": "ada@example.com", "password": SECRET, "name": "Ada" });
    let first = app.post("/api/users", &sign_up).await.expect(201);
    app.post("/api/users", &sign_up).await.expect(409);
    let second = app.try_sign_in("ada@example.com", SECRET).await.expect(201);
    app.try_sign_in("bob@example.com", SECRET).await.expect(401);
    app.post("/api/users/sessions", &json!({ "email": [SECRET], "password": [SECRET] })).await.expect(422);
    app.post("/api/users", &json!({ "email": "ada", "password": SECRET, "name": "" })).await.expect(422);
    let given = |answer: &Answer, name: &str| answer.json()[name].as_str().unwrap().to_owned();
    let shown = given(&first, "refreshToken");
    let refresh = json!({ "refreshToken": shown });
    let renewed = app.post("/api/users/sessions/refresh", &refresh).await.expect(200);
    app.post("/api/users/sessions/refresh", &json!({ "refreshToken": SECRET })).await.expect(422);
    // The id of the session is no secret; what follows it is.
    let refresh_tokens = [shown, given(&second, "refreshToken"), given(&renewed, "refreshToken")];
    let refresh_tokens = refresh_tokens.map(|token| token[22..].to_owned());
    let tokens: Vec<String> = [first, second].iter().map(|answer| given(answer, "accessToken")).collect();
    for token in &tokens {
        app.me(token).await.expect(200);
        let user = common::testing::TestUser { id: common::ids::UserId::generate(), token: token.clone() };
        app.delete("/api/users/sessions/current", Some(&user)).await.expect(204);
        app.me(token).await.expect(401);
        assert!(part(token, 1).is_object());
    }
    let signatures = tokens.iter().map(|token| token.rsplit('.').next().unwrap().to_owned());
    let signatures: Vec<String> = signatures.collect();
    tokens.into_iter().chain(signatures).chain(refresh_tokens).collect()
}

/// All messages of auth's stream, with their headers, as text.
async fn stream(app: &TestApp) -> String {
    let client = async_nats::connect(&app.world.servers.nats_url).await.unwrap();
    let context = async_nats::jetstream::new(client);
    let mut stream = context.get_stream(app.world.namespace.stream("auth")).await.unwrap();
    let last = stream.info().await.unwrap().state.last_sequence;
    let mut text = String::new();
    for sequence in 1..=last {
        let message = stream.get_raw_message(sequence).await.unwrap();
        let payload = String::from_utf8_lossy(&message.payload);
        writeln!(text, "{} {:?} {payload}", message.subject, message.headers).unwrap();
    }
    text
}

/// Keeps what is logged, at every level.
#[derive(Clone, Default)]
struct Logs(Arc<Mutex<Vec<u8>>>);

impl Logs {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl io::Write for Logs {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Logs {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

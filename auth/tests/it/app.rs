//! The service under test, in a world of its own.

use auth::{app, config::Config};
use bson::{Document, doc};
use common::{
    config::{Env, FromEnv as _},
    events::{Fact, user::Role},
    ids::{SessionId, UserId},
    service::Running,
    testing::{Answer, TestUser, TestWorld},
};
use futures::TryStreamExt as _;
use serde_json::{Value, json};

pub const PASSWORD: &str = "a stage door in the rain";

pub struct TestApp {
    pub world: TestWorld,
    pub running: Running,
}

/// Somebody who signed up or in.
#[derive(Debug)]
pub struct Member {
    pub user: TestUser,
    pub session: SessionId,
    pub role: Role,
}

pub fn config(world: &TestWorld) -> Config {
    Config { service: world.service_config(), ..Config::read(&Env::default()).unwrap() }
}

impl TestApp {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let world = TestWorld::new("auth").await;
        let mut config = config(&world);
        change(&mut config);
        let running = app::start(config, world.clock.clone()).await.expect("start auth");
        Self { world, running }
    }

    /// Another replica on the same database.
    pub async fn start_replica(&self) -> Running {
        app::start(config(&self.world), self.world.clock.clone()).await.expect("start a second auth")
    }

    pub async fn get(&self, path: &str, user: Option<&TestUser>) -> Answer {
        self.world.get(self.running.port(), path, user).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.world.post(self.running.port(), path, None, body).await
    }

    pub async fn delete(&self, path: &str, user: Option<&TestUser>) -> Answer {
        self.world.delete(self.running.port(), path, user).await
    }

    pub async fn sign_up(&self, email: &str) -> Member {
        let body = json!({ "email": email, "password": PASSWORD, "name": "Ada" });
        Member::of(&self.post("/api/users", &body).await.expect(201))
    }

    pub async fn sign_in(&self, email: &str) -> Member {
        Member::of(&self.try_sign_in(email, PASSWORD).await.expect(201))
    }

    pub async fn try_sign_in(&self, email: &str, password: &str) -> Answer {
        self.post("/api/users/sessions", &json!({ "email": email, "password": password })).await
    }

    pub async fn me(&self, token: &str) -> Answer {
        self.get("/api/users/me", Some(&TestUser { id: UserId::generate(), token: token.to_owned() })).await
    }

    pub async fn published<F: Fact>(&self) -> Vec<F> {
        self.world.settle().await;
        self.world.published::<F>().await
    }

    /// The documents of a collection as they are stored.
    pub async fn documents(&self, collection: &str) -> Vec<Document> {
        let client = mongodb::Client::with_uri_str(&self.world.servers.mongodb_uri).await.unwrap();
        let database = client.database(&self.world.database("auth"));
        let found = database.collection::<Document>(collection).find(doc! {}).await.unwrap();
        found.try_collect().await.unwrap()
    }
}

impl Member {
    pub fn of(answer: &Answer) -> Self {
        let body = answer.json();
        let token = body["accessToken"].as_str().unwrap().to_owned();
        let session = claims(&token)["sid"].as_str().unwrap().parse().unwrap();
        let id = body["user"]["id"].as_str().unwrap().parse().unwrap();
        let role = serde_json::from_value(body["user"]["role"].clone()).unwrap();
        Self { user: TestUser { id, token }, session, role }
    }
}

/// One part of a token as JSON.
pub fn part(token: &str, index: usize) -> Value {
    use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

pub fn header(token: &str) -> Value {
    part(token, 0)
}

pub fn claims(token: &str) -> Value {
    part(token, 1)
}

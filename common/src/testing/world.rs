//! A world of its own for each test: databases, subjects and streams that no other test sees, users with
//! valid tokens, and a clock that can be moved.

use std::time::Duration;

use async_nats::{
    HeaderMap,
    jetstream::{self, consumer::pull},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use bson::doc;
use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey as _};
use futures::{StreamExt as _, TryStreamExt as _};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use mongodb::{Client, options::ReadConcern};
use rand::Rng as _;
use serde_json::{Value, json};

use super::{Answer, Servers, servers::eventually};
use crate::{
    bus::{Namespace, Publication},
    clock::{Clock, Timestamp},
    config::ServiceConfig,
    events::{
        Fact, Snapshot as _,
        signing_key::{SigningKeyChanged, SigningKeySnapshot, SigningKeyStatus},
        user::Role,
    },
    ids::{EventId, KeyId, SessionId, UserId},
};

/// How long access tokens of a test live.
const TOKEN_TTL: Duration = Duration::from_hours(24);
/// How long a message that should be in a stream may take to be read.
const READ_TIMEOUT: Duration = Duration::from_secs(2);

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct TestUser {
    /// Who.
    pub id: UserId,
    /// A valid access token.
    pub token: String,
}

/// A world of its own for one test.
pub struct TestWorld {
    /// Moves for all services of this world.
    pub clock: Clock,
    /// The servers that this world is a part of.
    pub servers: Servers,
    /// The subject prefix of this world; also the prefix of its databases.
    pub namespace: Namespace,
    service: String,
    key_id: KeyId,
    key: EncodingKey,
    nats: async_nats::Client,
    http: reqwest::Client,
}

impl TestWorld {
    /// A new world on the shared servers, in which a service of this name is to be tested. The signing key
    /// of its users is published already.
    ///
    /// # Panics
    /// When the servers cannot be used.
    pub async fn new(service: &str) -> Self {
        Self::on(Servers::shared().await.clone(), service).await
    }

    /// A new world on servers of one's own, which the test may stop.
    ///
    /// # Panics
    /// When the servers cannot be used.
    pub async fn on(servers: Servers, service: &str) -> Self {
        let tag: u64 = rand::rng().random();
        let namespace: Namespace = format!("t{tag:016x}").parse().expect("a valid namespace");
        let nats = async_nats::connect(&servers.nats_url).await.expect("connect to NATS");
        let secret = SigningKey::from_bytes(&rand::rng().random());
        let der = secret.to_pkcs8_der().expect("encode the key");
        let world = Self {
            clock: Clock::system(),
            servers,
            namespace,
            service: service.to_owned(),
            key_id: KeyId::generate(),
            key: EncodingKey::from_ed_der(der.as_bytes()),
            nats,
            http: reqwest::Client::new(),
        };
        let public_key = BASE64_URL_SAFE_NO_PAD.encode(secret.verifying_key().as_bytes());
        world.publish(world.signing_key(public_key)).await;
        world
    }

    fn signing_key(&self, public_key: String) -> SigningKeyChanged {
        SigningKeyChanged(SigningKeySnapshot {
            id: self.key_id,
            version: 1,
            public_key,
            status: SigningKeyStatus::Active,
            created_at: self.clock.now(),
        })
    }

    /// The name of a service's database in this world.
    pub fn database(&self, service: &str) -> String {
        format!("{}_{service}", self.namespace)
    }

    /// The configuration of the service under test: any port, no drain, this world's names.
    pub fn service_config(&self) -> ServiceConfig {
        self.service_config_of(&self.service)
    }

    /// The configuration of any service in this world.
    pub fn service_config_of(&self, service: &str) -> ServiceConfig {
        ServiceConfig::for_tests(
            &self.servers.mongodb_uri,
            &self.database(service),
            &self.servers.nats_url,
            &self.namespace.to_string(),
        )
    }

    /// Somebody who buys and sells.
    pub fn user(&self) -> TestUser {
        self.user_with(Role::User)
    }

    /// Somebody who may do more.
    pub fn admin(&self) -> TestUser {
        self.user_with(Role::Admin)
    }

    fn user_with(&self, role: Role) -> TestUser {
        let id = UserId::generate();
        let now = self.clock.now();
        let claims = json!({
            "iss": "stagedoor",
            "aud": "stagedoor",
            "sub": id,
            "sid": SessionId::generate(),
            "role": role,
            "iat": now.secs(),
            "exp": now.plus(TOKEN_TTL).secs(),
        });
        TestUser { id, token: self.sign(&claims) }
    }

    /// A token with any claims, signed with the key that the services of this world believe.
    ///
    /// # Panics
    /// When the claims cannot be written as JSON.
    pub fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.key_id.to_string());
        jsonwebtoken::encode(&header, claims, &self.key).expect("sign a token")
    }

    /// Publishes a fact as its owner would.
    ///
    /// # Panics
    /// When JetStream does not take it.
    pub async fn publish<F: Fact>(&self, fact: F) {
        let publication = Publication::from(fact);
        let body = publication.body.expect("encode the fact");
        self.publish_body(&publication.ce_type, publication.aggregate_id, &body).await;
    }

    /// Publishes any body as an event of this type about this aggregate.
    ///
    /// # Panics
    /// When JetStream does not take it.
    pub async fn publish_body(&self, ce_type: &str, aggregate_id: impl ToString, body: &str) {
        let owner = ce_type.split('.').next().unwrap_or_default();
        let mut headers = HeaderMap::new();
        headers.insert("ce-specversion", "1.0");
        headers.insert("ce-id", EventId::generate().to_string());
        headers.insert("ce-type", ce_type);
        headers.insert("ce-source", format!("/{owner}"));
        headers.insert("ce-time", self.clock.now().to_string());
        let subject = format!("{ce_type}.{}", aggregate_id.to_string());
        self.send(owner, &subject, headers, body.to_owned()).await;
    }

    /// Publishes a message without any headers, as no service would.
    ///
    /// # Panics
    /// When JetStream does not take it.
    pub async fn publish_raw(&self, owner: &str, subject: &str, body: &str) {
        self.send(owner, subject, HeaderMap::new(), body.to_owned()).await;
    }

    #[expect(clippy::disallowed_methods, reason = "a test plays the part of the owner's relay")]
    async fn send(&self, owner: &str, subject: &str, headers: HeaderMap, body: String) {
        let context = jetstream::new(self.nats.clone());
        let stream = jetstream::stream::Config {
            name: self.namespace.stream(owner),
            subjects: vec![self.namespace.subject(&format!("{owner}.>"))],
            duplicate_window: Duration::from_mins(2),
            max_bytes: 16 << 20,
            discard: jetstream::stream::DiscardPolicy::New,
            ..Default::default()
        };
        context.get_or_create_stream(stream).await.expect("make the stream");
        let subject = self.namespace.subject(subject);
        let ack = context.publish_with_headers(subject, headers, body.into()).await.expect("publish");
        ack.await.expect("the acknowledgement of JetStream");
    }

    /// All facts of this type that were published so far, oldest first.
    ///
    /// # Panics
    /// When the stream cannot be read.
    pub async fn published<F: Fact>(&self) -> Vec<F> {
        let context = jetstream::new(self.nats.clone());
        let Ok(stream) = context.get_stream(self.namespace.stream(F::Snapshot::OWNER)).await else {
            return Vec::new();
        };
        let config = pull::OrderedConfig {
            filter_subject: self.namespace.subject(&format!("{}.*", F::ce_type())),
            ..Default::default()
        };
        let mut consumer = stream.create_consumer(config).await.expect("make a consumer");
        let pending = consumer.info().await.expect("ask the consumer").num_pending;
        let pending = usize::try_from(pending).expect("a number of messages that fits");
        let messages = consumer.messages().await.expect("read the stream").take(pending);
        let decode = |message: jetstream::Message| serde_json::from_slice(&message.payload).expect("decode");
        let reading = messages.map_ok(decode).try_collect();
        let read = tokio::time::timeout(READ_TIMEOUT, reading).await;
        read.expect("read the stream in time").expect("read the stream")
    }

    /// Waits until nothing is under way in this world any more: outboxes are empty, and every consumer has
    /// handled and acknowledged everything.
    ///
    /// # Panics
    /// When that does not happen within half a minute; the message says what is still under way.
    pub async fn settle(&self) {
        let mut quiet = 0;
        let started = std::time::Instant::now();
        loop {
            let status = self.under_way().await;
            quiet = if status.is_empty() { quiet + 1 } else { 0 };
            if quiet == 2 {
                return;
            }
            assert!(started.elapsed() < Duration::from_secs(30), "the world does not settle: {status:#?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn under_way(&self) -> Vec<String> {
        let mut status = self.outboxes().await;
        let context = jetstream::new(self.nats.clone());
        let mut streams = context.streams();
        while let Some(Ok(info)) = streams.next().await {
            let name = info.config.name;
            if !name.starts_with(&format!("{}_", self.namespace)) {
                continue;
            }
            let Ok(stream) = context.get_stream(&name).await else { continue };
            let mut consumers = stream.consumers();
            while let Some(Ok(consumer)) = consumers.next().await {
                let busy = (consumer.num_pending, consumer.num_ack_pending);
                if consumer.config.durable_name.is_some() && busy != (0, 0) {
                    status.push(format!("{}: {} pending, {} unacknowledged", consumer.name, busy.0, busy.1));
                }
            }
        }
        status
    }

    async fn outboxes(&self) -> Vec<String> {
        let mut status = Vec::new();
        let client = Client::with_uri_str(&self.servers.mongodb_uri).await.expect("connect to MongoDB");
        let filter = doc! { "name": { "$regex": format!("^{}_", self.namespace) } };
        let names = client.list_database_names().filter(filter).await.expect("list the databases");
        for name in names {
            let database = client.database(&name);
            for collection in database.list_collection_names().await.expect("list the collections") {
                let documents = database.collection::<bson::Document>(&collection);
                let waiting = documents.count_documents(doc! { "outbox": { "$exists": true } });
                // As services read: what is empty by that is not found again in an older state.
                let waiting = waiting.read_concern(ReadConcern::majority()).await;
                match waiting.expect("count the outboxes") {
                    0 => {}
                    count => status.push(format!("{name}.{collection}: {count} outboxes")),
                }
            }
        }
        status
    }

    /// Waits until the closure gives something.
    ///
    /// # Panics
    /// When that does not happen within half a minute.
    pub async fn eventually<T>(&self, what: &str, look: impl AsyncFn() -> Option<T>) -> T {
        eventually(what, look).await
    }

    /// A request to the service on this port, signed in as `user`.
    pub fn request(
        &self,
        method: &str,
        port: u16,
        path: &str,
        user: Option<&TestUser>,
    ) -> reqwest::RequestBuilder {
        let method = method.parse().expect("a method");
        let request = self.http.request(method, format!("http://127.0.0.1:{port}{path}"));
        match user {
            Some(user) => request.bearer_auth(&user.token),
            None => request,
        }
    }

    /// The answer to GET.
    ///
    /// # Panics
    /// When nobody answers.
    pub async fn get(&self, port: u16, path: &str, user: Option<&TestUser>) -> Answer {
        Answer::read(self.request("GET", port, path, user).send().await.expect("an answer")).await
    }

    /// The answer to POST with a JSON body.
    ///
    /// # Panics
    /// When nobody answers.
    pub async fn post(&self, port: u16, path: &str, user: Option<&TestUser>, body: &Value) -> Answer {
        Answer::read(self.request("POST", port, path, user).json(body).send().await.expect("an answer")).await
    }

    /// The answer to POST with a JSON body and an `Idempotency-Key`.
    ///
    /// # Panics
    /// When nobody answers.
    pub async fn post_once(
        &self,
        port: u16,
        path: &str,
        user: Option<&TestUser>,
        key: &str,
        body: &Value,
    ) -> Answer {
        let request = self.request("POST", port, path, user).header("Idempotency-Key", key).json(body);
        Answer::read(request.send().await.expect("an answer")).await
    }

    /// The answer to PATCH with a JSON body.
    ///
    /// # Panics
    /// When nobody answers.
    pub async fn patch(&self, port: u16, path: &str, user: Option<&TestUser>, body: &Value) -> Answer {
        Answer::read(self.request("PATCH", port, path, user).json(body).send().await.expect("an answer"))
            .await
    }

    /// The answer to DELETE.
    ///
    /// # Panics
    /// When nobody answers.
    pub async fn delete(&self, port: u16, path: &str, user: Option<&TestUser>) -> Answer {
        Answer::read(self.request("DELETE", port, path, user).send().await.expect("an answer")).await
    }

    /// The time now, by the clock of this world.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

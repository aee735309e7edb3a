//! A service that does next to nothing, for tests of the edge.

use std::sync::Arc;

use actix_web::{HttpResponse, get, post, web::Data};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey as _};
use garde::Validate;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Notify;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig as Routes;

use super::{
    ApiInfo, Body, CurrentUser, HttpServer, IdempotencyKey, KeyRing, OptionalUser, Page, PageQuery, Path,
    Problem, ProblemBody, Query, Readiness, RunningServer,
};
use crate::{
    clock::Clock,
    config::ServiceConfig,
    events::signing_key::{SigningKeySnapshot, SigningKeyStatus},
    ids::{KeyId, OrderId, SessionId, UserId},
    telemetry,
};

pub(super) const INFO: ApiInfo = ApiInfo { area: "things", title: "Things", description: "For tests." };

#[derive(Debug, Deserialize, Serialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MakeThing {
    #[garde(length(chars, max = 10), custom(crate::http::plain_text))]
    thing_name: String,
}

#[derive(Default)]
pub(super) struct Gate {
    pub(super) entered: Notify,
    pub(super) open: Notify,
}

#[utoipa::path(get, path = "/api/things/{id}", responses((status = 200, body = String)), security(()))]
#[get("/api/things/{id}")]
async fn get_thing(id: Path<OrderId>) -> HttpResponse {
    HttpResponse::Ok().insert_header(("Cache-Control", "public, max-age=5")).json(id.0)
}

#[utoipa::path(get, path = "/api/things", params(PageQuery), responses((status = 200, body = Page<u32>)), security(()))]
#[get("/api/things")]
async fn list_things(page: Query<PageQuery>) -> Result<HttpResponse, Problem> {
    let after: u32 = page.0.after()?.unwrap_or(0);
    let things = (after + 1..=after + page.0.limit + 1).collect();
    Ok(HttpResponse::Ok().json(Page::of(things, &page.0, |thing| *thing)))
}

#[utoipa::path(
    post, path = "/api/things", request_body = MakeThing, security(("bearer" = [])),
    responses((status = 201, body = MakeThing), (status = 422, body = ProblemBody)),
)]
#[post("/api/things")]
async fn make_thing(user: CurrentUser, key: IdempotencyKey, body: Body<MakeThing>) -> HttpResponse {
    HttpResponse::Created().json(json!({ "by": user.id, "key": key.as_str(), "made": body.0 }))
}

#[utoipa::path(post, path = "/api/things/open", responses((status = 200)), security(()))]
#[post("/api/things/open")]
async fn open_thing(user: OptionalUser, body: Body<MakeThing>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "signedIn": user.0.is_some(), "name": body.0.thing_name }))
}

#[utoipa::path(post, path = "/api/things/admin", responses((status = 200)), security(("bearer" = [])))]
#[post("/api/things/admin")]
async fn administer(user: CurrentUser) -> Result<HttpResponse, Problem> {
    user.require_admin()?;
    Ok(HttpResponse::Ok().finish())
}

#[utoipa::path(get, path = "/api/things/panic", responses((status = 500)))]
#[get("/api/things/panic")]
async fn panic_thing() -> HttpResponse {
    panic!("password=hunter2")
}

#[utoipa::path(get, path = "/api/things/foreign", responses((status = 418)), security(()))]
#[get("/api/things/foreign")]
async fn foreign_error() -> Result<HttpResponse, actix_web::Error> {
    Err(actix_web::error::ErrorImATeapot("stack trace"))
}

#[utoipa::path(get, path = "/api/things/trace", responses((status = 200)), security(()))]
#[get("/api/things/trace")]
async fn trace_thing() -> HttpResponse {
    HttpResponse::Ok().json(telemetry::current_traceparent())
}

#[utoipa::path(get, path = "/api/things/slow", responses((status = 200)), security(()))]
#[get("/api/things/slow")]
async fn slow_thing(gate: Data<Arc<Gate>>) -> HttpResponse {
    gate.entered.notify_one();
    gate.open.notified().await;
    HttpResponse::Ok().json("done")
}

pub(super) fn table(config: &mut Routes) {
    config
        .service(list_things)
        .service(make_thing)
        .service(open_thing)
        .service(administer)
        .service(panic_thing)
        .service(foreign_error)
        .service(trace_thing)
        .service(slow_thing)
        .service(get_thing);
}

pub(super) struct App {
    pub(super) server: RunningServer,
    pub(super) client: Client,
    pub(super) gate: Arc<Gate>,
    pub(super) readiness: Readiness,
    pub(super) keys: KeyRing,
    pub(super) clock: Clock,
    pub(super) key_id: KeyId,
}

impl App {
    pub(super) fn start() -> Self {
        Self::start_with(|_| {})
    }

    pub(super) fn start_with(change: impl FnOnce(&mut ServiceConfig)) -> Self {
        let (readiness, keys, clock, key_id) =
            (Readiness::new(), KeyRing::new(), Clock::system(), KeyId::generate());
        let public_key = BASE64_URL_SAFE_NO_PAD.encode(secret().verifying_key().as_bytes());
        let status = SigningKeyStatus::Active;
        keys.insert(&SigningKeySnapshot {
            id: key_id,
            version: 1,
            public_key,
            status,
            created_at: clock.now(),
        })
        .unwrap();
        let mut config = ServiceConfig::for_tests("unused", "unused", "unused", "unused");
        change(&mut config);
        let gate = Arc::new(Gate::default());
        let server = HttpServer {
            service: "things",
            config,
            readiness: readiness.clone(),
            keys: keys.clone(),
            clock: clock.clone(),
            api: INFO,
        };
        let context = gate.clone();
        let routes = move |config: &mut Routes| {
            config.app_data(Data::new(context.clone()));
            table(config);
        };
        let server = server.start(routes).unwrap();
        Self { server, client: Client::new(), gate, readiness, keys, clock, key_id }
    }

    pub(super) fn token(&self, role: &str) -> String {
        let now = self.clock.now().secs();
        let claims = json!({
            "iss": "stagedoor", "aud": "stagedoor", "sub": UserId::generate(), "sid": SessionId::generate(),
            "role": role, "iat": now, "exp": now + 600,
        });
        let header = Header { kid: Some(self.key_id.to_string()), ..Header::new(Algorithm::EdDSA) };
        let key = EncodingKey::from_ed_der(secret().to_pkcs8_der().unwrap().as_bytes());
        jsonwebtoken::encode(&header, &claims, &key).unwrap()
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://127.0.0.1:{}{path}", self.server.port()))
    }

    pub(super) fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub(super) fn post(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path)
    }

    /// POST as somebody who is signed in and has a key.
    pub(super) fn make(&self) -> RequestBuilder {
        self.post("/api/things").bearer_auth(self.token("user")).header("Idempotency-Key", "k1")
    }

    pub(super) async fn internal(&self, path: &str) -> Response {
        let url = format!("http://127.0.0.1:{}{path}", self.server.internal_port());
        self.client.get(url).send().await.unwrap()
    }
}

fn secret() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

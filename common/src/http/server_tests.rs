//! A small service on real ports: what every service answers, whatever it does.

use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::*;
use crate::{
    http::{
        Access, Page, ProblemBody, RouteInfo,
        demo::{App, INFO, table},
        openapi_of, routes_of,
    },
    ids::OrderId,
};

/// The answer must be a problem document with these; gives the rest.
async fn problem(request: RequestBuilder, status: u16, code: &str) -> ProblemBody {
    let response = request.send().await.unwrap();
    let headers = response.headers().clone();
    let text = response.text().await.unwrap();
    assert_eq!(headers["content-type"], "application/problem+json", "{text}");
    let body: ProblemBody = serde_json::from_str(&text).unwrap();
    assert_eq!((body.status, body.code.as_str()), (status, code), "{text}");
    assert_eq!(body.kind, format!("urn:stagedoor:problem:{code}"));
    assert_eq!(headers["x-request-id"], body.request_id.clone().unwrap().as_str());
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    body
}

fn pointers(body: &ProblemBody) -> Vec<&str> {
    body.errors.iter().map(|error| error.pointer.as_str()).collect()
}

#[tokio::test]
async fn a_good_request_is_answered() {
    let app = App::start();
    let response = app.make().json(&json!({ "thingName": "Lamp" })).send().await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["content-security-policy"], "default-src 'none'; frame-ancestors 'none'");
    assert_eq!(response.headers()["x-frame-options"], "DENY");
    assert_eq!(response.headers()["referrer-policy"], "no-referrer");
    let made: Value = response.json().await.unwrap();
    assert_eq!((&made["key"], &made["made"]["thingName"]), (&json!("k1"), &json!("Lamp")));
}

#[tokio::test]
async fn a_handler_may_let_its_answer_be_cached() {
    let app = App::start();
    let response = app.get(&format!("/api/things/{}", OrderId::generate())).send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["cache-control"]),
        (200, &"public, max-age=5".parse().unwrap())
    );
}

#[tokio::test]
async fn a_bad_body_is_refused_with_the_name_of_the_field() {
    let app = App::start();
    problem(app.make().header("Content-Type", "application/json").body("{"), 400, "malformed_json").await;
    problem(app.make().header("Content-Type", "application/json").body(""), 400, "malformed_json").await;
    for (body, pointer) in [
        (json!({}), "/thingName"),
        (json!({ "thingName": 7 }), "/thingName"),
        (json!({ "thingName": { "$gt": "" } }), "/thingName"),
        (json!({ "thingName": "x".repeat(11) }), "/thingName"),
        (json!({ "thingName": "a\u{0}b" }), "/thingName"),
        (json!({ "thingName": "Lamp", "price": 1 }), "/price"),
    ] {
        let answer = problem(app.make().json(&body), 422, "invalid").await;
        assert_eq!(pointers(&answer), [pointer], "{body}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused() {
    let app = App::start();
    problem(app.make().body("{}"), 415, "unsupported_media_type").await;
    let form = app.make().header("Content-Type", "application/x-www-form-urlencoded").body("thingName=Lamp");
    problem(form, 415, "unsupported_media_type").await;
    let packed = app.make().header("Content-Encoding", "gzip").json(&json!({ "thingName": "Lamp" }));
    problem(packed, 415, "unsupported_media_type").await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_and_the_sender_can_read_why() {
    let app = App::start();
    let large = || "x".repeat(1_024 * 1_024);
    for path in ["/api/things", "/api/things/open", "/api/things/panic", "/nowhere"] {
        let answer =
            problem(app.post(path).json(&json!({ "thingName": large() })), 413, "body_too_large").await;
        assert!(answer.detail.contains("65536"), "{}", answer.detail);
    }
}

#[tokio::test]
async fn a_body_of_unknown_length_is_bounded_as_well() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let app = App::start();
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", app.server.port())).await.unwrap();
    let head = "POST /api/things/open HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    for _ in 0..16 {
        stream.write_all(chunk.as_bytes()).await.unwrap();
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("body_too_large"), "{answer}");
}

#[tokio::test]
async fn an_unknown_route_is_not_found() {
    let app = App::start();
    for path in ["/", "/api", "/api/things/", "/api/things/a/b", "/api/things/%00/x", "/..%2f"] {
        problem(app.get(path), 404, "route_not_found").await;
    }
    problem(app.get("/livez"), 404, "route_not_found").await;
}

#[tokio::test]
async fn head_is_answered_as_get_is_without_the_body() {
    let app = App::start();
    for path in ["/api/things?limit=3", "/api/things/openapi.json", "/nowhere"] {
        let get = app.get(path).send().await.unwrap();
        let head = app.request(Method::HEAD, path).send().await.unwrap();
        assert_eq!(head.status(), get.status(), "{path}");
        for name in ["content-type", "content-length", "cache-control"] {
            assert_eq!(head.headers()[name], get.headers()[name], "{name} of {path}");
        }
        assert_eq!(head.text().await.unwrap(), "", "{path}");
    }
}

#[tokio::test]
async fn who_is_not_known_hears_so_before_what_is_wrong_with_the_body() {
    let app = App::start();
    app.keys.on_unknown_key(|| {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Ok(Vec::new())
        })
    });
    let stranger = App::start().token("user");
    let ask = || {
        let request = app.post("/api/things").bearer_auth(&stranger).header("Idempotency-Key", "k");
        problem(request.json(&json!({ "thingName": 7 })), 401, "unauthorized")
    };
    // The second one waits for what the first one looks up.
    tokio::join!(ask(), ask());
}

#[tokio::test]
async fn a_wrong_method_says_which_are_right() {
    let app = App::start();
    let response = app.request(Method::DELETE, "/api/things").send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["allow"]),
        (405, &"GET, HEAD, POST".parse().unwrap())
    );
    problem(app.request(Method::PATCH, "/api/things"), 405, "method_not_allowed").await;
    problem(app.request(Method::from_bytes(b"BREW").unwrap(), "/api/things/open"), 405, "method_not_allowed")
        .await;
}

#[tokio::test]
async fn a_name_beside_ids_is_not_taken_for_one() {
    let app = App::start();
    let answer = problem(app.get("/api/things/open"), 405, "method_not_allowed").await;
    assert!(answer.detail.contains("POST"), "{}", answer.detail);
    let head = app.request(Method::HEAD, "/api/things/open").send().await.unwrap();
    assert_eq!(head.status(), 405);
}

#[tokio::test]
async fn what_is_no_id_names_nothing() {
    let app = App::start();
    for id in ["7", "%7B%22$gt%22:%22%22%7D", "x%00y", "01932f5c7f1e7cc398c4dc0c0c07398f"] {
        let answer = problem(app.get(&format!("/api/things/{id}")), 404, "not_found").await;
        assert!(answer.detail.contains("{id}"), "{}", answer.detail);
    }
}

#[tokio::test]
async fn a_bad_parameter_is_named() {
    let app = App::start();
    for (query, pointer) in
        [("limit=0", "/query/limit"), ("limit=x", "/query/limit"), ("cursor=!", "/query/cursor")]
    {
        let answer = problem(app.get(&format!("/api/things?{query}")), 422, "invalid").await;
        assert_eq!(pointers(&answer), [pointer]);
    }
}

#[tokio::test]
async fn a_cursor_leads_to_the_next_page() {
    let app = App::start();
    let page: Page<u32> = app.get("/api/things?limit=2").send().await.unwrap().json().await.unwrap();
    let next = format!("/api/things?limit=2&cursor={}", page.next_cursor.unwrap());
    let page: Page<u32> = app.get(&next).send().await.unwrap().json().await.unwrap();
    assert_eq!(page.items, [3, 4]);
}

#[tokio::test]
async fn a_panic_is_a_problem_that_says_nothing_about_it() {
    let app = App::start();
    let answer = problem(app.get("/api/things/panic"), 500, "internal").await;
    assert!(!answer.detail.contains("hunter2"));
    problem(app.get("/api/things/panic"), 500, "internal").await;
    assert_eq!(app.get("/api/things").send().await.unwrap().status(), 200, "the service lives on");
}

#[tokio::test]
async fn an_error_of_the_framework_becomes_a_problem() {
    let app = App::start();
    let answer = problem(app.get("/api/things/foreign"), 418, "im_a_teapot").await;
    assert!(!answer.detail.contains("stack trace"));
}

#[tokio::test]
async fn only_who_is_signed_in_gets_in() {
    let app = App::start();
    let body = json!({ "thingName": "Lamp" });
    let response = app.post("/api/things").json(&body).send().await.unwrap();
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
    problem(app.post("/api/things").json(&body), 401, "unauthorized").await;
    problem(app.post("/api/things").bearer_auth("forged").json(&body), 401, "unauthorized").await;
    problem(app.post("/api/things").basic_auth("a", Some("b")).json(&body), 401, "unauthorized").await;
    // A token that is presented must be valid even where none is needed.
    problem(app.post("/api/things/open").bearer_auth("forged").json(&body), 401, "unauthorized").await;
    let open = app.post("/api/things/open").json(&body).send().await.unwrap();
    assert_eq!(open.json::<Value>().await.unwrap()["signedIn"], json!(false));
    problem(app.post("/api/things/admin").bearer_auth(app.token("user")), 403, "admin_only").await;
    assert_eq!(
        app.post("/api/things/admin").bearer_auth(app.token("admin")).send().await.unwrap().status(),
        200
    );
    app.clock.advance(Duration::from_hours(1));
    let late = app.token("user");
    app.clock.advance(Duration::from_hours(1));
    let answer = problem(app.post("/api/things/admin").bearer_auth(late), 401, "unauthorized").await;
    assert_eq!(answer.detail, "The access token has expired.");
    app.keys.replace_all([]);
    problem(app.post("/api/things/admin").bearer_auth(app.token("admin")), 401, "unauthorized").await;
}

#[tokio::test]
async fn a_browser_shows_its_cookie() {
    let app = App::start();
    let cookie = |app: &App, name: &str| format!("theme=dark; {name}={}", app.token("admin"));
    for name in ["stagedoor", "__Host-stagedoor"] {
        let request = app.post("/api/things/admin").header("Cookie", cookie(&app, name));
        assert_eq!(request.send().await.unwrap().status(), 200, "{name}");
    }
    problem(app.post("/api/things/admin").header("Cookie", "stagedoor="), 401, "unauthorized").await;
    let secure = App::start_with(|config| config.public_origin = "https://stagedoor.example".to_owned());
    let plain = secure.post("/api/things/admin").header("Cookie", cookie(&secure, "stagedoor"));
    problem(plain, 401, "unauthorized").await;
    let bound = secure.post("/api/things/admin").header("Cookie", cookie(&secure, "__Host-stagedoor"));
    assert_eq!(bound.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn an_idempotency_key_is_required_and_visible() {
    let app = App::start();
    let body = json!({ "thingName": "Lamp" });
    let without = app.post("/api/things").bearer_auth(app.token("user")).json(&body);
    problem(without, 400, "idempotency_key_required").await;
    for key in ["", "two words", &"x".repeat(129)] {
        let request = app.post("/api/things").bearer_auth(app.token("user")).header("Idempotency-Key", key);
        problem(request.json(&body), 400, "idempotency_key_invalid").await;
    }
}

#[tokio::test]
async fn other_origins_may_look_but_not_touch() {
    let app = App::start();
    let foreign = "https://evil.example";
    problem(app.make().header("Origin", foreign).json(&json!({})), 403, "cross_origin").await;
    problem(app.make().header("Origin", "null").json(&json!({})), 403, "cross_origin").await;
    problem(app.make().header("Sec-Fetch-Site", "cross-site").json(&json!({})), 403, "cross_origin").await;
    assert_eq!(app.get("/api/things").header("Origin", foreign).send().await.unwrap().status(), 200);
    let own = app
        .make()
        .header("Origin", "http://stagedoor.localhost:8080")
        .header("Sec-Fetch-Site", "same-origin");
    assert_eq!(own.json(&json!({ "thingName": "Lamp" })).send().await.unwrap().status(), 201);
}

#[tokio::test]
async fn a_request_keeps_its_name_if_it_is_sane() {
    let app = App::start();
    let named = app.get("/nowhere").header("X-Request-Id", "ingress-42");
    assert_eq!(problem(named, 404, "route_not_found").await.request_id.unwrap(), "ingress-42");
    for insane in ["", "a b", "<script>", &"x".repeat(65)] {
        let answer =
            problem(app.get("/nowhere").header("X-Request-Id", insane), 404, "route_not_found").await;
        assert_eq!(answer.request_id.unwrap().len(), 36, "{insane}");
    }
}

#[tokio::test]
async fn the_trace_of_a_request_goes_on_in_its_handler() {
    telemetry::init(crate::config::LogFormat::Pretty);
    let app = App::start();
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let request = app.get("/api/things/trace").header("traceparent", parent);
    let within: String = request.send().await.unwrap().json().await.unwrap();
    assert!(within.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"), "{within}");
    let request = app.get("/api/things/trace").header("traceparent", "nonsense");
    let begun: String = request.send().await.unwrap().json().await.unwrap();
    assert_ne!(within[..35], begun[..35]);
}

#[tokio::test]
async fn the_second_port_tells_how_the_service_is() {
    let app = App::start();
    assert_eq!(app.internal("/livez").await.status(), 200);
    let check = app.readiness.check("nats");
    let waiting = app.internal("/readyz").await;
    assert_eq!(waiting.status(), 503);
    assert_eq!(waiting.json::<Value>().await.unwrap(), json!({ "ready": false, "waitingFor": ["nats"] }));
    check.set(true);
    assert_eq!(app.internal("/readyz").await.status(), 200);
    app.get("/api/things").send().await.unwrap();
    let metrics = app.internal("/metrics").await.text().await.unwrap();
    let line = r#"http_requests_total{service="things",method="GET",route="/api/things",status="200"}"#;
    assert!(metrics.contains(line), "{metrics}");
    assert!(metrics.contains("http_request_duration_seconds_bucket"), "{metrics}");
    assert_eq!(app.internal("/api/things").await.status(), 404);
}

#[tokio::test]
async fn a_taken_port_is_said_so() {
    let app = App::start();
    let mut config = ServiceConfig::for_tests("unused", "unused", "unused", "unused");
    config.port = app.server.port();
    let (readiness, keys, clock) = (Readiness::new(), KeyRing::new(), Clock::system());
    let second = HttpServer { service: "things", config, readiness, keys, clock, api: INFO };
    let error = second.start(table).unwrap_err();
    assert_eq!(error.to_string(), format!("serve PORT on 127.0.0.1:{}", app.server.port()));
}

#[tokio::test]
async fn a_stopping_service_serves_on_and_finishes_what_it_began() {
    let app = App::start_with(|config| config.drain_secs = 1);
    let slow = tokio::spawn(app.get("/api/things/slow").send());
    app.gate.entered.notified().await;
    let (gate, readiness, client) = (app.gate.clone(), app.readiness.clone(), app.client.clone());
    let (port, internal) = (app.server.port(), app.server.internal_port());
    let stopping = tokio::spawn(app.server.stop());
    while readiness.is_ready() {
        tokio::task::yield_now().await;
    }
    let ask = async |port: u16, path: &str| client.get(format!("http://127.0.0.1:{port}{path}")).send().await;
    assert_eq!(ask(internal, "/readyz").await.unwrap().status(), 503, "not ready at once");
    assert_eq!(ask(port, "/api/things").await.unwrap().status(), 200, "and serving on");
    // Once new connections are refused, the request that was under way is still answered.
    while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!stopping.is_finished());
    gate.open.notify_one();
    assert_eq!(slow.await.unwrap().unwrap().text().await.unwrap(), "\"done\"");
    tokio::time::timeout(Duration::from_secs(5), stopping).await.unwrap().unwrap();
}

#[test]
fn the_document_tells_of_every_refusal_that_the_edge_makes() {
    let document = serde_json::to_value(openapi_of(INFO, table)).unwrap();
    let statuses = |path: &str, method: &str| {
        let responses = document["paths"][path][method]["responses"].as_object().unwrap();
        responses.keys().map(|status| status.parse().unwrap()).collect::<Vec<u16>>()
    };
    let all = [201, 400, 401, 403, 408, 409, 413, 415, 422, 429, 503];
    assert_eq!(statuses("/api/things", "post"), all);
    assert_eq!(statuses("/api/things", "get"), [200, 422, 429, 503]);
    let refusal = &document["paths"]["/api/things"]["post"]["responses"]["422"];
    let schema = &refusal["content"]["application/problem+json"]["schema"]["$ref"];
    assert_eq!(schema, "#/components/schemas/ProblemBody");
    assert!(refusal["content"].get("application/json").is_none(), "{refusal}");
}

#[tokio::test]
async fn the_document_of_the_api_is_served() {
    let app = App::start();
    let response = app.get("/api/things/openapi.json").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    let served: Value = response.json().await.unwrap();
    assert_eq!(served, serde_json::to_value(openapi_of(INFO, table)).unwrap());
    assert!(served["openapi"].as_str().unwrap().starts_with("3.1"));
    let thing = &served["paths"]["/api/things/{id}"]["get"];
    assert_eq!(thing["parameters"][0]["name"], "id");
    assert_eq!(thing["security"], json!([{}]));
    let make = &served["paths"]["/api/things"]["post"];
    assert_eq!(make["security"], json!([{ "bearer": [] }, { "cookie": [] }]));
    assert!(served["components"]["schemas"]["ProblemBody"]["properties"]["errors"].is_object());
}

#[test]
fn the_routes_can_be_listed_with_who_may_use_them() {
    let routes = routes_of(&openapi_of(INFO, table));
    let access = |method: &str, path: &str| {
        let is = |route: &&RouteInfo| route.method == method && route.path == path;
        routes.iter().find(is).unwrap().access
    };
    assert_eq!(routes.len(), 9);
    assert_eq!(access("GET", "/api/things"), Access::Public);
    assert_eq!(access("POST", "/api/things"), Access::SignedIn);
    assert_eq!(access("GET", "/api/things/panic"), Access::Undeclared);
}

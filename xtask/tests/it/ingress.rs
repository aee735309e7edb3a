use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpStream},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use serde_json::Value;
use xtask::{
    children::Process,
    log::Log,
    nginx::{Ingress, Limits, Upstreams},
    paths::{NOBODY, PATHS, STREAMS},
    ports, provision,
    workspace::Workspace,
};

use crate::{Scratch, stub};

/// A running ingress; its process goes before its directory.
struct World {
    port: u16,
    _process: Process,
    _scratch: Scratch,
}

/// What came back.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl World {
    fn new(limits: Limits) -> Self {
        Self::with_client(limits, stub::start("client"))
    }

    fn without_client() -> Self {
        let [client] = ports::free().unwrap();
        Self::with_client(Limits::generous(), client)
    }

    fn with_client(limits: Limits, client: u16) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let scratch = Scratch::new(&format!("ingress-{}", COUNT.fetch_add(1, Ordering::Relaxed)));
        // Nobody listens where payments should be.
        let [port, payments] = ports::free().unwrap();
        let upstreams = Upstreams {
            auth: stub::start("auth"),
            tickets: stub::start("tickets"),
            orders: stub::start("orders"),
            payments,
            sandbox: stub::start("sandbox"),
            client,
        };
        let workspace = Workspace::here();
        let tools = provision::provision(&workspace, &Log::stdout()).unwrap();
        let ingress = Ingress { port, upstreams: vec![upstreams], limits, dir: scratch.0.clone() };
        let process = ingress.start(&workspace, &tools.nginx, &Log::quiet()).unwrap();
        Self { port, _process: process, _scratch: scratch }
    }

    fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: stagedoor.localhost\r\nConnection: close\r\n\r\n"))
    }

    fn post(&self, path: &str, body: &str) -> Answer {
        let length = body.len();
        let head = format!("POST {path} HTTP/1.1\r\nHost: stagedoor.localhost\r\nContent-Length: {length}");
        self.send(&format!("{head}\r\nConnection: close\r\n\r\n{body}"))
    }

    fn send(&self, request: &str) -> Answer {
        let mut text = String::new();
        let mut stream = self.open(request);
        // A refused body leads to a reset after the answer.
        let _ = stream.read_to_string(&mut text);
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    fn open(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let _ = stream.write_all(request.as_bytes());
        stream
    }
}

impl Answer {
    fn is_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{}", self.head);
        assert!(self.head.contains("content-type: application/problem+json"), "{}", self.head);
        let body: Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(body["code"], code);
        assert_eq!(body["status"], status);
        assert!(self.head.contains(&format!("x-request-id: {}", body["requestId"].as_str().unwrap())));
    }
}

#[test]
fn every_path_goes_to_its_service() {
    let world = World::new(Limits::generous());
    for (path, service) in PATHS {
        let answer = world.get(path);
        match *service {
            NOBODY => answer.is_problem(404, "route_not_found"),
            // Nobody listens there.
            "payments" => answer.is_problem(503, "unavailable"),
            service => {
                let (name, request) = answer.body.split_once('\n').unwrap();
                assert_eq!((answer.status, name), (200, service), "{path}");
                let asked = path.trim_start_matches("/sandbox");
                assert!(request.contains(&format!("GET {asked} ")), "{path} became {request}");
            }
        }
    }
}

#[test]
fn a_query_goes_with_its_path() {
    let world = World::new(Limits::generous());
    for path in ["/api/shows?limit=3", "/shows/7?listing=1", "/v1/card-form?locale=de"] {
        let asked = if path.starts_with("/v1") { format!("/sandbox{path}") } else { path.to_owned() };
        let answer = world.get(&asked);
        assert!(answer.body.contains(&format!("GET {path} ")), "{asked} became {}", answer.body);
    }
}

#[test]
fn scripts_and_styles_go_compressed_at_the_build_to_who_takes_brotli() {
    let world = World::new(Limits::generous());
    let get = |path: &str, takes: &str| {
        let head = format!("GET {path} HTTP/1.1\r\nHost: stagedoor.localhost\r\nAccept-Encoding: {takes}");
        world.send(&format!("{head}\r\nConnection: close\r\n\r\n"))
    };
    for (path, kind) in [("/_next/static/x.js", "text/javascript"), ("/_next/static/y/x.css", "text/css")] {
        let answer = get(path, "gzip, br");
        assert!(answer.body.contains(&format!("GET {path}.br ")), "{path} became {}", answer.body);
        let type_of_content = format!("content-type: {kind}");
        for header in ["content-encoding: br", "vary: accept-encoding", type_of_content.as_str()] {
            assert!(answer.head.contains(header), "{header} is not in {}", answer.head);
        }
        assert!(get(path, "identity").body.contains(&format!("GET {path} ")), "{path}");
    }
    assert!(get("/_next/static/x.woff2", "gzip, br").body.contains("GET /_next/static/x.woff2 "));
}

#[test]
fn what_is_internal_cannot_be_reached() {
    let world = World::new(Limits::generous());
    for path in [
        "/sandbox/v1/tokens/..%2fledger",
        "/api/users/../../metrics",
        "/.problems/not_found",
        "/.pages/away.html",
        "/../Cargo.toml",
        "/sandbox/v1/challenges/x/authenticate",
    ] {
        let answer = world.get(path);
        assert!([400, 404].contains(&answer.status), "{path}: {}", answer.status);
    }
}

#[test]
fn a_request_arrives_with_its_trace_and_without_what_callers_may_not_claim() {
    let world = World::new(Limits::generous());
    let answer = world.send(
        "GET /api/orders/a%2Fb HTTP/1.1\r\nHost: stagedoor.localhost\r\ntraceparent: 00-1-2-01\r\n\
         X-Request-Id: mine-1\r\nX-Forwarded-For: 6.6.6.6\r\nConnection: close\r\n\r\n",
    );
    for expected in [
        "GET /api/orders/a%2Fb HTTP/1.1",
        "traceparent: 00-1-2-01",
        "X-Request-Id: mine-1",
        "Host: stagedoor.localhost",
    ] {
        assert!(answer.body.contains(expected), "{expected} is not in {}", answer.body);
    }
    assert!(!answer.body.contains("6.6.6.6"), "{}", answer.body);
    assert!(answer.body.contains("X-Forwarded-For: 127.0.0.1"), "{}", answer.body);
}

#[test]
fn a_service_that_is_away_is_said_to_be_away() {
    let world = World::new(Limits::generous());
    let answer = world.post("/api/payments", "{}");
    answer.is_problem(503, "unavailable");
    assert!(answer.head.contains("retry-after: "), "{}", answer.head);
}

#[test]
fn a_body_beyond_the_limit_is_refused() {
    let world = World::new(Limits::generous());
    assert_eq!(world.post("/api/orders", &"a".repeat(64 << 10)).status, 200);
    world.post("/api/orders", &"a".repeat((64 << 10) + 1)).is_problem(413, "body_too_large");
}

#[test]
fn requests_beyond_the_limits_are_refused_and_sign_ins_sooner_than_others() {
    let limits =
        Limits { requests_per_second: 1, requests_burst: 9, sign_ins_per_second: 1, sign_ins_burst: 2 };
    let world = World::new(limits);
    let statuses: Vec<u16> = (0..5).map(|_| world.post("/api/users/sessions", "{}").status).collect();
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
    let refused = world.post("/api/users/sessions", "{}");
    refused.is_problem(429, "too_many_requests");
    assert!(refused.head.contains("retry-after: 1"), "{}", refused.head);
    assert_eq!(world.get("/api/users/sessions").status, 200);
    let statuses: Vec<u16> = (0..12).map(|_| world.get("/api/shows").status).collect();
    assert_eq!(statuses.last(), Some(&429));
}

#[test]
fn event_streams_are_handed_on_as_they_come() {
    let world = World::new(Limits::generous());
    for (path, service) in STREAMS {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");
        let mut stream = world.open(&request);
        stream.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
        let mut seen = String::new();
        let mut buffer = [0; 1_024];
        while !seen.contains(&format!("data: {service}")) {
            let count = stream.read(&mut buffer).unwrap();
            assert_ne!(count, 0, "{path}: {seen}");
            seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
    }
}

#[test]
fn pages_have_their_security_headers() {
    let world = World::new(Limits::generous());
    let answer = world.get("/");
    assert_eq!(answer.status, 200);
    for header in ["x-content-type-options", "referrer-policy", "x-frame-options", "permissions-policy"] {
        assert!(answer.head.contains(header), "{header}");
    }
    assert!(!answer.head.contains("nginx/"), "the version is nobody's business");
}

#[test]
fn while_the_client_is_away_a_page_says_so() {
    let world = World::without_client();
    let answer = world.get("/shows");
    assert_eq!(answer.status, 503);
    assert!(answer.head.contains("content-type: text/html"), "{}", answer.head);
    assert!(answer.head.contains("retry-after: 5"), "{}", answer.head);
    assert!(answer.body.contains("Back in a moment"));
}

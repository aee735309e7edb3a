//! The address of a marketplace, and how to speak to it.

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpStream},
    time::Duration,
};

use common::testing::Answer;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use super::{card, machinery::Ports};

/// Longer than the ingress waits for a service.
const TIMEOUT: Duration = Duration::from_secs(40);
/// Shorter than the five seconds after which the gateway closes a connection that nobody uses: a request that
/// meets the close is not answered.
const IDLE: Duration = Duration::from_secs(2);

/// The address of a marketplace. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Site {
    port: u16,
    gateway_port: u16,
    client: Client,
}

impl Site {
    /// The site behind these ports.
    pub fn new(ports: &Ports) -> Self {
        Self::at(ports.ingress, ports.gateway)
    }

    /// The site behind an ingress at this port, with a gateway at that one.
    pub fn at(port: u16, gateway_port: u16) -> Self {
        let client = client(TIMEOUT);
        Self { port, gateway_port, client }
    }

    /// The same site for somebody who waits no longer than this, on connections of their own.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        let client = client(timeout);
        Self { client, ..self.clone() }
    }

    /// What somebody would type into a browser.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A request through the ingress.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method: Method = method.parse().expect("a method");
        self.client.request(method, format!("{}{path}", self.address()))
    }

    /// The answer to GET, through the ingress, of somebody who is not signed in.
    pub async fn get(&self, path: &str) -> Answer {
        send(self.request("GET", path)).await.expect("an answer")
    }

    /// The answer to POST, likewise.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.request("POST", path).json(body)).await.expect("an answer")
    }

    /// Exchanges a card for a token, as a browser does: the number goes to the gateway and nowhere else.
    pub async fn tokenize(&self, number: &str) -> String {
        let answer = self.post("/sandbox/v1/tokens", &card::body(number)).await.expect(201);
        answer.json()["token"].as_str().expect("a token").to_owned()
    }

    /// The answer to GET on a port of the loopback, past the ingress.
    pub async fn ask_port(&self, port: u16, path: &str) -> Answer {
        send(self.client.get(format!("http://127.0.0.1:{port}{path}"))).await.expect("an answer")
    }

    /// The answer of the gateway itself, past the ingress.
    pub async fn ask_gateway(&self, path: &str) -> Answer {
        self.ask_port(self.gateway_port, path).await
    }

    /// Makes the gateway answer every request of a kind with an error, without effect, from now on.
    pub async fn break_gateway(&self, operation: &str) {
        let fault = json!({ "operation": operation, "fault": "error_before" });
        let request = self.client.post(self.gateway_url("/v1/faults")).json(&fault);
        send(request).await.expect("an answer of the gateway").expect(204);
    }

    /// Makes the gateway answer again.
    pub async fn mend_gateway(&self) {
        let request = self.client.delete(self.gateway_url("/v1/faults"));
        send(request).await.expect("an answer of the gateway").expect(204);
    }

    fn gateway_url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.gateway_port)
    }

    /// The answer to a request line that no HTTP client would send, as text. Blocks.
    pub fn send_raw(&self, request_line: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("reach the ingress");
        stream.set_read_timeout(Some(TIMEOUT)).expect("set a timeout");
        let request = format!("{request_line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("send a request");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("read the answer");
        String::from_utf8_lossy(&answer).into_owned()
    }
}

fn client(timeout: Duration) -> Client {
    Client::builder().timeout(timeout).pool_idle_timeout(IDLE).build().expect("make an HTTP client")
}

/// Sends a request and reads the whole answer; says what went wrong with the connection.
pub async fn send(request: RequestBuilder) -> Result<Answer, String> {
    let response = request.send().await.map_err(|error| format!("{error:?}"))?;
    Ok(Answer::read(response).await)
}

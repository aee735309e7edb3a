//! Event streams, read as a browser reads them.

use std::time::Duration;

use reqwest::{RequestBuilder, Response};
use serde_json::Value;

/// How long an event that is awaited may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What an event stream has told.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// What kind of event it is.
    pub name: String,
    /// From where to go on after it, if it says so.
    pub id: Option<String>,
    /// What it is about.
    pub data: Value,
}

/// An event stream that is open.
#[derive(Debug)]
pub struct EventReader {
    response: Response,
    text: String,
    /// What to come again with.
    pub last_id: Option<String>,
}

impl EventReader {
    /// Opens an event stream.
    pub async fn open(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200, "{response:?}");
        assert_eq!(response.headers()["content-type"], "text/event-stream", "{response:?}");
        assert_eq!(response.headers()["cache-control"], "no-store", "{response:?}");
        Self { response, text: String::new(), last_id: None }
    }

    /// Comes again to an event stream.
    pub async fn resume(request: RequestBuilder, last_id: &str) -> Self {
        let mut reader = Self::open(request.header("Last-Event-ID", last_id)).await;
        reader.last_id = Some(last_id.to_owned());
        reader
    }

    /// The next event; `None` when the stream has ended.
    pub async fn next(&mut self) -> Option<Told> {
        tokio::time::timeout(TIMEOUT, self.read()).await.expect("an event, or the end of the stream, in time")
    }

    /// The next event of this kind; others are passed over.
    pub async fn next_of(&mut self, name: &str) -> Told {
        loop {
            let told = self.next().await.expect("the stream goes on");
            if told.name == name {
                return told;
            }
        }
    }

    /// All that is told before `ready`.
    pub async fn until_ready(&mut self) -> Vec<Told> {
        let mut before = Vec::new();
        loop {
            let told = self.next().await.expect("the stream goes on");
            if told.name == "ready" {
                return before;
            }
            before.push(told);
        }
    }

    /// Reads until the stream ends, however that happens.
    pub async fn end(&mut self) {
        while self.next().await.is_some() {}
    }

    async fn read(&mut self) -> Option<Told> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                let told = told(&block);
                let id = block.lines().find_map(|line| line.strip_prefix("id: "));
                self.last_id = id.map(str::to_owned).or(self.last_id.take());
                if told.is_some() {
                    return told;
                }
            }
            let chunk = self.response.chunk().await.ok()??;
            self.text += std::str::from_utf8(&chunk).expect("whole characters");
        }
    }
}

/// A block without data is no event.
fn told(block: &str) -> Option<Told> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
    let data = serde_json::from_str(&field("data: ")?).expect("JSON");
    Some(Told { name: field("event: ")?, id: field("id: "), data })
}

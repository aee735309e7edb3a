//! HTTP answers, read whole.

use std::collections::BTreeMap;

use reqwest::header::{HeaderName, HeaderValue, SET_COOKIE};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// An answer of a service.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers, with lower-case names; of several with one name, the last.
    pub headers: BTreeMap<String, String>,
    /// What every `Set-Cookie` says.
    pub cookies: Vec<String>,
    /// The body as it came.
    pub text: String,
}

impl Answer {
    /// Reads the whole answer.
    ///
    /// # Panics
    /// When the connection breaks.
    pub async fn read(response: reqwest::Response) -> Self {
        Self::try_read(response).await.expect("read the body")
    }

    /// Reads the whole answer, unless the connection breaks.
    pub async fn try_read(response: reqwest::Response) -> Result<Self, reqwest::Error> {
        let status = response.status().as_u16();
        let text_of = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let header = |(name, value): (&HeaderName, &HeaderValue)| (name.to_string(), text_of(value));
        let headers: BTreeMap<String, String> = response.headers().iter().map(header).collect();
        let cookies = response.headers().get_all(SET_COOKIE).iter().map(text_of).collect();
        // An event stream does not end: only its head is an answer.
        let is_stream = headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let text = if is_stream { String::new() } else { response.text().await? };
        Ok(Self { status, headers, cookies, text })
    }

    /// The body as JSON; `null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The body as a type.
    ///
    /// # Panics
    /// When it is something else.
    pub fn body<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The `code` of a problem document; empty if it is none.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The JSON pointers that a problem document names.
    pub fn pointers(&self) -> Vec<String> {
        let json = self.json();
        let errors = json["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().filter_map(|error| Some(error["pointer"].as_str()?.to_owned())).collect()
    }

    /// This answer, if its status is `status`.
    ///
    /// # Panics
    /// When it is another one.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "often only the status is of interest")]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "unexpected answer: {self:?}");
        self
    }
}

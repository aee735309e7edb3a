//! What a message says about itself.

use std::str::FromStr as _;

use async_nats::{HeaderMap, jetstream::Message};

use crate::{clock::Timestamp, ids::EventId};

/// The CloudEvents attributes of an event and where it lies in its stream.
#[derive(Debug, Clone)]
pub struct Meta {
    /// The event.
    pub id: EventId,
    /// `<owner>.<aggregate>.<fact>.v<major>`.
    pub ce_type: String,
    /// When the fact happened.
    pub time: Timestamp,
    /// The trace that caused it, as W3C trace context.
    pub traceparent: Option<String>,
    /// The stream that the message lies in.
    pub stream: String,
    /// Its place in the stream.
    pub stream_sequence: u64,
}

impl Meta {
    /// Reads the headers; an error says which one is missing or wrong.
    pub(super) fn read(message: &Message) -> Result<Self, String> {
        let info = message.info().map_err(|error| error.to_string())?;
        let empty = HeaderMap::new();
        let headers = message.headers.as_ref().unwrap_or(&empty);
        let required = |name: &str| {
            let value = headers.get(name).map(|value| value.as_str().to_owned());
            value.ok_or_else(|| format!("the header {name} is missing"))
        };
        Ok(Self {
            id: EventId::from_str(&required("ce-id")?).map_err(|_| "ce-id is no UUID".to_owned())?,
            ce_type: required("ce-type")?,
            time: required("ce-time")?.parse().map_err(|_| "ce-time is no RFC 3339 time".to_owned())?,
            traceparent: headers.get("traceparent").map(|value| value.as_str().to_owned()),
            stream: info.stream.to_owned(),
            stream_sequence: info.stream_sequence,
        })
    }
}

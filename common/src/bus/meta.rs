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
        Self::of(message.headers.as_ref().unwrap_or(&empty), info.stream, info.stream_sequence)
    }

    fn of(headers: &HeaderMap, stream: &str, stream_sequence: u64) -> Result<Self, String> {
        let required = |name: &str| {
            let value = headers.get(name).map(|value| value.as_str().to_owned());
            value.ok_or_else(|| format!("the header {name} is missing"))
        };
        Ok(Self {
            id: EventId::from_str(&required("ce-id")?).map_err(|_| "ce-id is no UUID".to_owned())?,
            ce_type: required("ce-type")?,
            time: required("ce-time")?.parse().map_err(|_| "ce-time is no RFC 3339 time".to_owned())?,
            traceparent: headers.get("traceparent").map(|value| value.as_str().to_owned()),
            stream: stream.to_owned(),
            stream_sequence,
        })
    }
}

#[cfg(test)]
mod tests {
    use async_nats::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    const GOOD: [(&str, &str); 3] = [
        ("ce-id", "01932f5c-7f1e-7cc3-98c4-dc0c0c07398f"),
        ("ce-type", "orders.order.created.v1"),
        ("ce-time", "2027-06-30T19:30:00.125Z"),
    ];

    fn read(headers: &[(&str, &str)]) -> Result<Meta, String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            // What no header can hold cannot arrive either.
            let Ok(value) = HeaderValue::from_str(value) else { continue };
            map.insert(*name, value);
        }
        Meta::of(&map, "ORDERS", 7)
    }

    #[test]
    fn the_headers_of_an_event_are_read() {
        let meta = read(&GOOD).unwrap();
        assert_eq!(meta.id.to_string(), GOOD[0].1);
        assert_eq!((meta.ce_type.as_str(), meta.time.to_string().as_str()), (GOOD[1].1, GOOD[2].1));
        assert_eq!((meta.traceparent, meta.stream.as_str(), meta.stream_sequence), (None, "ORDERS", 7));
    }

    #[test]
    fn the_header_that_is_missing_is_named() {
        for (missing, (name, _)) in GOOD.iter().enumerate() {
            let rest: Vec<_> =
                GOOD.iter().enumerate().filter(|(at, _)| *at != missing).map(|(_, header)| *header).collect();
            assert_eq!(read(&rest).unwrap_err(), format!("the header {name} is missing"));
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read_or_named(at in 0..GOOD.len(), text: String, trace: String) {
            let mut headers = GOOD.to_vec();
            headers[at].1 = &text;
            headers.push(("traceparent", &trace));
            if let Err(why) = read(&headers) {
                prop_assert!(why.contains(GOOD[at].0), "{} is blamed for {}", why, GOOD[at].0);
            }
        }
    }
}

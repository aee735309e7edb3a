//! How an event stream is written (WHATWG HTML, section 9.2). The JSON of an event is one line, so a writer needs
//! no more than this; a library for it would bring thirty others along.

use bytes::Bytes;
use serde::Serialize;

use crate::bus::Mark;

/// How long a client is to wait before it comes again.
pub(super) fn retry(millis: u64) -> String {
    format!("retry: {millis}\n\n")
}

/// An event after which the client knows everything up to `mark`.
pub(super) fn marked(name: &str, mark: &Mark, data: &impl Serialize) -> Result<Bytes, serde_json::Error> {
    let data = serde_json::to_string(data)?;
    Ok(Bytes::from(format!("event: {name}\nid: {mark}\ndata: {data}\n\n")))
}

/// An event that leaves the client where it was.
pub(super) fn unmarked(name: &str, data: &impl Serialize) -> Result<String, serde_json::Error> {
    let data = serde_json::to_string(data)?;
    Ok(format!("event: {name}\ndata: {data}\n\n"))
}

/// No event: keeps the connection open, and tells that there was nothing up to `mark`.
pub(super) fn heartbeat(mark: &Mark) -> Bytes {
    Bytes::from(format!("id: {mark}\n: nothing new\n\n"))
}

/// Keeps the connection open, and tells nothing.
pub(super) fn silence() -> Bytes {
    Bytes::from_static(b": nothing new\n\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_is_one_line_of_each_kind() {
        let mark: Mark = "8265".parse().unwrap();
        let event = marked("listing", &mark, &json!({ "section": "Stalls\n\ndata: forged" })).unwrap();
        let expected = "event: listing\nid: 8265\ndata: {\"section\":\"Stalls\\n\\ndata: forged\"}\n\n";
        assert_eq!(event, expected);
        assert_eq!(unmarked("reset", &json!({})).unwrap(), "event: reset\ndata: {}\n\n");
        assert_eq!(heartbeat(&mark), "id: 8265\n: nothing new\n\n");
        assert_eq!(retry(2_000), "retry: 2000\n\n");
    }
}

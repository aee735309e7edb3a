//! How the lines of each program are read: which of them a person wants to see, and how much they matter.

use serde_json::Value;

use super::Level;

/// How a program writes its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grammar {
    /// Our services: one JSON object a line, by `tracing`.
    Service,
    /// mongod: one JSON object a line; only its errors are shown.
    Mongod,
    /// nats-server: `[WRN]`, `[ERR]` and `[FTL]` are shown.
    Nats,
    /// redis-server: `#` marks what matters.
    Redis,
    /// nginx: `[warn]` and `[crit]` or worse are shown; `[error]` only repeats that a service is not there.
    Nginx,
    /// Anything else: every line as it is.
    Plain,
}

impl Grammar {
    /// What to show of a line, if anything.
    pub fn read(self, line: &str) -> Option<(Level, String)> {
        match self {
            Self::Service => Some(service(line).unwrap_or_else(|| (Level::Warn, line.to_owned()))),
            Self::Mongod => mongod(line),
            Self::Nats => {
                marked(line, &[("[WRN]", Level::Warn), ("[ERR]", Level::Error), ("[FTL]", Level::Error)])
            }
            Self::Redis => redis(line),
            Self::Nginx => marked(
                line,
                &[
                    ("[warn]", Level::Warn),
                    ("[crit]", Level::Error),
                    ("[alert]", Level::Error),
                    ("[emerg]", Level::Error),
                ],
            ),
            Self::Plain => Some((Level::Info, line.to_owned())),
        }
    }
}

/// `{"level": "INFO", "fields": {"message": "listening", "port": 7101}, …}` → `listening port=7101`. Fields
/// may also stand beside the message, as `tracing` writes them when flattened.
fn service(line: &str) -> Option<(Level, String)> {
    let entry: Value = serde_json::from_str(line).ok()?;
    let entry = entry.as_object()?;
    let level = match entry.get("level")?.as_str()? {
        "ERROR" => Level::Error,
        "WARN" => Level::Warn,
        "INFO" => Level::Info,
        _ => Level::Debug,
    };
    let fields = entry.get("fields").and_then(Value::as_object).unwrap_or(entry);
    let mut text = fields.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
    for (name, value) in fields {
        if ["message", "level", "timestamp", "target", "span", "spans"].contains(&name.as_str()) {
            continue;
        }
        let plain = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text.extend([" ", name, "=", &plain]);
    }
    Some((level, text))
}

/// mongod warns a lot about how it was started, so that only its errors (`E`) and its death (`F`) are shown.
fn mongod(line: &str) -> Option<(Level, String)> {
    let Ok(entry) = serde_json::from_str::<Value>(line) else {
        return Some((Level::Warn, line.to_owned()));
    };
    let severity = entry["s"].as_str()?;
    ["E", "F"].contains(&severity).then(|| {
        let attributes = &entry["attr"];
        (Level::Error, format!("{} {attributes}", entry["msg"].as_str().unwrap_or_default()))
    })
}

/// What redis-server marks as important although it happens at every start and stop; and its advice on
/// overcommit, which is for production.
const EXPECTED_OF_REDIS: [&str; 7] = [
    "oO0Oo",
    "Redis version=",
    "Configuration loaded",
    "Server initialized",
    "overcommit",
    "User requested shutdown",
    "Redis is now ready to exit",
];

fn redis(line: &str) -> Option<(Level, String)> {
    let matters = line.contains(" # ") && !EXPECTED_OF_REDIS.iter().any(|expected| line.contains(expected));
    matters.then(|| (Level::Warn, line.to_owned()))
}

fn marked(line: &str, marks: &[(&str, Level)]) -> Option<(Level, String)> {
    marks.iter().find(|(mark, _)| line.contains(mark)).map(|(_, level)| (*level, line.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_service_is_shown_as_words_and_fields() {
        let line = r#"{"timestamp":"2026-11-01T00:00:00Z","level":"WARN","fields":{"message":"relay is late","order.id":"7","lag":3},"target":"common"}"#;
        assert_eq!(
            Grammar::Service.read(line),
            Some((Level::Warn, "relay is late lag=3 order.id=7".to_owned()))
        );
    }

    #[test]
    fn a_panic_of_a_service_is_shown_as_it_is() {
        let shown = Grammar::Service.read("thread 'main' panicked at src/main.rs:3:5:");
        assert_eq!(shown, Some((Level::Warn, "thread 'main' panicked at src/main.rs:3:5:".to_owned())));
    }

    #[test]
    fn of_the_servers_only_trouble_is_shown() {
        assert_eq!(Grammar::Mongod.read(r#"{"s":"I","msg":"Waiting for connections"}"#), None);
        assert!(Grammar::Mongod.read(r#"{"s":"F","msg":"Fassert","attr":{"id":1}}"#).is_some());
        assert_eq!(Grammar::Nats.read("[1] [INF] Server is ready"), None);
        assert!(Grammar::Nats.read("[1] [ERR] JetStream out of space").is_some());
        assert_eq!(Grammar::Nginx.read("[notice] 1#1: start worker process 7"), None);
    }
}

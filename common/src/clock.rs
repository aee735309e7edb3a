//! Time as a parameter. [`Timestamp`] is UTC with millisecond precision: RFC 3339 text in JSON, a real
//! date in MongoDB. [`Clock`] is the only place that asks the operating system for the time.

use std::{
    fmt,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A point in time: UTC, milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(DateTime<Utc>);

/// The text is not an RFC 3339 time.
#[derive(Debug, thiserror::Error)]
#[error("parse time: expected RFC 3339 such as 2027-06-30T19:30:00Z")]
pub struct InvalidTimestamp;

impl Timestamp {
    /// Milliseconds since 1970-01-01T00:00:00Z; `None` outside the years that RFC 3339 can write.
    pub fn from_millis(millis: i64) -> Option<Self> {
        use chrono::Datelike;
        DateTime::from_timestamp_millis(millis).filter(|time| (0..=9999).contains(&time.year())).map(Self)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn millis(self) -> i64 {
        self.0.timestamp_millis()
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, as JWTs count time.
    pub fn secs(self) -> i64 {
        self.0.timestamp()
    }

    /// How long after `earlier` this is; zero if it is before.
    pub fn since(self, earlier: Self) -> Duration {
        (self.0 - earlier.0).to_std().unwrap_or(Duration::ZERO)
    }

    /// This time, `duration` later, at the latest the end of the year 9999.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.millis().saturating_add(millis)).unwrap_or(Self(DateTime::<Utc>::MAX_UTC))
    }

    /// This time, `duration` earlier, at the earliest 1970.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self::from_millis(self.millis().saturating_sub(millis)).unwrap_or(Self(DateTime::UNIX_EPOCH))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        let time = DateTime::parse_from_rfc3339(text).map_err(|_| InvalidTimestamp)?;
        Self::from_millis(time.timestamp_millis()).ok_or(InvalidTimestamp)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            bson::DateTime::from_millis(self.millis()).serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
            text.parse().map_err(D::Error::custom)
        } else {
            let date = bson::DateTime::deserialize(deserializer)?;
            Self::from_millis(date.timestamp_millis())
                .ok_or_else(|| D::Error::custom("date is outside the years 0 to 9999"))
        }
    }
}

impl From<Timestamp> for bson::Bson {
    fn from(time: Timestamp) -> Self {
        Self::DateTime(bson::DateTime::from_millis(time.millis()))
    }
}

impl utoipa::PartialSchema for Timestamp {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::DateTime)))
            .examples(["2027-06-30T19:30:00.000Z"])
            .into()
    }
}

impl utoipa::ToSchema for Timestamp {}

/// Where a service gets the time from. Clones share the same clock.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// Added to the system's time; moved only by tests.
    offset_millis: Arc<AtomicI64>,
}

impl Clock {
    /// The clock of the operating system.
    pub fn system() -> Self {
        Self::default()
    }

    /// The time now.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system clock")]
    pub fn now(&self) -> Timestamp {
        let millis = Utc::now().timestamp_millis() + self.offset_millis.load(Ordering::Relaxed);
        Timestamp::from_millis(millis).unwrap_or(Timestamp(DateTime::<Utc>::MAX_UTC))
    }

    /// Moves this clock and all its clones forward, so that tests need not wait for deadlines.
    #[cfg(feature = "testing")]
    pub fn advance(&self, duration: Duration) {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        self.offset_millis.fetch_add(millis, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Stored {
        time: Timestamp,
    }

    #[test]
    fn a_time_is_text_in_json_and_a_date_in_bson() {
        let time: Timestamp = "2027-06-30T21:30:00.125+02:00".parse().unwrap();
        assert_eq!(serde_json::to_string(&time).unwrap(), "\"2027-06-30T19:30:00.125Z\"");
        let stored = bson::serialize_to_raw_document_buf(&bson::doc! { "time": time }).unwrap();
        let typed = bson::serialize_to_raw_document_buf(&Stored { time }).unwrap();
        assert_eq!(typed, stored);
        assert_eq!(bson::deserialize_from_slice::<Stored>(typed.as_bytes()).unwrap(), Stored { time });
    }

    #[test]
    fn years_that_rfc_3339_cannot_write_are_refused() {
        assert!(Timestamp::from_millis(i64::MAX).is_none());
        assert!("10000-01-01T00:00:00Z".parse::<Timestamp>().is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_a_time_or_none(text: String, millis: i64, secs: u64) {
            prop_assert!(text.parse::<Timestamp>().is_err());
            let Some(time) = Timestamp::from_millis(millis % 300_000_000_000_000) else { return Ok(()) };
            prop_assert_eq!(time.to_string().parse::<Timestamp>().ok(), Some(time));
            let duration = Duration::from_secs(secs);
            prop_assert!(time.minus(duration) <= time.plus(duration) || time.millis() < 0);
            prop_assert!(time.plus(duration).since(time) <= duration);
        }
    }
}

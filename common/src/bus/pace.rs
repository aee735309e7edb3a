//! The pace of a repair. What happens now stands in line behind what is published again; so the next page waits until the
//! listeners have heard most of the last one, as far as they get on at all.

use std::{collections::HashMap, time::Duration};

use async_nats::jetstream::consumer::Info;
use futures::TryStreamExt as _;
use tokio::time::{Instant, timeout};

use super::{Bus, consumer::waiting};

/// How many events may be before a listener when the next page is published.
const LINE: u64 = 500;
/// A listener that has not moved for so long is not waited for: its service is stopped, or there is none any more.
const STANDSTILL: Duration = Duration::from_secs(5);
/// A page is waited for so long at most: listeners that are always late have all the states in the end.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How long JetStream may take to say who listens.
const ASK_TIMEOUT: Duration = Duration::from_secs(2);

/// What is known of the listeners.
#[derive(Debug)]
pub(super) struct Pace {
    /// How far each has come in the stream, and since when.
    places: HashMap<String, (u64, Instant)>,
    waiting_since: Instant,
}

impl Pace {
    pub fn new() -> Self {
        Self { places: HashMap::new(), waiting_since: Instant::now() }
    }

    /// A page is published.
    pub fn begin_to_wait(&mut self) {
        self.waiting_since = Instant::now();
    }

    /// Whether the next page may be published. If JetStream does not say how far the listeners are, it may.
    pub async fn allows_more(&mut self, bus: &Bus) -> bool {
        let now = Instant::now();
        if now - self.waiting_since >= LONGEST_WAIT {
            return true;
        }
        let Ok(Some(listeners)) = timeout(ASK_TIMEOUT, listeners(bus)).await else { return true };
        let mut is_to_wait = false;
        for listener in listeners {
            is_to_wait |= self.is_to_wait_for(listener, now);
        }
        !is_to_wait
    }

    fn is_to_wait_for(&mut self, Heard { listener, place, waiting }: Heard, now: Instant) -> bool {
        let known = self.places.entry(listener).or_insert((place, now));
        if known.0 != place {
            *known = (place, now);
        }
        waiting > LINE && now - known.1 < STANDSTILL
    }
}

/// How far a listener is.
#[derive(Debug)]
struct Heard {
    listener: String,
    /// What it was given, and what it has acknowledged, of the stream: it moves with either.
    place: u64,
    /// How many events it has not acknowledged yet.
    waiting: u64,
}

impl From<Info> for Heard {
    fn from(info: Info) -> Self {
        Self {
            place: info.delivered.consumer_sequence + info.ack_floor.consumer_sequence,
            waiting: waiting(&info),
            listener: info.name,
        }
    }
}

/// All who listen to the stream of this service; `None` if JetStream does not say. A consumer that is not durable is no
/// listener: somebody has a look at the stream.
async fn listeners(bus: &Bus) -> Option<Vec<Heard>> {
    let publisher = &bus.inner.publisher;
    let stream = publisher.namespace().stream(bus.inner.config.service);
    let stream = publisher.context().get_stream(stream).await.ok()?;
    let consumers: Vec<Info> = stream.consumers().try_collect().await.ok()?;
    let durable = consumers.into_iter().filter(|info| info.config.durable_name.is_some());
    Some(durable.map(Heard::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(place: u64, waiting: u64) -> Heard {
        Heard { listener: "tickets-keep-admission".to_owned(), place, waiting }
    }

    #[test]
    fn who_gets_on_is_waited_for_and_who_stands_still_is_not() {
        let (mut pace, start) = (Pace::new(), Instant::now());
        let at = |secs| start + Duration::from_secs(secs);
        assert!(!pace.is_to_wait_for(heard(1, LINE), at(0)), "few are before it");
        assert!(pace.is_to_wait_for(heard(1, LINE + 1), at(0)));
        assert!(pace.is_to_wait_for(heard(1, LINE + 1), at(4)));
        assert!(!pace.is_to_wait_for(heard(1, LINE + 1), at(5)), "it stands still");
        assert!(pace.is_to_wait_for(heard(2, LINE + 1), at(6)), "it has moved");
    }
}

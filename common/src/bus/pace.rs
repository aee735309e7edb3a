//! The pace at which states are published again. What happens now stands in line behind them; so a page is as much as the
//! listeners hear in a moment, the next one waits until they have heard most of it, and what is in no hurry rests in between:
//! the listeners, MongoDB and JetStream have most of their time for what people do.

use std::{collections::HashMap, time::Duration};

use async_nats::jetstream::consumer::Info;
use futures::TryStreamExt as _;
use tokio::time::{Instant, timeout};

use super::{Bus, consumer::waiting};

/// How long the listeners are to have to do with a page.
const MOMENT: Duration = Duration::from_millis(500);
/// How many aggregates a page holds: the first one, and at the least and the most.
const FIRST_PAGE: u32 = 100;
const PAGES: (u32, u32) = (50, 500);
/// How much longer than a page has taken it is rested after it, where there is no hurry: a third of the time is for the repair.
const REST: u32 = 2;
const LONGEST_REST: Duration = Duration::from_secs(5);
/// A listener that has not moved for so long is not waited for: its service is stopped, or there is none any more.
const STANDSTILL: Duration = Duration::from_secs(5);
/// A page is waited for so long at most: listeners that are always late have all the states in the end.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How long JetStream may take to say who listens.
const ASK_TIMEOUT: Duration = Duration::from_secs(2);

/// Whether somebody waits for what is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hurry {
    Great,
    None,
}

/// How much may be published, and when.
#[derive(Debug)]
pub(super) struct Pace {
    /// How far each listener has come in the stream, and since when.
    places: HashMap<String, (u64, Instant)>,
    page: u32,
    /// When the last page was begun, and in what hurry; `None` if most of it is heard.
    begun: Option<(Instant, Hurry)>,
    rests_until: Instant,
}

impl Pace {
    pub fn new() -> Self {
        Self { places: HashMap::new(), page: FIRST_PAGE, begun: None, rests_until: Instant::now() }
    }

    /// How many aggregates the next page may hold.
    pub fn page(&self) -> u32 {
        self.page
    }

    /// A page is about to be published.
    pub fn begin(&mut self, hurry: Hurry) {
        self.begun = Some((Instant::now(), hurry));
    }

    /// Whether the next page may be published. If JetStream does not say how far the listeners are, it may.
    pub async fn allows_more(&mut self, bus: &Bus) -> bool {
        let now = Instant::now();
        if let Some((begun, hurry)) = self.begun {
            let took = now - begun;
            if took < LONGEST_WAIT && self.is_somebody_behind(bus, now).await {
                return false;
            }
            self.end(took, hurry, now);
        }
        now >= self.rests_until
    }

    /// Most of the page is heard.
    fn end(&mut self, took: Duration, hurry: Hurry, now: Instant) {
        self.begun = None;
        let (least, most) = PAGES;
        let fitting = u128::from(self.page) * MOMENT.as_millis() / took.as_millis().max(1);
        let fitting = u32::try_from(fitting).unwrap_or(u32::MAX);
        // One page says little: it may have stood behind something else.
        self.page = fitting.clamp(self.page / 2, self.page * 2).clamp(least, most);
        if hurry == Hurry::None {
            self.rests_until = now + (took * REST).min(LONGEST_REST);
        }
    }

    async fn is_somebody_behind(&mut self, bus: &Bus, now: Instant) -> bool {
        let Ok(Some(listeners)) = timeout(ASK_TIMEOUT, listeners(bus)).await else { return false };
        let mut is_behind = false;
        for listener in listeners {
            is_behind |= self.is_behind(listener, now);
        }
        is_behind
    }

    /// Whether a listener that gets on has half a page or more before it.
    fn is_behind(&mut self, Heard { listener, place, waiting }: Heard, now: Instant) -> bool {
        let known = self.places.entry(listener).or_insert((place, now));
        if known.0 != place {
            *known = (place, now);
        }
        waiting >= u64::from(self.page / 2) && now - known.1 < STANDSTILL
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

    fn heard(place: u64, waiting: u32) -> Heard {
        Heard { listener: "tickets-keep-admission".to_owned(), place, waiting: waiting.into() }
    }

    #[test]
    fn who_gets_on_is_waited_for_and_who_stands_still_is_not() {
        let (mut pace, start) = (Pace::new(), Instant::now());
        let at = |secs| start + Duration::from_secs(secs);
        assert!(!pace.is_behind(heard(1, FIRST_PAGE / 2 - 1), at(0)), "few are before it");
        assert!(pace.is_behind(heard(1, FIRST_PAGE / 2), at(0)));
        assert!(pace.is_behind(heard(1, FIRST_PAGE / 2), at(4)));
        assert!(!pace.is_behind(heard(1, FIRST_PAGE / 2), at(5)), "it stands still");
        assert!(pace.is_behind(heard(2, FIRST_PAGE / 2), at(6)), "it has moved");
    }

    #[test]
    fn a_page_is_what_is_heard_in_a_moment_and_no_page_alone_says_how_much() {
        let mut pace = Pace::new();
        let mut after = |millis| {
            pace.end(Duration::from_millis(millis), Hurry::Great, Instant::now());
            pace.page()
        };
        assert_eq!([after(400), after(50), after(50), after(50)], [125, 250, 500, 500]);
        assert_eq!([after(600), after(10_000), after(10_000)], [416, 208, 104]);
        assert_eq!([after(10_000), after(10_000)], [52, 50]);
    }

    #[test]
    fn what_is_in_no_hurry_rests_twice_as_long_as_it_took() {
        let (mut pace, now) = (Pace::new(), Instant::now());
        let mut rest = |hurry, secs| {
            pace.end(Duration::from_secs(secs), hurry, now);
            pace.rests_until - now
        };
        assert_eq!(rest(Hurry::Great, 2), Duration::ZERO);
        assert_eq!(rest(Hurry::None, 2), Duration::from_secs(4));
        assert_eq!(rest(Hurry::None, 10), LONGEST_REST);
    }
}

//! Random lives of a timer: news of its order late, twice and in any order, and ticks at any time.

use proptest::{prelude::*, sample::select};

use super::{tests::at, *};

const DEADLINE: i64 = 1_000;

#[derive(Debug, Clone, Copy)]
enum Event {
    /// A version of the order arrives.
    Hear(u64),
    /// The clock of some worker says this.
    Tick(i64),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![(1_u64..4).prop_map(Event::Hear), (0_i64..2_000).prop_map(Event::Tick)];
    proptest::collection::vec(event, 0..30)
}

/// An order that awaits payment in its first version, and is settled by this one and all that follow.
fn news(id: OrderId, version: u64, settled_by: u64) -> News {
    let need = if version < settled_by { Need::Awaiting } else { Need::Settled };
    News { id, version, need, expires_at: at(DEADLINE) }
}

fn hear(timer: Option<Timer>, news: News) -> Option<Timer> {
    match Timer::follow(timer.as_ref(), news) {
        Followed::Set(next) | Followed::Clear(next) => Some(next),
        Followed::Skip(_) => timer,
    }
}

fn tick(timer: Option<Timer>, now: Timestamp) -> Option<Timer> {
    match timer.as_ref().map(|timer| timer.tick(now)) {
        Some(Ticked::Fire(next, _)) => Some(next),
        Some(Ticked::Early(_) | Ticked::Skip(_)) | None => timer,
    }
}

proptest! {
    #[test]
    fn a_timer_ends_as_the_newest_news_says_and_never_fires_early(
        events in events(),
        settled_by in select(vec![2_u64, 3, 4]),
    ) {
        let id = OrderId::generate();
        let mut timer = None;
        for event in events {
            let known = timer.as_ref().map_or(0, |timer: &Timer| timer.order_version);
            timer = match event {
                Event::Hear(version) => hear(timer, news(id, version, settled_by)),
                Event::Tick(millis) => tick(timer, at(millis)),
            };
            let now_known = timer.as_ref().map_or(0, |timer| timer.order_version);
            prop_assert!(known <= now_known, "S9: it went back from {} to {}", known, now_known);
            let told = timer.as_ref().and_then(|timer| timer.told.as_ref());
            prop_assert!(told.is_none_or(|told| told.fired_at >= at(DEADLINE)), "S11: {:?}", told);
        }
        timer = tick(hear(timer, news(id, 3, settled_by)), at(DEADLINE));
        let expected = if settled_by <= 3 { TimerStatus::Cleared } else { TimerStatus::Fired };
        prop_assert_eq!(timer.map(|timer| timer.status), Some(expected));
    }
}

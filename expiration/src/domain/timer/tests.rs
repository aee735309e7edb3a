use common::{
    ids::{ListingId, ShowId, UserId},
    money::{Currency, Money},
};

use super::*;

const DEADLINE: i64 = 1_800_000_000_000;
const STATUSES: [TimerStatus; 3] = [TimerStatus::Pending, TimerStatus::Fired, TimerStatus::Cleared];
const NEEDS: [Need; 2] = [Need::Awaiting, Need::Settled];

pub(super) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis).unwrap()
}

fn news(id: OrderId, version: u64, need: Need) -> News {
    News { id, version, need, expires_at: at(DEADLINE) }
}

/// A timer in this status that has seen version 3 of its order.
fn timer(status: TimerStatus) -> Timer {
    let pending = Timer::new(news(OrderId::generate(), 3, Need::Awaiting), TimerStatus::Pending);
    match status {
        TimerStatus::Pending => pending,
        TimerStatus::Fired => fired(&pending, at(DEADLINE)).0,
        TimerStatus::Cleared => Timer { status, ..pending },
    }
}

fn fired(timer: &Timer, now: Timestamp) -> (Timer, ExpirationCompleted) {
    match timer.tick(now) {
        Ticked::Fire(timer, fact) => (timer, fact),
        other => panic!("a due timer did not fire: {other:?}"),
    }
}

#[test]
fn the_first_news_of_an_order_sets_a_timer_or_leaves_a_tombstone() {
    let id = OrderId::generate();
    let awaiting = news(id, 1, Need::Awaiting);
    let settled = news(id, 1, Need::Settled);
    assert_eq!(Timer::follow(None, awaiting), Followed::Set(Timer::new(awaiting, TimerStatus::Pending)));
    assert_eq!(Timer::follow(None, settled), Followed::Clear(Timer::new(settled, TimerStatus::Cleared)));
}

#[test]
fn a_creation_that_its_end_has_overtaken_sets_nothing() {
    let id = OrderId::generate();
    let Followed::Clear(tombstone) = Timer::follow(None, news(id, 2, Need::Settled)) else {
        panic!("the end of an unknown order left no tombstone");
    };
    let late = Timer::follow(Some(&tombstone), news(id, 1, Need::Awaiting));
    assert_eq!(late, Followed::Skip(Skip::Stale));
    assert_eq!(tombstone.tick(at(DEADLINE)), Ticked::Skip(Skip::Settled));
}

#[test]
fn old_news_changes_nothing_in_any_status() {
    for status in STATUSES {
        let timer = timer(status);
        for need in NEEDS {
            let stale = Timer::follow(Some(&timer), news(timer.id, 2, need));
            assert_eq!(stale, Followed::Skip(Skip::Stale), "{status:?} {need:?}");
            let same = Timer::follow(Some(&timer), news(timer.id, 3, need));
            assert_eq!(same, Followed::Skip(Skip::Duplicate), "{status:?} {need:?}");
        }
    }
}

#[test]
fn newer_news_that_the_order_awaits_payment_follows_its_deadline() {
    for status in [TimerStatus::Pending, TimerStatus::Fired] {
        let timer = timer(status);
        let moved = News { expires_at: at(DEADLINE + 5), ..news(timer.id, 4, Need::Awaiting) };
        let Followed::Set(next) = Timer::follow(Some(&timer), moved) else {
            panic!("{status:?}: the timer was not set again");
        };
        assert_eq!(next.status, TimerStatus::Pending);
        assert_eq!((next.expires_at, next.order_version), (at(DEADLINE + 5), 4));
        assert_eq!(next.told, timer.told, "what was told stays told");
    }
}

#[test]
fn newer_news_that_the_order_is_settled_clears() {
    for status in [TimerStatus::Pending, TimerStatus::Fired] {
        let timer = timer(status);
        let Followed::Clear(next) = Timer::follow(Some(&timer), news(timer.id, 4, Need::Settled)) else {
            panic!("{status:?}: the timer was not cleared");
        };
        assert_eq!((next.status, next.order_version), (TimerStatus::Cleared, 4));
        assert_eq!(next.told, timer.told, "what was told stays told");
    }
}

#[test]
fn nothing_brings_a_cleared_timer_back() {
    let cleared = timer(TimerStatus::Cleared);
    for need in NEEDS {
        let next = Timer::follow(Some(&cleared), news(cleared.id, 4, need));
        assert_eq!(next, Followed::Skip(Skip::Settled), "{need:?}");
    }
    assert_eq!(cleared.tick(at(DEADLINE)), Ticked::Skip(Skip::Settled));
}

#[test]
fn a_pending_timer_fires_at_its_deadline_and_not_before() {
    let pending = timer(TimerStatus::Pending);
    assert_eq!(pending.tick(at(DEADLINE - 1)), Ticked::Early(at(DEADLINE)));
    let (next, fact) = fired(&pending, at(DEADLINE));
    assert_eq!(next.status, TimerStatus::Fired);
    assert_eq!(next.told.as_ref(), Some(&fact.0));
    let expected =
        TimerSnapshot { id: pending.id, version: 1, expires_at: at(DEADLINE), fired_at: at(DEADLINE) };
    assert_eq!(fact.0, expected);
}

#[test]
fn a_timer_fires_once() {
    let fired = timer(TimerStatus::Fired);
    assert_eq!(fired.tick(at(DEADLINE)), Ticked::Skip(Skip::Fired));
}

#[test]
fn a_timer_that_is_set_again_tells_the_next_version() {
    let first = timer(TimerStatus::Fired);
    let Followed::Set(again) = Timer::follow(Some(&first), news(first.id, 4, Need::Awaiting)) else {
        panic!("the timer was not set again");
    };
    assert_eq!(fired(&again, at(DEADLINE)).1.0.version, 2);
}

#[test]
fn only_an_order_that_awaits_payment_needs_a_timer() {
    let awaits = |status| News::from(&order(status)).need;
    assert_eq!(awaits(OrderStatus::AwaitingPayment), Need::Awaiting);
    for status in [
        OrderStatus::Confirmed,
        OrderStatus::Completed,
        OrderStatus::Refunding,
        OrderStatus::Refunded,
        OrderStatus::Cancelled,
        OrderStatus::Expired,
    ] {
        assert_eq!(awaits(status), Need::Settled, "{status:?}");
    }
}

fn order(status: OrderStatus) -> OrderSnapshot {
    let price = Money::new(5_000, Currency::Usd);
    OrderSnapshot {
        id: OrderId::generate(),
        version: 1,
        listing_id: ListingId::generate(),
        show_id: ShowId::generate(),
        buyer_id: UserId::generate(),
        seller_id: UserId::generate(),
        seats: Vec::new(),
        price,
        fees: None,
        total: price,
        status,
        created_at: at(0),
        expires_at: at(DEADLINE),
        payment_id: None,
        cancel_reason: None,
        changed_at: at(0),
    }
}

//! The timer of an order: set by the order's first news, cleared by news that it is settled, fired at its
//! deadline.
//!
//! | timer | the order awaits payment | the order is settled | tick |
//! |---|---|---|---|
//! | none | Pending | Cleared (a tombstone) | nothing to fire |
//! | Pending | Pending, with the order's deadline | Cleared | Fired when due, early before |
//! | Fired | Pending, with the order's deadline | Cleared | skipped: fired |
//! | Cleared | skipped: settled | skipped: settled | skipped: settled |
//!
//! News of an order that is older than what the timer has seen is skipped as stale, and the same news as
//! a duplicate, whatever the status.

use std::cmp::Ordering;

use common::{
    clock::Timestamp,
    events::{
        order::{OrderSnapshot, OrderStatus},
        timer::{ExpirationCompleted, TimerSnapshot},
    },
    ids::OrderId,
};
use serde::{Deserialize, Serialize};

/// What a timer is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimerStatus {
    /// It waits for the deadline.
    Pending,
    /// The deadline has passed and was told; the order has not been heard of since.
    Fired,
    /// End: the order no longer awaits payment. Also the tombstone of an order whose end was heard of
    /// before its beginning, which therefore sets nothing any more.
    Cleared,
}

/// The deadline of one order. There is at most one timer per order, and it has the order's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Timer {
    /// The order whose deadline it is.
    pub id: OrderId,
    /// What the timer is doing.
    pub status: TimerStatus,
    /// The version of the newest news of the order that the timer took into account.
    pub order_version: u64,
    /// The deadline.
    pub expires_at: Timestamp,
    /// What was published when the timer last fired: version 1, or 2 if the order was given a new deadline
    /// after that. A timer that never fired has no public state.
    pub told: Option<TimerSnapshot>,
}

/// What a timer needs to know of an order's snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct News {
    /// The order.
    pub id: OrderId,
    /// The version of the snapshot.
    pub version: u64,
    /// Whether the order needs a timer.
    pub need: Need,
    /// Until when the order must be paid.
    pub expires_at: Timestamp,
}

/// Whether an order needs a timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It awaits payment, so it does.
    Awaiting,
    /// It was paid for, given up, or is over: no deadline any more.
    Settled,
}

/// What follows from news of the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Followed {
    /// Index the deadline and store this pending timer.
    Set(Timer),
    /// Store this cleared timer.
    Clear(Timer),
    /// Nothing is to be done.
    Skip(Skip),
}

/// What follows when somebody believes that the deadline has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ticked {
    /// Store this fired timer and publish the fact.
    Fire(Timer, ExpirationCompleted),
    /// It has not: ask again at the deadline.
    Early(Timestamp),
    /// Nothing is to be done.
    Skip(Skip),
}

/// Why nothing is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skip {
    /// Newer news of the order is already known.
    Stale,
    /// The same news of the order is already known.
    Duplicate,
    /// The timer has fired already.
    Fired,
    /// The order is settled, and the end absorbs.
    Settled,
}

impl Skip {
    /// The reason as metrics count it.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::Duplicate => "duplicate",
            Self::Fired => "fired",
            Self::Settled => "settled",
        }
    }
}

impl Timer {
    /// Decides what news of its order does to a timer, or to the absence of one.
    pub fn follow(timer: Option<&Self>, news: News) -> Followed {
        match timer {
            None => match news.need {
                Need::Awaiting => Followed::Set(Self::new(news, TimerStatus::Pending)),
                Need::Settled => Followed::Clear(Self::new(news, TimerStatus::Cleared)),
            },
            Some(timer) => match news.version.cmp(&timer.order_version) {
                Ordering::Less => Followed::Skip(Skip::Stale),
                Ordering::Equal => Followed::Skip(Skip::Duplicate),
                Ordering::Greater => timer.follow_newer(news),
            },
        }
    }

    /// Decides what the timer does at the time `now`.
    pub fn tick(&self, now: Timestamp) -> Ticked {
        match self.status {
            TimerStatus::Pending if now < self.expires_at => Ticked::Early(self.expires_at),
            TimerStatus::Pending => self.fire(now),
            TimerStatus::Fired => Ticked::Skip(Skip::Fired),
            TimerStatus::Cleared => Ticked::Skip(Skip::Settled),
        }
    }

    fn new(news: News, status: TimerStatus) -> Self {
        let News { id, version: order_version, expires_at, need: _ } = news;
        Self { id, status, order_version, expires_at, told: None }
    }

    fn follow_newer(&self, news: News) -> Followed {
        use TimerStatus::{Cleared, Fired, Pending};
        let after = |status| Self { told: self.told.clone(), ..Self::new(news, status) };
        match (self.status, news.need) {
            (Pending | Fired, Need::Awaiting) => Followed::Set(after(Pending)),
            (Pending | Fired, Need::Settled) => Followed::Clear(after(Cleared)),
            (Cleared, Need::Awaiting | Need::Settled) => Followed::Skip(Skip::Settled),
        }
    }

    fn fire(&self, now: Timestamp) -> Ticked {
        let version = self.told.as_ref().map_or(0, |told| told.version) + 1;
        let told = TimerSnapshot { id: self.id, version, expires_at: self.expires_at, fired_at: now };
        let fired = Self { status: TimerStatus::Fired, told: Some(told.clone()), ..self.clone() };
        Ticked::Fire(fired, ExpirationCompleted(told))
    }
}

impl From<&OrderSnapshot> for News {
    fn from(order: &OrderSnapshot) -> Self {
        let need = match order.status {
            OrderStatus::AwaitingPayment => Need::Awaiting,
            OrderStatus::Confirmed
            | OrderStatus::Completed
            | OrderStatus::Refunding
            | OrderStatus::Refunded
            | OrderStatus::Cancelled
            | OrderStatus::Expired => Need::Settled,
        };
        Self { id: order.id, version: order.version, need, expires_at: order.expires_at }
    }
}

#[cfg(test)]
mod tests {
    use common::{
        ids::{ListingId, ShowId, UserId},
        money::{Currency, Money},
    };

    use super::*;

    const DEADLINE: i64 = 1_800_000_000_000;
    const STATUSES: [TimerStatus; 3] = [TimerStatus::Pending, TimerStatus::Fired, TimerStatus::Cleared];
    const NEEDS: [Need; 2] = [Need::Awaiting, Need::Settled];

    fn at(millis: i64) -> Timestamp {
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
            total: price,
            status,
            created_at: at(0),
            expires_at: at(DEADLINE),
            payment_id: None,
            cancel_reason: None,
            changed_at: at(0),
        }
    }
}

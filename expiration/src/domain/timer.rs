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
mod histories;
#[cfg(test)]
mod tests;

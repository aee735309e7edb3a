//! What every service has: outboxes, dead letters and consumers, which must be empty or on their way (L7).

use std::collections::HashMap;

use super::{Found, OVERDUE, Violation};
use crate::{
    bus::{Bus, DeadLetterStatus, Lag},
    clock::Timestamp,
};

/// The ids of what is looked at here.
pub(super) const INVARIANTS: [&str; 1] = ["L7"];

/// Since when each consumer has been where it is.
#[derive(Debug, Default)]
pub(super) struct Machinery {
    standing: HashMap<String, (u64, Timestamp)>,
}

impl Machinery {
    pub async fn look(&mut self, bus: &Bus) -> Found {
        let now = bus.clock().now();
        let mut found = Vec::new();
        for document in bus.unpublished_since(now.minus(OVERDUE)).await? {
            found.push(Violation::of("L7", format!("the events of {document} wait in its outbox")));
        }
        for letter in bus.dead_letters().open().await? {
            if letter.status == DeadLetterStatus::Open {
                found.push(Violation::of("L7", format!("the dead letter {} is open", letter.id)));
            }
        }
        let lags = bus.lags().await;
        found.extend(lags.iter().filter_map(|lag| self.stuck(lag, now)));
        Ok(found)
    }

    /// Whether a consumer has something to do and has not moved for too long.
    fn stuck(&mut self, lag: &Lag, now: Timestamp) -> Option<Violation> {
        let place = (lag.acknowledged, now);
        let standing = self.standing.entry(lag.listener.clone()).or_insert(place);
        if standing.0 != lag.acknowledged || lag.waiting == 0 {
            *standing = place;
        }
        let is_stuck = now.since(standing.1) >= OVERDUE;
        is_stuck.then(|| Violation::of("L7", format!("{} does not get on", lag.listener)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn lag(waiting: u64, acknowledged: u64) -> Lag {
        Lag { listener: "tickets-listens".to_owned(), waiting, acknowledged }
    }

    #[test]
    fn a_consumer_is_stuck_if_it_has_work_and_does_not_move_for_minutes() {
        let mut machinery = Machinery::default();
        let start: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
        let at = |secs| start.plus(Duration::from_secs(secs));
        assert_eq!(machinery.stuck(&lag(3, 10), at(0)), None);
        assert_eq!(machinery.stuck(&lag(3, 10), at(119)), None);
        assert!(machinery.stuck(&lag(5, 10), at(120)).is_some());
        assert_eq!(machinery.stuck(&lag(5, 11), at(130)), None, "it has moved");
        assert_eq!(machinery.stuck(&lag(0, 11), at(260)), None, "it has nothing to do");
        assert_eq!(machinery.stuck(&lag(1, 11), at(300)), None, "it has only just got something");
    }
}

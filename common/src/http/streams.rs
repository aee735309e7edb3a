//! Who may stay: event streams last, so there is room for so many of them, and each ends when the service stops,
//! when the token with which it was opened expires, and when that token's session is over.

use std::{
    collections::HashMap,
    future::{Ready, ready},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::StatusCode, web::Data};
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{CurrentUser, KeyRing, Problem, edge::Edge, user};
use crate::{
    clock::{Clock, Timestamp},
    ids::{SessionId, UserId},
};

/// How often a stream looks whether whoever reads it is still signed in.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// When to try again if there is no room: streams end all the time.
const RETRY_AFTER_SECS: u64 = 5;

/// The streams of a process. Clones are the same.
#[derive(Debug, Clone)]
pub(super) struct Streams {
    max: usize,
    max_per_caller: usize,
    open: Arc<Mutex<HashMap<Caller, usize>>>,
    ending: CancellationToken,
}

/// Who has a stream: somebody who is signed in, or an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Caller {
    User(UserId),
    Address(String),
}

impl Streams {
    pub(super) fn new(max: usize, max_per_caller: usize) -> Self {
        Self { max, max_per_caller, open: Arc::default(), ending: CancellationToken::new() }
    }

    /// Ends all streams, and lets none begin.
    pub(super) fn end(&self) {
        self.ending.cancel();
    }

    fn enter(&self, caller: Caller) -> Result<Slot, Problem> {
        if self.ending.is_cancelled() {
            return Err(Problem::unavailable());
        }
        let mut open = self.open();
        if open.values().sum::<usize>() >= self.max {
            return Err(Problem::unavailable().with_retry_after(RETRY_AFTER_SECS));
        }
        let of_caller = open.entry(caller.clone()).or_default();
        if *of_caller >= self.max_per_caller {
            return Err(too_many());
        }
        *of_caller += 1;
        drop(open);
        metrics::gauge!("http_streams").increment(1);
        Ok(Slot { streams: self.clone(), caller })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Caller, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn too_many() -> Problem {
    let detail = "You have many event streams open already: close one first.";
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_streams", detail).with_retry_after(RETRY_AFTER_SECS)
}

/// One stream's place among the others, for as long as its connection lasts.
#[derive(Debug)]
struct Slot {
    streams: Streams,
    caller: Caller,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.streams.open();
        if let Some(of_caller) = open.get_mut(&self.caller) {
            *of_caller -= 1;
            if *of_caller == 0 {
                open.remove(&self.caller);
            }
        }
        metrics::gauge!("http_streams").decrement(1);
    }
}

/// Anybody who wants to be told of changes, and for whom there is room.
#[derive(Debug)]
pub struct Audience {
    /// What `Last-Event-ID` says: the last that was heard, on an earlier stream.
    pub(crate) last_heard: Option<String>,
    /// For how long.
    pub(crate) stay: Stay,
}

impl FromRequest for Audience {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let address = request.connection_info().realip_remote_addr().unwrap_or_default().to_owned();
        ready(enter(request, Caller::Address(address), None))
    }
}

/// Somebody who is signed in, wants to be told of what is theirs, and for whom there is room.
#[derive(Debug)]
pub struct OwnAudience {
    /// Who.
    pub user: CurrentUser,
    /// Until when at most.
    pub audience: Audience,
}

impl FromRequest for OwnAudience {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let entered = user::signed_in(request).and_then(|(user, until)| {
            let badge = Badge { session: user.session_id, until };
            let audience = enter(request, Caller::User(user.id), Some(badge))?;
            Ok(Self { user, audience })
        });
        ready(entered)
    }
}

fn enter(request: &HttpRequest, caller: Caller, badge: Option<Badge>) -> Result<Audience, Problem> {
    let edge = request.app_data::<Data<Edge>>().ok_or_else(Problem::unexplained)?;
    let slot = edge.streams.enter(caller)?;
    let last_heard = request.headers().get("Last-Event-ID").and_then(|value| value.to_str().ok());
    let mut looks = interval(LOOK_INTERVAL);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (keys, clock) = (edge.keys.clone(), edge.clock.clone());
    let stay = Stay { slot, badge, looks, keys, clock };
    Ok(Audience { last_heard: last_heard.map(str::to_owned), stay })
}

/// By what somebody is known who is signed in.
#[derive(Debug, Clone, Copy)]
struct Badge {
    session: SessionId,
    until: Timestamp,
}

/// For how long a stream may go on.
#[derive(Debug)]
pub(crate) struct Stay {
    slot: Slot,
    badge: Option<Badge>,
    looks: Interval,
    keys: KeyRing,
    clock: Clock,
}

impl Stay {
    /// Somebody who may stay until `until`.
    #[cfg(test)]
    pub(crate) fn of_somebody(until: Timestamp, clock: Clock) -> Self {
        let slot = Streams::new(1, 1).enter(Caller::Address(String::new())).expect("room for one");
        let badge = Some(Badge { session: SessionId::generate(), until });
        Self { slot, badge, looks: interval(LOOK_INTERVAL), keys: KeyRing::new(), clock }
    }

    /// Whether the stream has to end.
    pub(crate) fn is_over(&self) -> bool {
        let ended = |badge: Badge| badge.until <= self.clock.now() || self.keys.is_revoked(badge.session);
        self.slot.streams.ending.is_cancelled() || self.badge.is_some_and(ended)
    }

    /// Waits until the stream has to end. May be dropped while it waits.
    pub(crate) async fn over(&mut self) {
        while !self.is_over() {
            tokio::select! {
                () = self.slot.streams.ending.cancelled() => {}
                _ = self.looks.tick() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn somebody() -> Caller {
        Caller::User(UserId::generate())
    }

    #[test]
    fn there_is_room_for_so_many_streams_and_for_so_many_of_one_caller() {
        let streams = Streams::new(3, 2);
        let one = somebody();
        let (first, _second) = (streams.enter(one.clone()).unwrap(), streams.enter(one.clone()).unwrap());
        let refused = streams.enter(one.clone()).unwrap_err();
        assert_eq!((refused.status().as_u16(), refused.code()), (429, "too_many_streams"));
        let _third = streams.enter(Caller::Address("192.0.2.1".to_owned())).unwrap();
        assert_eq!(streams.enter(somebody()).unwrap_err().status().as_u16(), 503);
        drop(first);
        streams.enter(one).unwrap();
    }

    #[test]
    fn a_caller_who_has_left_is_forgotten() {
        let streams = Streams::new(10, 2);
        for _ in 0..100 {
            drop(streams.enter(somebody()).unwrap());
        }
        assert!(streams.open().is_empty());
    }

    #[test]
    fn no_stream_begins_while_the_service_stops() {
        let streams = Streams::new(3, 2);
        streams.end();
        assert_eq!(streams.enter(somebody()).unwrap_err().status().as_u16(), 503);
    }
}

//! One event stream: how it begins, how it goes on, and when it ends.

use std::{convert::Infallible, time::Duration};

use actix_web::{HttpResponse, http::header};
use bytes::Bytes;
use futures::{Stream, stream};
use rand::Rng as _;
use serde_json::json;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::{
    All, Feed, Live,
    feed::{Following, Joined},
    frames,
};
use crate::{
    bus::StoreError,
    http::{Audience, Problem, Stay},
};

/// How often something is sent when nothing happens; far less than any proxy waits.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long clients wait before they come again: different ones, so that they do not all come at once.
const RETRY_MILLIS: std::ops::Range<u64> = 1_000..3_000;
/// How many are looked at by one query.
const MAX_AT_ONCE: usize = 500;

impl<L: Live> Feed<L> {
    /// Lets somebody follow a topic.
    pub async fn answer(&self, audience: Audience, topic: &L::Topic) -> Result<HttpResponse, Problem> {
        // What is no mark of ours says nothing about what was heard.
        let last_heard = audience.last_heard.and_then(|text| text.parse().ok());
        let joined = self.join(topic, last_heard.as_ref()).await.ok_or_else(Problem::unavailable)?;
        let first = self.beginning(topic, &joined).await?;
        let telling = Telling {
            first: Some(first),
            following: joined.following,
            stay: audience.stay,
            heartbeats: heartbeats(),
        };
        Ok(HttpResponse::Ok()
            .content_type("text/event-stream")
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header(("X-Accel-Buffering", "no"))
            .streaming(telling.into_stream()))
    }

    /// What changed while they were away, or all that there is.
    async fn beginning(&self, topic: &L::Topic, joined: &Joined<L>) -> Result<Bytes, Problem> {
        let mut text = frames::retry(rand::rng().random_range(RETRY_MILLIS));
        let views = match &joined.missed {
            Some(missed) => self.look(missed).await?,
            None => {
                let All { views, complete } = self.live().all(topic).await?;
                text += &frames::unmarked("reset", &json!({ "complete": complete })).map_err(unwritable)?;
                views
            }
        };
        for view in views {
            text += &frames::unmarked(L::EVENT, &view).map_err(unwritable)?;
        }
        let ready = json!({ "serverTime": self.bus().clock().now() });
        let ready = frames::marked("ready", &joined.told, &ready).map_err(unwritable)?;
        Ok([Bytes::from(text), ready].concat().into())
    }

    async fn look(&self, subjects: &[L::Subject]) -> Result<Vec<L::View>, StoreError> {
        let mut views = Vec::new();
        for subjects in subjects.chunks(MAX_AT_ONCE) {
            views.extend(self.live().look(subjects).await?.into_iter().map(|(_, view)| view));
        }
        Ok(views)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`")]
fn unwritable(error: serde_json::Error) -> Problem {
    Problem::internal(&error)
}

fn heartbeats() -> Interval {
    let mut heartbeats = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    heartbeats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    heartbeats
}

/// A stream under way. It is asked for the next event when the client has taken the ones before, so nothing is
/// kept for a client that does not read, but in the queue that all who follow the topic share.
struct Telling<L: Live> {
    first: Option<Bytes>,
    following: Following<L>,
    stay: Stay,
    heartbeats: Interval,
}

impl<L: Live> Telling<L> {
    fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> + 'static {
        stream::unfold(self, |mut telling| async move {
            let next = telling.next().await?;
            Some((Ok(next), telling))
        })
    }

    /// `None` ends the stream, and the client comes again.
    async fn next(&mut self) -> Option<Bytes> {
        if self.stay.is_over() {
            return None;
        }
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        tokio::select! {
            biased;
            () = self.stay.over() => None,
            // An error says that the reader is too slow, or that everybody has to begin again.
            news = self.following.news.recv() => news.ok().filter(|_| !self.stay.is_over()),
            _ = self.heartbeats.tick() => Some(self.heartbeat()),
        }
    }

    fn heartbeat(&self) -> Bytes {
        self.following.up_to_date().as_ref().map_or_else(frames::silence, frames::heartbeat)
    }
}

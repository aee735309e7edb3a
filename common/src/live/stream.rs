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
        let views = if let Some(missed) = &joined.missed {
            self.look(missed).await?
        } else {
            let All { views, complete } = self.live().all(topic).await?;
            text += &frames::unmarked("reset", &json!({ "complete": complete })).map_err(unwritable)?;
            views
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

#[cfg(test)]
mod tests {
    use bson::doc;
    use secrecy::ExposeSecret as _;
    use serde::{Deserialize, Serialize};
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::{
        bus::{Aggregate, Bus, BusConfig, Change, CommitError, Repository, Tx},
        live::feed::MAX_WAITING,
        mongo,
        shutdown::Tasks,
        testing::TestWorld,
    };

    const BOARD: &str = "board";

    #[derive(Debug, Clone, Serialize, Deserialize)]
    struct Pin {
        id: String,
        board: String,
    }

    impl Aggregate for Pin {
        const COLLECTION: &'static str = "pins";

        fn document_id(&self) -> String {
            self.id.clone()
        }
    }

    #[derive(Clone)]
    struct Pins(Repository<Pin>);

    impl Live for Pins {
        type Topic = String;
        type Subject = String;
        type View = Pin;

        const EVENT: &'static str = "pin";
        const COLLECTIONS: &'static [&'static str] = &[Pin::COLLECTION];

        fn concerns(change: &Change) -> Option<(String, String)> {
            let pin = change.of::<Pin>()?;
            Some((pin.board, pin.id))
        }

        async fn look(&self, ids: &[String]) -> Result<Vec<(String, Pin)>, StoreError> {
            let found = self.0.find(doc! { "_id": { "$in": ids } }, doc! {}, i64::MAX).await?;
            Ok(found.into_iter().map(|pin| (pin.state.id.clone(), pin.state)).collect())
        }

        async fn all(&self, board: &String) -> Result<All<Pin>, StoreError> {
            let found = self.0.find(doc! { "state.board": board }, doc! { "_id": 1 }, i64::MAX).await?;
            Ok(All { views: found.into_iter().map(|pin| pin.state).collect(), complete: true })
        }
    }

    struct Boards {
        world: TestWorld,
        tasks: Tasks,
        bus: Bus,
        feed: Feed<Pins>,
    }

    impl Boards {
        async fn start() -> Self {
            let (world, tasks) = (TestWorld::new("boards").await, Tasks::new(CancellationToken::new()));
            let config = world.service_config();
            let database =
                mongo::connect(config.mongodb_uri.expose_secret(), &world.database("boards")).await;
            let client = async_nats::connect(config.nats_url.expose_secret()).await.unwrap();
            let bus_config = BusConfig::new("boards", world.namespace.clone());
            let bus =
                Bus::start(bus_config, database.unwrap(), client, world.clock.clone(), &tasks).await.unwrap();
            bus.register::<Pin>().await.unwrap();
            let feed = Feed::new(Pins(bus.repository()), bus.clone());
            tasks.spawn("live pin", feed.clone().run(tasks.stopping()));
            Self { world, tasks, bus, feed }
        }

        async fn follow(&self) -> Telling<Pins> {
            let topic = BOARD.to_owned();
            let joined = self.feed.join(&topic, None).await.expect("MongoDB answers");
            let first = self.feed.beginning(&topic, &joined).await.unwrap();
            let until = self.world.now().plus(Duration::from_hours(1));
            let stay = Stay::of_somebody(until, self.world.clock.clone());
            Telling { first: Some(first), following: joined.following, stay, heartbeats: heartbeats() }
        }

        async fn pin(&self, ids: std::ops::Range<usize>) {
            let pin = async |tx: &mut Tx| {
                for id in ids.clone() {
                    tx.insert(Pin { id: format!("{id:04}"), board: BOARD.to_owned() });
                }
                Ok::<_, CommitError>(())
            };
            self.bus.transact(pin).await.unwrap();
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_falls_too_far_behind_is_cut_off_and_the_others_go_on() {
        let boards = Boards::start().await;
        let (mut slow, mut quick) = (boards.follow().await, boards.follow().await);
        for reader in [&mut slow, &mut quick] {
            let first = reader.next().await.unwrap();
            assert!(first.starts_with(b"retry: ") && first.ends_with(b"}\n\n"), "{first:?}");
        }
        for n in 0..=MAX_WAITING / 50 {
            boards.pin(50 * n..50 * (n + 1)).await;
            for _ in 0..50 {
                assert!(quick.next().await.unwrap().starts_with(b"event: pin\nid: "));
            }
        }
        assert_eq!(slow.next().await, None);
        boards.tasks.finish(Duration::from_secs(10)).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_has_heard_everything_is_told_the_newest_mark() {
        let boards = Boards::start().await;
        let mut reader = boards.follow().await;
        reader.next().await.unwrap();
        boards.pin(0..1).await;
        assert_eq!(reader.following.up_to_date().is_some(), reader.following.news.is_empty());
        let told = String::from_utf8(reader.next().await.unwrap().to_vec()).unwrap();
        let id = told.lines().find_map(|line| line.strip_prefix("id: ")).unwrap();
        let caught_up = async || reader.following.up_to_date().filter(|mark| mark.to_string() == id);
        boards.world.eventually("the mark of the only change", caught_up).await;
        boards.tasks.finish(Duration::from_secs(10)).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_stream_ends_when_the_token_expires_even_if_there_is_news() {
        let boards = Boards::start().await;
        let mut reader = boards.follow().await;
        reader.next().await.unwrap();
        boards.world.clock.advance(Duration::from_hours(1));
        boards.pin(0..1).await;
        assert_eq!(reader.next().await, None);
        boards.tasks.finish(Duration::from_secs(10)).await.unwrap();
    }
}

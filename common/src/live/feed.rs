//! The feed: one reader of the change stream per process, shared by all who follow.

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::Bytes;
use mongodb::change_stream::event::ResumeToken;
use tokio::{
    sync::{broadcast, watch},
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{Live, frames, memory::Memory};
use crate::{
    bus::{Bus, Change, Changes, Mark, StoreError, is_lost},
    telemetry::chain,
};

/// How many events may wait for one who reads; whoever falls further behind is cut off, and comes again.
pub(super) const MAX_WAITING: usize = 256;
/// How long reading goes on when nobody follows any more, in case that they come again.
const LINGER_SECS: u32 = 60;
/// How long to wait before MongoDB is asked again after a failure.
const PAUSE: Duration = Duration::from_millis(500);
/// How long somebody who comes first may wait until reading begins.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);

/// Changes as they happen, for all who follow them in this process. Clones are the same feed.
pub struct Feed<L: Live>(Arc<Shared<L>>);

struct Shared<L: Live> {
    live: L,
    bus: Bus,
    state: watch::Sender<State<L>>,
}

struct State<L: Live> {
    followers: usize,
    /// `None` while nothing is read.
    open: Option<Open<L>>,
}

struct Open<L: Live> {
    /// Everything up to here has been told to those who follow.
    told: Mark,
    memory: Memory<L::Topic, L::Subject>,
    topics: HashMap<L::Topic, broadcast::Sender<Bytes>>,
}

/// A change, whom it concerns, and what about.
type Concern<L> = (Mark, <L as Live>::Topic, <L as Live>::Subject);

/// Somebody who has begun to follow.
pub(super) struct Joined<L: Live> {
    pub(super) following: Following<L>,
    /// Everything up to here is older than what `news` will tell.
    pub(super) told: Mark,
    /// What changed since they left; `None` if they have to be told everything.
    pub(super) missed: Option<Vec<L::Subject>>,
}

/// Is told what happens, for as long as it lives.
pub(super) struct Following<L: Live> {
    presence: Presence<L>,
    pub(super) news: broadcast::Receiver<Bytes>,
}

impl<L: Live> Clone for Feed<L> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<L: Live> Feed<L> {
    /// A feed that is to be run.
    pub(crate) fn new(live: L, bus: Bus) -> Self {
        let state = watch::Sender::new(State { followers: 0, open: None });
        Self(Arc::new(Shared { live, bus, state }))
    }

    pub(super) fn live(&self) -> &L {
        &self.0.live
    }

    pub(super) fn bus(&self) -> &Bus {
        &self.0.bus
    }

    /// Begins to follow a topic; `None` if MongoDB does not answer. What changes from now on is told: whoever
    /// reads afterwards how things are misses nothing.
    pub(super) async fn join(&self, topic: &L::Topic, last_heard: Option<&Mark>) -> Option<Joined<L>> {
        let presence = Presence::begin(self.clone());
        let mut states = self.0.state.subscribe();
        let opened = timeout(OPEN_TIMEOUT, states.wait_for(|state| state.open.is_some())).await;
        drop(opened.ok()?.ok()?);
        let mut joined = None;
        self.0.state.send_if_modified(|state| {
            joined = state.open.as_mut().map(|open| {
                let sender =
                    open.topics.entry(topic.clone()).or_insert_with(|| broadcast::Sender::new(MAX_WAITING));
                let missed = last_heard.and_then(|mark| open.memory.missed(topic, mark));
                (sender.subscribe(), open.told.clone(), missed)
            });
            false
        });
        let (news, told, missed) = joined?;
        Some(Joined { following: Following { presence, news }, told, missed })
    }

    /// Reads while anybody follows, until the service stops.
    pub(crate) async fn run(self, stopping: CancellationToken) {
        let mut states = self.0.state.subscribe();
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                _ = states.wait_for(|state| state.followers > 0) => {}
            }
            tokio::select! {
                () = stopping.cancelled() => return,
                () = self.read_while_followed() => self.forget(),
            }
        }
    }

    async fn read_while_followed(&self) {
        let mut after = None;
        loop {
            let Err(error) = self.read(&mut after).await else { return };
            if is_lost(&error) {
                // Nobody knows what happened in between, so everybody has to begin again.
                after = None;
                self.forget();
            }
            tracing::warn!(error = %chain(&error), "changes cannot be shown for now");
            sleep(PAUSE).await;
        }
    }

    /// Reads after that place, and moves it; returns when nobody has followed for a while.
    async fn read(&self, after: &mut Option<ResumeToken>) -> Result<(), StoreError> {
        let mut changes = self.0.bus.changes(L::COLLECTIONS, after.clone()).await?;
        self.open(&changes, after);
        let mut ticks = interval(Duration::from_secs(1));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut idle_secs = 0;
        while idle_secs < LINGER_SECS {
            tokio::select! {
                changed = changes.next() => {
                    let changed = changed?;
                    self.tell(&changed).await?;
                    *after = changed.last().map(Change::token).or(after.take());
                }
                _ = ticks.tick() => idle_secs = if self.is_followed() { 0 } else { idle_secs + 1 },
            }
        }
        Ok(())
    }

    /// Whoever waits may come in. Nothing changes for those who are here already, if reading only goes on.
    fn open(&self, changes: &Changes, after: &mut Option<ResumeToken>) {
        let (mark, token) = changes.begin();
        after.get_or_insert(token);
        self.0.state.send_modify(|state| {
            state.open.get_or_insert_with(|| Open {
                told: mark.clone(),
                memory: Memory::since(mark),
                topics: HashMap::new(),
            });
        });
    }

    /// Ends all streams, and everything that is known of the past.
    fn forget(&self) {
        self.0.state.send_modify(|state| state.open = None);
    }

    fn is_followed(&self) -> bool {
        self.0.state.send_if_modified(|state| {
            if let Some(open) = &mut state.open {
                open.topics.retain(|_, sender| sender.receiver_count() > 0);
            }
            false
        });
        self.0.state.borrow().followers > 0
    }

    /// Tells those who follow. It is remembered before it is looked at, so that who comes in between hears of it
    /// in one way or the other.
    async fn tell(&self, changes: &[Change]) -> Result<(), StoreError> {
        let Some(last) = changes.last() else { return Ok(()) };
        let concerning = |change: &Change| {
            let (topic, subject) = L::concerns(change)?;
            Some((change.mark.clone(), topic, subject))
        };
        let concerning: Vec<_> = changes.iter().filter_map(concerning).collect();
        let followed = self.note(&concerning);
        if !followed.is_empty() {
            let subjects: Vec<_> = followed.iter().map(|(_, _, subject)| subject.clone()).collect();
            let views = self.0.live.look(&subjects).await?;
            for (mark, topic, subject) in followed {
                let view = views.iter().find(|(of, _)| *of == subject);
                let event = view.map(|(_, view)| frames::marked(L::EVENT, &mark, view));
                self.send(&topic, event.transpose().map_err(mongodb::error::Error::custom)?);
            }
        }
        self.0.state.send_if_modified(|state| {
            if let Some(open) = &mut state.open {
                open.told = last.mark.clone();
            }
            false
        });
        Ok(())
    }

    /// Remembers these; gives those that somebody follows, each at the place of its last change.
    fn note(&self, changes: &[Concern<L>]) -> Vec<Concern<L>> {
        let mut followed: Vec<Concern<L>> = Vec::new();
        self.0.state.send_if_modified(|state| {
            let Some(open) = &mut state.open else { return false };
            for (mark, topic, subject) in changes {
                open.memory.note(mark.clone(), topic.clone(), subject.clone());
                if open.topics.contains_key(topic) {
                    followed.retain(|(_, _, known)| known != subject);
                    followed.push((mark.clone(), topic.clone(), subject.clone()));
                }
            }
            false
        });
        followed
    }

    fn send(&self, topic: &L::Topic, event: Option<Bytes>) {
        let state = self.0.state.borrow();
        let sender = state.open.as_ref().and_then(|open| open.topics.get(topic));
        if let (Some(sender), Some(event)) = (sender, event) {
            // An error says that nobody of them is here any more.
            let _ = sender.send(event);
        }
    }
}

impl<L: Live> Following<L> {
    /// Up to where everything is told, if nothing waits to be read.
    pub(super) fn up_to_date(&self) -> Option<Mark> {
        let told = self.presence.0.0.state.borrow().open.as_ref()?.told.clone();
        self.news.is_empty().then_some(told)
    }
}

/// Counts among those who follow, or are about to, for as long as it lives.
struct Presence<L: Live>(Feed<L>);

impl<L: Live> Presence<L> {
    fn begin(feed: Feed<L>) -> Self {
        feed.0.state.send_modify(|state| state.followers += 1);
        Self(feed)
    }
}

impl<L: Live> Drop for Presence<L> {
    fn drop(&mut self) {
        self.0.0.state.send_modify(|state| state.followers -= 1);
    }
}

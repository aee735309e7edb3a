//! The runner: from a durable consumer to a listener.
//!
//! It fetches ahead within a bound, keeps one lane per aggregate, acknowledges after the commit, tries again
//! what failed, with growing and jittered delay, and stops fetching while a dependency is down. It never
//! gives up by itself, except after eight failures of one message, which then becomes a dead letter.
//!
//! What is to be tried again stays in hand, and what follows it in line: given back to JetStream, the two
//! would return in whatever order, and what was published meanwhile before both. It is given back only at a
//! stop, or when the dependency stays away, so that a replica that can reach it may have it.

use std::{collections::HashMap, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use async_nats::jetstream::{AckKind, Message, consumer::pull};
use futures::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use rand::Rng as _;
use tokio::{
    sync::Semaphore,
    time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until, timeout},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use tracing::Instrument as _;

use super::{
    Bus, HandlerError, Meta, Outcome,
    consumer::create_consumer,
    dead_letters::{self, DeadLetter},
    lanes::Lanes,
    listener::Entry,
    replay,
};
use crate::{
    control::{Control, is_broken},
    failpoint::{self, Point},
    telemetry::{self, chain},
};

/// How many messages of one listener are handled in this process at once.
const MAX_RUNNING: usize = 256;
/// How many messages one request to JetStream asks for.
const BATCH: usize = 128;
/// How often JetStream is told that a message is still being handled, or in line.
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);
/// How long one call of a listener may take.
const HANDLE_TIMEOUT: Duration = Duration::from_secs(20);
/// After so many failures a message becomes a dead letter.
const MAX_FAILURES: u32 = 8;
/// The delays between two tries of one message.
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(30);
/// The pauses of a listener whose dependency is down: shorter than what has been fetched may lie unseen.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
/// For how long a dependency may be down before messages are given back to JetStream.
const PATIENCE: Duration = Duration::from_secs(10);

/// Handlers are tasks of their own. As mere futures they would stand still, with the connections to MongoDB
/// that they have taken, whenever the runner itself waits for MongoDB; and it would wait for theirs.
type Running = FuturesUnordered<AbortOnDropHandle<Handled>>;

/// A message after its listener has seen it.
struct Handled {
    message: Message,
    meta: Meta,
    lane: String,
    /// `None` if the service stops before it was its turn.
    result: Option<Result<Outcome, HandlerError>>,
}

/// Runs one listener until told to stop; then what is running is finished, and nothing more is fetched.
pub(super) async fn run<C>(bus: Bus, entry: Entry<C>, context: C, stopping: CancellationToken)
where
    C: Clone + Send + Sync + 'static,
{
    let replaying = replay::run(bus.clone(), entry.clone(), context.clone());
    let _replaying = AbortOnDropHandle::new(tokio::spawn(replaying));
    let mut runner = Runner::new(bus, entry, context, stopping.clone());
    while !stopping.is_cancelled() {
        let opened = tokio::select! {
            opened = runner.open() => opened,
            () = stopping.cancelled() => break,
        };
        match opened {
            Ok(messages) => runner.pump(messages).await,
            Err(error) => {
                let listener = &runner.entry.info().durable;
                tracing::debug!(%listener, error, "the consumer cannot be opened yet");
                tokio::select! {
                    () = sleep(Duration::from_millis(250)) => {}
                    () = stopping.cancelled() => {}
                }
            }
        }
    }
    runner.finish().await;
}

struct Runner<C> {
    bus: Bus,
    entry: Entry<C>,
    context: C,
    lanes: Lanes<String, (Message, Meta)>,
    running: Running,
    /// Whoever handles a message holds one of them.
    permits: Arc<Semaphore>,
    /// Failures per message, by its place in the stream.
    failures: HashMap<u64, u32>,
    /// Set while a dependency is down.
    paused_until: Option<Instant>,
    pause: Duration,
    away_since: Option<Instant>,
    stopping: CancellationToken,
}

impl<C: Clone + Send + Sync + 'static> Runner<C> {
    fn new(bus: Bus, entry: Entry<C>, context: C, stopping: CancellationToken) -> Self {
        Self {
            bus,
            entry,
            context,
            lanes: Lanes::new(),
            running: Running::new(),
            permits: Arc::new(Semaphore::new(MAX_RUNNING)),
            failures: HashMap::new(),
            paused_until: None,
            pause: FIRST_DELAY,
            away_since: None,
            stopping,
        }
    }

    /// Finds the durable consumer, or makes it again, and starts fetching.
    async fn open(&mut self) -> Result<pull::Stream, String> {
        let created = create_consumer(&self.bus, self.entry.info()).await;
        let consumer = match created {
            Ok(consumer) => consumer,
            Err(error) => {
                // Perhaps the stream was lost with the consumer.
                let publisher = &self.bus.inner.publisher;
                publisher.ensure_streams().await.map_err(|error| error.to_string())?;
                return Err(error);
            }
        };
        let messages = consumer.stream().max_messages_per_batch(BATCH);
        let messages = messages.expires(Duration::from_secs(10)).heartbeat(Duration::from_secs(3));
        messages.messages().await.map_err(|error| error.to_string())
    }

    /// Handles messages until the stream of them breaks or the service stops.
    async fn pump(&mut self, mut messages: pull::Stream) {
        let stopping = self.stopping.clone();
        let mut life = tokio::time::interval(SIGN_OF_LIFE);
        life.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let wake = self.paused_until.unwrap_or_else(Instant::now);
            tokio::select! {
                // No handler panics beyond its guard, so a task fails only when the runtime ends.
                Some(Ok(handled)) = self.running.next() => self.settle(handled).await,
                message = messages.next(), if self.paused_until.is_none() => match message {
                    Some(Ok(message)) => self.take(message).await,
                    Some(Err(error)) => {
                        tracing::debug!(listener = %self.entry.info().durable, %error, "fetching broke off");
                        return;
                    }
                    None => return,
                },
                () = sleep_until(wake), if self.paused_until.is_some() => self.paused_until = None,
                _ = life.tick() => self.show_life_of_those_in_line().await,
                () = stopping.cancelled() => return self.take_what_was_fetched(messages).await,
            }
        }
    }

    /// Takes what lies in the buffer, so that it is given back with the rest and in its order.
    async fn take_what_was_fetched(&mut self, mut messages: pull::Stream) {
        for _ in 0..BATCH {
            let Some(Some(Ok(message))) = messages.next().now_or_never() else { return };
            self.take(message).await;
        }
    }

    /// Those that run do it themselves.
    async fn show_life_of_those_in_line(&self) {
        for (message, _) in self.lanes.waiting() {
            answer(message, AckKind::Progress).await;
        }
    }

    /// Waits for what is running; what only waited in line is delivered to somebody else, at once.
    async fn finish(&mut self) {
        let finish = async {
            while let Some(handled) = self.running.next().await {
                let Ok(handled) = handled else { continue };
                // What comes next in its lane is given back when its turn comes.
                self.settle(handled).await;
            }
        };
        if timeout(HANDLE_TIMEOUT, finish).await.is_err() {
            tracing::warn!("a listener did not finish before the stop; its message will be delivered again");
        }
    }

    async fn take(&mut self, message: Message) {
        let meta = match Meta::read(&message) {
            Ok(meta) => meta,
            Err(reason) => return self.bury_unread(message, reason).await,
        };
        let lane = message.subject.rsplit('.').next().unwrap_or_default().to_owned();
        if let Some((message, meta)) = self.lanes.enter(&lane, (message, meta)) {
            self.start(lane, message, meta, Duration::ZERO);
        }
    }

    /// Handles a message after a delay, as soon as there is room. Meanwhile it shows that it is alive.
    fn start(&self, lane: String, message: Message, meta: Meta, delay: Duration) {
        failpoint::pass(Point::ListenUnhandled);
        let body = message.payload.to_vec();
        let handling = self.entry.handle(self.bus.clone(), self.context.clone(), meta.clone(), body);
        let span = span(&self.entry.info().durable, &meta);
        let (permits, stopping) = (self.permits.clone(), self.stopping.clone());
        let turn = async move {
            sleep(delay).await;
            permits.acquire_owned().await
        };
        let handler = async move {
            if is_broken(Control::AckBeforeCommit) {
                answer(&message, AckKind::Ack).await;
            }
            let result = showing_life(&message, async {
                let _permit = tokio::select! {
                    biased;
                    () = stopping.cancelled() => return None,
                    permit = turn => permit,
                };
                Some(guarded(handling).await)
            });
            let result = result.await;
            Handled { message, meta, lane, result }
        };
        self.running.push(AbortOnDropHandle::new(tokio::spawn(handler.instrument(span))));
    }

    async fn settle(&mut self, handled: Handled) {
        let Handled { message, meta, lane, result } = handled;
        let listener = self.entry.info().durable.clone();
        let Some(result) = result else { return self.give_back(&message, &lane, None).await };
        match result {
            Ok(outcome) => {
                count(&listener, outcome);
                self.failures.remove(&meta.stream_sequence);
                (self.pause, self.away_since) = (FIRST_DELAY, None);
                failpoint::pass(Point::ListenUnacked);
                answer(&message, AckKind::Ack).await;
                failpoint::pass(Point::ListenAcked);
                self.start_next(lane);
            }
            Err(HandlerError::DeadLetter(reason)) => self.bury(message, meta, lane, reason).await,
            Err(HandlerError::NotBefore(time)) => {
                let delay = time.since(self.bus.clock().now()).clamp(Duration::from_millis(1), LONGEST_DELAY);
                self.start(lane, message, meta, delay);
            }
            Err(error @ HandlerError::Unavailable(_)) => {
                report(&listener, &meta, &error);
                let delay = self.pause_for_dependency();
                if self.away_since.get_or_insert_with(Instant::now).elapsed() < PATIENCE {
                    self.start(lane, message, meta, delay);
                } else {
                    self.give_back(&message, &lane, Some(delay)).await;
                }
            }
            Err(error @ HandlerError::Failed(_)) => {
                report(&listener, &meta, &error);
                let failures = self.failures.entry(meta.stream_sequence).or_default();
                *failures += 1;
                let failures = *failures;
                if failures >= MAX_FAILURES {
                    return self.bury(message, meta, lane, chain(&error)).await;
                }
                let delay = jitter((FIRST_DELAY * 2_u32.pow(failures)).min(LONGEST_DELAY));
                self.start(lane, message, meta, delay);
            }
        }
    }

    fn start_next(&mut self, lane: String) {
        if let Some((message, meta)) = self.lanes.next(&lane) {
            self.start(lane, message, meta, Duration::ZERO);
        }
    }

    /// Fetches nothing for a while, each time a longer one; gives how long.
    fn pause_for_dependency(&mut self) -> Duration {
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        let delay = jitter(self.pause);
        self.paused_until = Some(Instant::now() + delay);
        delay
    }

    /// Gives a message back to JetStream, to be delivered to anybody, and with it what waits behind it.
    async fn give_back(&mut self, message: &Message, lane: &String, delay: Option<Duration>) {
        answer(message, AckKind::Nak(delay)).await;
        for (follower, _) in self.lanes.clear(lane) {
            answer(&follower, AckKind::Nak(delay)).await;
        }
    }

    /// Gives a message up: first into the own database, then to the dead-letter stream, then done. If the
    /// database is away, the message comes back.
    async fn bury(&mut self, message: Message, meta: Meta, lane: String, reason: String) {
        let letter = DeadLetter::new(&self.entry.info().durable, &message, &meta, reason, meta.time);
        match dead_letters::bury(&self.bus, &letter).await {
            Ok(()) => {
                self.failures.remove(&meta.stream_sequence);
                terminate(&message).await;
                self.start_next(lane);
            }
            Err(error) => {
                tracing::warn!(
                    error = %chain(&error),
                    "the dead letter cannot be kept yet"
                );
                self.start(lane, message, meta, LONGEST_PAUSE);
            }
        }
    }

    /// A message whose headers cannot be read has no lane.
    async fn bury_unread(&mut self, message: Message, reason: String) {
        let letter = DeadLetter::unread(&self.entry.info().durable, &message, reason, self.bus.clock().now());
        match dead_letters::bury(&self.bus, &letter).await {
            Ok(()) => terminate(&message).await,
            Err(_) => answer(&message, AckKind::Nak(Some(LONGEST_PAUSE))).await,
        }
    }
}

/// Tells JetStream, for as long as the handling takes, that the message is in good hands.
async fn showing_life<T>(message: &Message, handling: impl Future<Output = T>) -> T {
    let mut life = interval_at(Instant::now() + SIGN_OF_LIFE, SIGN_OF_LIFE);
    tokio::pin!(handling);
    loop {
        tokio::select! {
            result = &mut handling => return result,
            _ = life.tick() => answer(message, AckKind::Progress).await,
        }
    }
}

/// A panic or a handler without end is a failure like any other.
pub(super) async fn guarded(
    handling: BoxFuture<'static, Result<Outcome, HandlerError>>,
) -> Result<Outcome, HandlerError> {
    match timeout(HANDLE_TIMEOUT, AssertUnwindSafe(handling).catch_unwind()).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(HandlerError::failed("the listener panicked")),
        Err(_) => Err(HandlerError::failed("the listener did not finish in time")),
    }
}

pub(super) fn span(listener: &str, meta: &Meta) -> tracing::Span {
    let trace_id = tracing::field::Empty;
    let span =
        tracing::info_span!("listen", %listener, event.id = %meta.id, event.ty = %meta.ce_type, trace_id);
    if let Some(traceparent) = &meta.traceparent {
        telemetry::set_parent(&span, traceparent);
    }
    span
}

/// An answer that is lost means that the message is delivered again, which is harmless.
async fn answer(message: &Message, kind: AckKind) {
    if let Err(error) = message.ack_with(kind).await {
        tracing::debug!(%error, "an acknowledgement was not sent");
    }
}

/// A message that is a dead letter is not delivered again.
async fn terminate(message: &Message) {
    answer(message, AckKind::Term).await;
    failpoint::pass(Point::DeadLetterTerminated);
}

fn count(listener: &str, outcome: Outcome) {
    let outcome = match outcome {
        Outcome::Done => "done",
        Outcome::Skipped(why) => why,
    };
    metrics::counter!("bus_handled_total", "listener" => listener.to_owned(), "outcome" => outcome)
        .increment(1);
}

fn report(listener: &str, meta: &Meta, error: &HandlerError) {
    metrics::counter!("bus_failures_total", "listener" => listener.to_owned()).increment(1);
    tracing::warn!(%listener, event.id = %meta.id, error = %chain(error), "an event was not handled and will be tried again");
}

/// Half of the delay is fixed, half is random, so that what failed together does not return together.
fn jitter(delay: Duration) -> Duration {
    let micros = u64::try_from(delay.as_micros()).unwrap_or(u64::MAX) / 2;
    Duration::from_micros(micros + rand::rng().random_range(0..=micros))
}

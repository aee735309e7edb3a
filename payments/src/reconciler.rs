//! Sees to it that no payment stays under way: every state that ends in `…ing` is driven until the gateway
//! has told how it ended.
//!
//! It hears of payments in three ways: by hints, right when one starts to be under way or the gateway says
//! that something happened; by looking every quarter of a second for those whose turn it is; and at the
//! start for all that a former process left behind. Any of them may be lost, or come twice.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    time::Duration,
};

use common::{clock::Timestamp, ids::PaymentId, telemetry};
use tokio::{
    sync::mpsc,
    task::{self, JoinError, JoinSet},
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::{
    app::Context,
    domain::is_under_way,
    settle::{self, SettleError},
};

/// How many hints may wait; beyond that the look-out finds the payments.
const HINTS: usize = 4_096;
/// How many payments are driven at once.
const CONCURRENCY: usize = 64;
/// How often the look-out looks.
const POLL: Duration = Duration::from_millis(250);
/// How many payments one look finds at most.
const BATCH: i64 = 512;
/// How long payments that are being driven may take when the service stops.
const FINISH: Duration = Duration::from_secs(6);

/// Why a payment may have something to ask of the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// Something may have happened to it.
    Look(PaymentId),
    /// It is under way as soon as a unit of work is committed that is about to be.
    Expect(PaymentId),
}

/// The way to tell the reconciler.
#[derive(Debug, Clone)]
pub struct Hints(mpsc::Sender<Hint>);

impl Hints {
    /// Hints, and where they arrive.
    pub fn channel() -> (Self, mpsc::Receiver<Hint>) {
        let (sender, receiver) = mpsc::channel(HINTS);
        (Self(sender), receiver)
    }

    /// Gives a hint. When too many wait it is lost, and the look-out finds the payment.
    pub fn give(&self, hint: Hint) {
        if self.0.try_send(hint).is_err() {
            metrics::counter!("payments_hints_dropped_total").increment(1);
        }
    }
}

/// Drives payments until the service stops.
pub async fn run(context: Context, mut hints: mpsc::Receiver<Hint>, stopping: CancellationToken) {
    let mut work = Work::new(context);
    let mut poll = interval(POLL);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Whatever a former process left under way, whether it is its turn or not.
    let far = work.context.clock.now().plus(Duration::from_hours(365 * 24));
    work.look(far).await;
    loop {
        work.start();
        tokio::select! {
            () = stopping.cancelled() => break,
            Some(hint) = hints.recv(), if work.has_room() => work.waiting.push_back(hint),
            Some(ended) = work.driven.join_next_with_id() => work.end(ended),
            _ = poll.tick(), if work.waiting.is_empty() => work.look(work.context.clock.now()).await,
        }
    }
    // What is cut off here is found again by the next process.
    let _ = timeout(FINISH, async { while work.driven.join_next().await.is_some() {} }).await;
}

/// What is being done and what is to be done.
struct Work {
    context: Context,
    waiting: VecDeque<Hint>,
    driven: JoinSet<()>,
    busy: HashMap<task::Id, PaymentId>,
    /// Payments that were hinted at while they were being driven.
    again: HashSet<PaymentId>,
}

impl Work {
    fn new(context: Context) -> Self {
        Self {
            context,
            waiting: VecDeque::new(),
            driven: JoinSet::new(),
            busy: HashMap::new(),
            again: HashSet::new(),
        }
    }

    fn has_room(&self) -> bool {
        self.busy.len() < CONCURRENCY
    }

    async fn look(&mut self, until: Timestamp) {
        match self.context.payments.due(until, BATCH).await {
            Ok(due) => self.waiting.extend(due.into_iter().map(Hint::Look)),
            Err(error) => tracing::warn!(%error, "payments under way cannot be looked up for now"),
        }
    }

    fn start(&mut self) {
        while self.has_room()
            && let Some(hint) = self.waiting.pop_front()
        {
            let payment = hint.payment();
            if self.busy.values().any(|busy| *busy == payment) {
                self.again.insert(payment);
                continue;
            }
            let task = self.driven.spawn(attend(self.context.clone(), hint));
            self.busy.insert(task.id(), payment);
        }
    }

    fn end(&mut self, ended: Result<(task::Id, ()), JoinError>) {
        let id = match &ended {
            Ok((id, ())) => *id,
            Err(error) => error.id(),
        };
        let Some(payment) = self.busy.remove(&id) else { return };
        if let Err(error) = ended {
            tracing::error!(payment.id = %payment, %error, "driving a payment panicked");
        }
        if self.again.remove(&payment) {
            self.waiting.push_back(Hint::Expect(payment));
        }
    }
}

impl Hint {
    fn payment(self) -> PaymentId {
        match self {
            Self::Look(payment) | Self::Expect(payment) => payment,
        }
    }

    /// After which pauses to look. The hint of a commit may overtake it.
    fn pauses_millis(self) -> &'static [u64] {
        match self {
            Self::Look(_) => &[0],
            Self::Expect(_) => &[0, 2, 4, 8, 16, 32],
        }
    }
}

async fn attend(context: Context, hint: Hint) {
    if let Err(error) = look_and_drive(&context, hint).await {
        let payment = hint.payment();
        tracing::warn!(payment.id = %payment, %error, "a payment cannot be driven for now");
    }
}

async fn look_and_drive(context: &Context, hint: Hint) -> Result<(), SettleError> {
    let payment = hint.payment();
    for pause_millis in hint.pauses_millis() {
        sleep(Duration::from_millis(*pause_millis)).await;
        let Some(known) = context.payments.get(payment).await? else { continue };
        if is_under_way(known.state.status) {
            let span =
                tracing::info_span!("drive payment", payment.id = %payment, trace_id = tracing::field::Empty);
            if let Some(traceparent) = &known.state.traceparent {
                telemetry::set_parent(&span, traceparent);
            }
            return settle::drive(context, payment).instrument(span).await;
        }
    }
    Ok(())
}

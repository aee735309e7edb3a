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
/// A hint may overtake the commit that it tells of, so it is looked into again after these pauses.
const PATIENCE_MILLIS: [u64; 6] = [0, 2, 4, 8, 16, 32];
/// How long payments that are being driven may take when the service stops.
const FINISH: Duration = Duration::from_secs(6);

/// The way to tell the reconciler that a payment may have something to ask.
#[derive(Debug, Clone)]
pub struct Hints(mpsc::Sender<PaymentId>);

impl Hints {
    /// Hints, and where they arrive.
    pub fn channel() -> (Self, mpsc::Receiver<PaymentId>) {
        let (sender, receiver) = mpsc::channel(HINTS);
        (Self(sender), receiver)
    }

    /// Gives a hint. When too many wait it is lost, and the look-out finds the payment.
    pub fn give(&self, payment: PaymentId) {
        if self.0.try_send(payment).is_err() {
            metrics::counter!("payments_hints_dropped_total").increment(1);
        }
    }
}

/// Drives payments until the service stops.
pub async fn run(context: Context, mut hints: mpsc::Receiver<PaymentId>, stopping: CancellationToken) {
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
            Some(payment) = hints.recv(), if work.has_room() => work.waiting.push_back(payment),
            Some(ended) = work.driven.join_next_with_id() => work.end(ended),
            _ = poll.tick(), if work.waiting.is_empty() => work.look(work.context.clock.now()).await,
        }
    }
    // What is cut off here is found again by the next process.
    let _ = timeout(FINISH, work.driven.join_all()).await;
}

/// What is being done and what is to be done.
struct Work {
    context: Context,
    waiting: VecDeque<PaymentId>,
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
            Ok(due) => self.waiting.extend(due),
            Err(error) => tracing::warn!(%error, "payments under way cannot be looked up for now"),
        }
    }

    fn start(&mut self) {
        while self.has_room()
            && let Some(payment) = self.waiting.pop_front()
        {
            if self.busy.values().any(|busy| *busy == payment) {
                self.again.insert(payment);
                continue;
            }
            let task = self.driven.spawn(attend(self.context.clone(), payment));
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
            self.waiting.push_back(payment);
        }
    }
}

/// Waits for what the hint tells of, and drives the payment.
async fn attend(context: Context, payment: PaymentId) {
    if let Err(error) = attend_patiently(&context, payment).await {
        tracing::warn!(payment.id = %payment, %error, "a payment cannot be driven for now");
    }
}

async fn attend_patiently(context: &Context, payment: PaymentId) -> Result<(), SettleError> {
    for pause_millis in PATIENCE_MILLIS {
        sleep(Duration::from_millis(pause_millis)).await;
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

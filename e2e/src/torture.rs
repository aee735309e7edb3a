//! Torture: a marketplace of two replicas of everything is used hard, broken on purpose every few seconds,
//! healed, and then held to every promise that it made.
//!
//! Buyers and sellers ([`workload`]) do what people do, only more of it and at the worst moment: hot
//! listings, double payments, payments within a blink of the deadline, cancellations while paying. Every
//! request is repeated under its idempotency key until its outcome is known, and what was answered is
//! written down ([`history`]). All traffic goes through TCP proxies of our own ([`link`]). A seeded
//! [`nemesis`] kills, pauses, partitions, delays, fills and forges. In the end everything is healed, the
//! workload stops, and the [`verdict`] compares five databases, the streams, the gateway's ledger and what
//! the clients were told. The [`report`] says what was done and what was found.
//!
//! What it never does: stop a majority of MongoDB for good, or lose what MongoDB has on its disks. That is
//! outside what Stagedoor promises.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::missing_panics_doc,
    reason = "an instrument that cannot go on says so and ends; what it finds goes to the terminal"
)]

pub mod fleet;
pub mod link;

pub mod history;
pub mod observer;
pub mod workload;

pub mod nemesis;

pub mod gauges;
pub mod report;
pub mod verdict;

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use common::control::Control;
use tokio_util::sync::CancellationToken;

use fleet::Fleet;
use history::History;
use report::Report;

/// How a run is made.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long the nemesis is at work.
    pub faulty: Duration,
    /// How long nothing is broken at the beginning: what the market does when it is well.
    pub calm: Duration,
    /// What all choices of the nemesis follow from.
    pub seed: u64,
    /// How many buyers there are.
    pub buyers: usize,
    /// How many sellers there are.
    pub sellers: usize,
    /// How long a buyer has to pay.
    pub hold: Duration,
    /// How long after the last fault something may still be under way.
    pub rest: Duration,
    /// How long a fresh purchase may take at the end (L9).
    pub fresh: Duration,
    /// Only faults of these kinds; all if empty.
    pub only: Vec<String>,
    /// The mistake that the services make on purpose: the run is then to find a broken promise.
    pub control: Option<Control>,
    /// Where the report goes.
    pub out: PathBuf,
}

/// Runs it; the report tells whether every promise was kept. An interrupt ends the faults early, and what was
/// is judged.
pub async fn run(options: Options) -> Report {
    let started = Instant::now();
    say(started, "starting the fleet");
    let fleet = Arc::new(Fleet::start(&options, started).await);
    let supervisor = tokio::spawn(fleet::supervise(fleet.clone()));
    let history = Arc::new(History::create(&options.out.join("history.jsonl")));
    let gauges = tokio::spawn(gauges::collect(fleet.clone()));
    let observer = observer::Observer::start(&fleet).await;
    let stop = CancellationToken::new();
    let crowd = workload::start(&fleet, &history, &options, stop.clone()).await;
    say(started, "the crowd is there; all is calm");
    let calm_from = common::clock::Clock::system().now();
    tokio::time::sleep(options.calm).await;
    let calm_until = common::clock::Clock::system().now();
    let canary = workload::canary::Canary::open(&fleet, &history).await;
    let in_calm = canary.buy_once().await;
    let mut nemesis = nemesis::Nemesis::new(fleet.clone(), &options, started);
    let raging = Instant::now();
    nemesis.rage(&canary, options.faulty, interrupted()).await;
    let faulty = raging.elapsed();
    say(started, "everything is healed; the crowd goes home");
    fleet.heal().await;
    stop.cancel();
    crowd.finish().await;
    let healed = Instant::now();
    let verdict = verdict::judge(&fleet, &history, &observer, &canary, &options).await;
    say(started, &format!("judged {} s after the last fault", healed.elapsed().as_secs()));
    gauges.abort();
    let totals = gauges.await.err().map_or_else(Default::default, |_| fleet.gauges());
    supervisor.abort();
    if !verdict.is_clean() {
        crate::market::remains::keep();
    }
    Report {
        options: Options { faulty, ..options.clone() },
        took: started.elapsed(),
        in_calm,
        faults: nemesis.into_faults(),
        counts: history.counts(),
        lateness: verdict.lateness_between(calm_from, calm_until),
        gauges: totals,
        falls: fleet.falls(),
        verdict,
    }
}

/// Is cancelled when somebody interrupts this process.
fn interrupted() -> CancellationToken {
    let token = CancellationToken::new();
    let interrupt = token.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupt.cancel();
        }
    });
    token
}

/// One line of what goes on, with the time since the start.
fn say(started: Instant, what: &str) {
    let secs = started.elapsed().as_secs();
    println!("{:>3}:{:02} {what}", secs / 60, secs % 60);
}

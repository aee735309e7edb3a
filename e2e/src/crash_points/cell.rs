//! One death, and what became of it.

use std::{
    fmt,
    panic::AssertUnwindSafe,
    process::ExitStatus,
    time::{Duration, Instant},
};

use common::failpoint::{Point, VARIABLE};
use futures::FutureExt as _;
use tokio::time::timeout;

use super::{
    flow::{Flow, Scene},
    table::{Passes, idle_passes, passes},
};
use crate::market::{Market, Service};

/// How long after its flow a service may take to pass a point that it does pass.
const STRAGGLING: Duration = Duration::from_secs(10);
/// How long it is waited for one that it need not pass.
const GRACE: Duration = Duration::from_secs(2);
/// What a process that aborts is ended by.
const SIGABRT: i32 = 6;

/// In a flow, a service dies at the n-th pass of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    /// What people do meanwhile.
    pub flow: Flow,
    /// Who dies.
    pub service: Service,
    /// Where.
    pub point: Point,
    /// At which pass, counted from where the flow begins to be interesting.
    pub nth: u64,
}

/// How it went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It died there and came back, and everything became right.
    Survived {
        /// From its death until it could serve again.
        away: Duration,
        /// From its death until everything was right, with all that people had yet to do: to wait for the end of
        /// a hold of five seconds, for instance.
        recovery: Duration,
    },
    /// It did not pass the point so often, and need not; everything became right.
    NotReached,
    /// What went wrong.
    Broken(String),
}

/// A cell and how it went.
#[derive(Debug, Clone)]
pub struct Report {
    /// Which.
    pub cell: Cell,
    /// How.
    pub outcome: Outcome,
    /// How long all of it took.
    pub took: Duration,
}

/// A death, and the way back.
struct Death {
    status: ExitStatus,
    at: Instant,
    back_at: Instant,
}

impl Cell {
    /// Lets it happen.
    pub async fn play(self, market: &Market) -> Report {
        let started = Instant::now();
        let played = AssertUnwindSafe(self.try_to_play(market)).catch_unwind().await;
        let outcome = played.unwrap_or_else(|panic| Outcome::Broken(words_of(&*panic)));
        if matches!(outcome, Outcome::Broken(_)) {
            self.tidy_up(market).await;
        }
        Report { cell: self, outcome, took: started.elapsed() }
    }

    async fn try_to_play(self, market: &Market) -> Outcome {
        let Self { flow, service, .. } = self;
        let scene = Scene::set(flow, market).await;
        market.machinery.start_with(service, VARIABLE, &self.order_to_die());
        let mut death = Box::pin(die_and_return(market, service));
        let mut acting = Box::pin(scene.act(flow, market));
        let (death, order) = tokio::select! {
            death = &mut death => (Some(death), acting.await),
            order = &mut acting => (timeout(self.patience(), &mut death).await.ok(), order),
        };
        let Some(death) = death else {
            disarm(market, service).await;
            scene.judge(flow, market, order.as_ref()).await;
            assert!(!self.must_die(), "{} does not pass {} {} times", service.name(), self.point, self.nth);
            return Outcome::NotReached;
        };
        assert_aborted(death.status);
        scene.judge(flow, market, order.as_ref()).await;
        let away = death.back_at - death.at;
        Outcome::Survived { away, recovery: death.at.elapsed() }
    }

    /// A death that the table promises at the first pass.
    fn must_die(self) -> bool {
        self.nth == 1 && passes(self.flow, self.service, self.point) == Passes::Always
    }

    fn patience(self) -> Duration {
        if self.must_die() { STRAGGLING } else { GRACE }
    }

    /// The value of the variable. What is also passed while nothing happens is let pass for a while, so that the
    /// service has something to do when it dies.
    fn order_to_die(self) -> String {
        format!("{}:{}", self.point, self.nth + idle_passes(self.point))
    }

    /// So that the next cell does not suffer from this one.
    async fn tidy_up(self, market: &Market) {
        let whole = async {
            disarm(market, self.service).await;
            market.machinery.make_whole().await;
            market.site.mend_gateway().await;
        };
        // If that fails as well, the next cell says so.
        let _ = AssertUnwindSafe(whole).catch_unwind().await;
    }
}

/// Waits for the death, and starts the service again with nothing to die of.
async fn die_and_return(market: &Market, service: Service) -> Death {
    let status = market.machinery.until_ended(service).await;
    let at = Instant::now();
    disarm(market, service).await;
    Death { status, at, back_at: Instant::now() }
}

async fn disarm(market: &Market, service: Service) {
    market.machinery.start_with(service, VARIABLE, "");
    market.machinery.until_ready(service).await;
}

/// It died where it was told to, and not of something else.
pub(super) fn assert_aborted(status: ExitStatus) {
    use std::os::unix::process::ExitStatusExt as _;
    assert_eq!(status.signal(), Some(SIGABRT), "it did not abort: {status}");
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { flow, service, point, nth } = self;
        write!(f, "{:<10} {:<28} {flow:<8} {nth}", service.name(), point.name())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.cell, self.outcome)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Survived { away, recovery } => {
                write!(
                    f,
                    "survived, away {:.1} s, right after {:.1} s",
                    away.as_secs_f64(),
                    recovery.as_secs_f64()
                )
            }
            Self::NotReached => f.write_str("not passed so often"),
            Self::Broken(why) => write!(f, "BROKEN: {why}"),
        }
    }
}

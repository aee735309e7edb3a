//! The nemesis: breaks something every few seconds, heals it, and sees how long it takes until a ticket
//! can be bought again. What it does follows from the seed alone; when it happens, from the machine.

mod act;
pub mod fault;
mod forge;
pub mod jetstream;

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use self::fault::Fault;
pub use self::forge::POISON;
use super::{Options, fleet::Fleet, say, workload::canary::Canary};

/// How often two things break at once.
const TWO_AT_ONCE: f64 = 0.25;
/// How often another second fault is looked for, when one does not go with the first.
const MATCHING_TRIES: u32 = 8;

/// Something that was broken and healed.
#[derive(Debug, Clone)]
pub struct Done {
    /// What kinds of faults there were at once.
    pub faults: Vec<Fault>,
    /// For how long they lasted.
    pub lasted: Duration,
    /// How long after the healing a ticket could be bought; `None` if it never could within the bound.
    pub recovery: Option<Duration>,
}

/// Who breaks things.
pub struct Nemesis {
    fleet: Arc<Fleet>,
    random: StdRng,
    kinds: Vec<&'static str>,
    started: Instant,
    done: Vec<Done>,
}

impl Nemesis {
    /// One whose choices follow from the seed.
    pub fn new(fleet: Arc<Fleet>, options: &Options, started: Instant) -> Self {
        let wanted = |kind: &&str| options.only.is_empty() || options.only.iter().any(|only| only == kind);
        let kinds: Vec<&'static str> = fault::KINDS.into_iter().filter(wanted).collect();
        assert!(!kinds.is_empty(), "there are no such faults; the kinds are {}", fault::KINDS.join(", "));
        Self { fleet, random: StdRng::seed_from_u64(options.seed), kinds, started, done: Vec::new() }
    }

    /// Breaks and heals for so long, or until somebody has seen enough.
    pub async fn rage(&mut self, canary: &Canary, bound: Duration, enough: CancellationToken) {
        let deadline = Instant::now() + bound;
        while Instant::now() < deadline && !enough.is_cancelled() {
            let faults = self.choose();
            let names: Vec<String> = faults.iter().map(ToString::to_string).collect();
            say(self.started, &format!("{:>4} {}", self.done.len() + 1, names.join(" and ")));
            let begun = Instant::now();
            for fault in &faults {
                act::inject(&self.fleet, fault).await;
            }
            sleep(Duration::from_millis(self.random.random_range(1_000..6_000))).await;
            for fault in faults.iter().rev() {
                act::heal(&self.fleet, fault).await;
            }
            self.fleet.heal().await;
            let lasted = begun.elapsed();
            let recovery = canary.sing().await;
            match recovery {
                Some(recovery) if recovery < Duration::from_secs(10) => {}
                Some(recovery) => say(self.started, &format!("     recovered only after {recovery:.1?}")),
                None => say(self.started, "     NOT RECOVERED"),
            }
            self.done.push(Done { faults, lasted, recovery });
            sleep(Duration::from_millis(self.random.random_range(200..2_000))).await;
        }
    }

    /// Everything that was done.
    pub fn into_faults(self) -> Vec<Done> {
        self.done
    }

    /// The kinds take turns, in a new order each time, so that a short run sees many of them.
    fn choose(&mut self) -> Vec<Fault> {
        let first = self.next_fault();
        let mut faults = vec![first];
        if self.random.random_bool(TWO_AT_ONCE) {
            for _ in 0..MATCHING_TRIES {
                let kind = self.kinds[self.random.random_range(0..self.kinds.len())];
                let second = Fault::of(kind, &mut self.random);
                if !second.touches_the_same_as(&faults[0]) {
                    faults.push(second);
                    break;
                }
            }
        }
        faults
    }

    fn next_fault(&mut self) -> Fault {
        let mut seen: BTreeMap<&str, usize> = self.kinds.iter().map(|kind| (*kind, 0)).collect();
        for fault in self.done.iter().filter_map(|done| done.faults.first()) {
            *seen.entry(fault.kind()).or_default() += 1;
        }
        let least = seen.values().min().copied().unwrap_or_default();
        let due: Vec<&'static str> = self.kinds.iter().copied().filter(|kind| seen[kind] == least).collect();
        let kind = due[self.random.random_range(0..due.len())];
        Fault::of(kind, &mut self.random)
    }
}

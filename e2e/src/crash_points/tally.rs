//! The table that a whole run ends with.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use common::failpoint::Point;

use super::{
    cell::{Outcome, Report},
    flow::Flow,
};
use crate::market::Service;

/// How wide the name of a service and a point are.
const NAMES: usize = 42;

/// All reports of a run, in order.
#[derive(Debug)]
pub struct Tally {
    /// Of a service, a point and a pass, what became of it in each flow.
    rows: BTreeMap<(Service, Point, u64), BTreeMap<Flow, Outcome>>,
}

impl Tally {
    /// Puts reports in order.
    pub fn of(reports: &[Report]) -> Self {
        let mut rows: BTreeMap<_, BTreeMap<Flow, Outcome>> = BTreeMap::new();
        for Report { cell, outcome, .. } in reports {
            let row = rows.entry((cell.service, cell.point, cell.nth)).or_default();
            row.insert(cell.flow, outcome.clone());
        }
        Self { rows }
    }

    /// How many did not end well.
    pub fn broken(&self) -> usize {
        self.outcomes().filter(|outcome| matches!(outcome, Outcome::Broken(_))).count()
    }

    fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        self.rows.values().flat_map(BTreeMap::values)
    }

    /// How long it took from each death until everything was right; shortest first.
    fn recoveries(&self, flow: Flow) -> Vec<Duration> {
        let outcomes = self.rows.values().filter_map(|row| row.get(&flow));
        let mut recoveries: Vec<Duration> = outcomes.filter_map(recovery).collect();
        recoveries.sort();
        recoveries
    }
}

fn recovery(outcome: &Outcome) -> Option<Duration> {
    match outcome {
        Outcome::Survived { recovery, .. } => Some(*recovery),
        Outcome::NotReached | Outcome::Broken(_) => None,
    }
}

/// The seconds until everything was right again, and the words for what is no number.
fn in_short(outcome: Option<&Outcome>) -> String {
    match outcome {
        Some(Outcome::Survived { recovery, .. }) => format!("{:.1}", recovery.as_secs_f64()),
        Some(Outcome::NotReached) => "once".to_owned(),
        Some(Outcome::Broken(_)) => "BROKEN".to_owned(),
        None => "–".to_owned(),
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<NAMES$}", "seconds from death until all is right")?;
        for flow in Flow::ALL {
            write!(f, "{:>9}", flow.name())?;
        }
        for ((service, point, nth), row) in &self.rows {
            let name = format!("{:<11}{point}:{nth}", service.name());
            write!(f, "\n{name:<NAMES$}")?;
            for flow in Flow::ALL {
                write!(f, "{:>9}", in_short(row.get(&flow)))?;
            }
        }
        for (name, place) in [("median", 50), ("longest", 100)] {
            write!(f, "\n{name:<NAMES$}")?;
            for flow in Flow::ALL {
                let recoveries = self.recoveries(flow);
                let index = (recoveries.len() * place / 100).min(recoveries.len().saturating_sub(1));
                let found = recoveries.get(index).map(|time| format!("{:.1}", time.as_secs_f64()));
                write!(f, "{:>9}", found.unwrap_or_default())?;
            }
        }
        let pairs: BTreeSet<_> = self.rows.keys().map(|(service, point, _)| (service, point)).collect();
        let survived = self.outcomes().filter(|outcome| matches!(outcome, Outcome::Survived { .. })).count();
        let unreached = self.outcomes().filter(|outcome| **outcome == Outcome::NotReached).count();
        let (pairs, broken) = (pairs.len(), self.broken());
        write!(
            f,
            "\n\n{pairs} pairs of a service and a point; {survived} deaths survived, {broken} not, {unreached} \
             points not passed so often"
        )
    }
}

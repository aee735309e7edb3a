//! Checking a scope, and what is told of it.

use std::{
    fmt,
    time::{Duration, Instant},
};

use stateright::{Checker as _, Expectation, HasDiscoveries, Model as _};

use super::{Marketplace, scope::Scope};

/// How many steps a check takes at most unless told otherwise: more than the largest scope has, and some fifteen million
/// states, which fit into four gigabytes of memory. After so many, the states that are nearest to the beginning have
/// been seen, and no others.
pub const MOST_STEPS: usize = 120_000_000;

/// What came of a check.
#[derive(Debug, Clone)]
pub struct Report {
    scope: &'static str,
    /// How many steps were taken.
    pub steps: usize,
    /// How many different states were reached.
    pub states: usize,
    depth: usize,
    /// Whether these are all states that can be reached.
    pub complete: bool,
    took: Duration,
    /// What was asked, and whether it is so.
    pub answers: Vec<Answer>,
}

/// Whether something is so.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was asked.
    pub name: &'static str,
    /// Whether it is as it should be.
    pub holds: bool,
    /// For a law: how to break it. For an end: how to get there.
    pub path: Option<String>,
    is_law: bool,
}

/// Walks through the states of a scope, those nearest to the beginning first; ends at the first broken law, or
/// after so many steps.
pub fn check(scope: Scope, most_steps: usize) -> Report {
    let (name, started) = (scope.name, Instant::now());
    let market = Marketplace::of(scope);
    // One thread: the first way that is found to break a law is then a shortest one.
    let checker = market.checker().finish_when(HasDiscoveries::AnyFailures);
    let checker = checker.target_state_count(most_steps).spawn_bfs().join();
    let discoveries = checker.discoveries();
    let answers = checker.model().properties().into_iter().map(|property| {
        let is_law = property.expectation != Expectation::Sometimes;
        let path = discoveries.get(property.name);
        let path = path.map(|path| format!("{:?}", path.clone().into_actions()));
        Answer { name: property.name, holds: is_law == path.is_none(), path, is_law }
    });
    Report {
        scope: name,
        steps: checker.state_count(),
        states: checker.unique_state_count(),
        depth: checker.max_depth(),
        complete: checker.state_count() < most_steps,
        answers: answers.collect(),
        took: started.elapsed(),
    }
}

impl Report {
    /// What is not as it should be. That an end was not reached says something only if all states were.
    pub fn failures(&self) -> Vec<&Answer> {
        let broken = |answer: &&Answer| !answer.holds;
        let law = self.answers.iter().filter(broken).find(|answer| answer.is_law);
        // A broken law ends the check, and most ends were not reached then.
        match law {
            Some(law) => vec![law],
            None if self.complete => self.answers.iter().filter(broken).collect(),
            None => Vec::new(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scope, steps, states, depth, complete, took, answers } = self;
        let (secs, which) = (took.as_secs_f64(), if *complete { "all" } else { "the nearest" });
        writeln!(f, "{scope}: {which} {states} states, {steps} steps, depth {depth}, {secs:.1} s")?;
        for Answer { name, holds, path, is_law } in answers {
            let word = match (is_law, holds) {
                (true, true) => "holds",
                (true, false) => "BROKEN",
                (false, true) => "reached",
                (false, false) if !complete => "not yet",
                (false, false) => "NEVER REACHED",
            };
            writeln!(f, "  {word:<14} {name}")?;
            if let Some(path) = path.as_ref().filter(|_| *is_law) {
                writeln!(f, "    by {path}")?;
            }
        }
        Ok(())
    }
}

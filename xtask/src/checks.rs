//! `cargo xtask test`: everything that must hold before a change goes in, on real servers of its own.
//!
//! Each step has a name and a time, a failed one does not keep the others from running, and the end says
//! what failed and how to repeat only that.

pub mod conformance;
pub mod manifests;
pub mod servers;
pub mod steps;
pub mod summary;
pub mod tools;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

use self::{
    steps::{Outcome, Step},
    summary::{Counts, Done},
};
use crate::{log::Log, signals::Stop, workspace::Workspace};

/// What to check.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// A crate of the workspace, or part of the name of a test: only matching tests are run.
    pub filter: Option<String>,
    /// Only the steps of these names.
    pub only: Vec<String>,
    /// How many cases are made up where cases are made up.
    pub examples: Option<u32>,
}

impl Wanted {
    /// What CI runs where it may fetch things: all steps, and the advisories before the tests.
    pub fn of_ci() -> Self {
        let mut only: Vec<String> = Step::ALL.iter().map(Step::to_string).collect();
        only.insert(only.len() - 1, Step::Advisories.to_string());
        Self { only, ..Self::default() }
    }

    fn steps(&self) -> Result<Vec<Step>> {
        if self.filter.is_some() {
            return Ok(vec![Step::Tests]);
        }
        if self.only.is_empty() {
            return Ok(Step::ALL.to_vec());
        }
        self.only.iter().map(|name| Step::named(name)).collect()
    }
}

/// Runs the steps. The last line is the sum of the tests; the code tells whether every step succeeded.
pub fn run(workspace: &Workspace, wanted: &Wanted, stop: &Stop, log: &Log) -> Result<ExitCode> {
    let mut done: Vec<Done> = Vec::new();
    let mut counts = Counts::default();
    for step in wanted.steps()? {
        println!("\n== {step}: {}", step.what());
        let started = Instant::now();
        let outcome = steps::run(step, workspace, wanted, stop, log, &mut counts);
        if stop.is_requested() {
            bail!("stopped");
        }
        if matches!(step, Step::Tests | Step::Conformance)
            && outcome.as_ref().map_or(true, |outcome| *outcome != Outcome::Passed)
        {
            counts.note_failure();
        }
        let done_now = Done { step, outcome: settle(outcome), took: started.elapsed() };
        println!("== {step}: {} in {}", done_now.outcome.word(), in_words(done_now.took));
        done.push(done_now);
    }
    summary::print(&done, &counts);
    let failed = done.iter().any(|done| matches!(done.outcome, Outcome::Failed(_)));
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn settle(outcome: Result<Outcome>) -> Outcome {
    outcome.unwrap_or_else(|error| {
        println!("error: {error:#}");
        Outcome::Failed(None)
    })
}

/// `4.2 s`, `3 min 07 s`.
fn in_words(took: Duration) -> String {
    let secs = took.as_secs();
    if secs < 60 {
        format!("{:.1} s", took.as_secs_f64())
    } else {
        format!("{} min {:02} s", secs / 60, secs % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_for_people() {
        assert_eq!(in_words(Duration::from_millis(4_230)), "4.2 s");
        assert_eq!(in_words(Duration::from_secs(187)), "3 min 07 s");
    }

    #[test]
    fn a_filter_asks_for_tests_only() {
        let wanted = Wanted { filter: Some("orders".to_owned()), ..Wanted::default() };
        assert_eq!(wanted.steps().unwrap(), [Step::Tests]);
        let unknown = Wanted { only: vec!["nonsense".to_owned()], ..Wanted::default() };
        let refusal = unknown.steps().unwrap_err().to_string();
        assert!(refusal.contains("format, generated"), "{refusal}");
    }
}

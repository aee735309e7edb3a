//! What the checks came to.

use std::time::Duration;

use super::{
    in_words,
    steps::{Outcome, Step},
};

/// How many names of failed tests are kept.
const MAX_NAMES: usize = 40;

/// A step that was run.
#[derive(Debug)]
pub struct Done {
    pub step: Step,
    pub outcome: Outcome,
    pub took: Duration,
}

/// Tests of all binaries, as their closing lines count them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
    pub ignored: u64,
    /// Names of failed tests.
    pub names: Vec<String>,
}

impl Counts {
    /// Looks at a line of `cargo test`.
    pub fn take(&mut self, line: &str) {
        if let Some(result) = line.strip_prefix("test result: ") {
            self.passed += number_before(result, " passed");
            self.failed += number_before(result, " failed");
            self.ignored += number_before(result, " ignored");
        } else if let Some(name) = failed_test(line)
            && self.names.len() < MAX_NAMES
        {
            self.names.push(name.to_owned());
        }
    }

    /// Tests that do not compile, or whose binary dies, are not counted by anybody; that must not look
    /// like success.
    pub fn note_failure(&mut self) {
        self.failed = self.failed.max(1);
    }

    /// The command that runs only what failed.
    pub fn how_to_repeat(&self, filter: Option<&str>) -> Option<String> {
        match (self.names.as_slice(), filter) {
            ([name], _) => Some(format!("cargo xtask test {name}")),
            (_, Some(filter)) => Some(format!("cargo xtask test {filter}")),
            _ => None,
        }
    }
}

/// Prints the table, and the line that sums up the tests.
pub fn print(done: &[Done], counts: &Counts) {
    println!("\n{:<14} {:<8} {:>12}", "step", "result", "time");
    for Done { step, outcome, took } in done {
        let remark = match outcome {
            Outcome::Passed => String::new(),
            Outcome::Skipped(why) => format!("  {why}"),
            Outcome::Failed(repeat) => {
                let repeat = repeat.clone().unwrap_or_else(|| format!("cargo xtask test --only {step}"));
                format!("  repeat it with: {repeat}")
            }
        };
        println!("{:<14} {:<8} {:>12}{remark}", step.name(), outcome.word(), in_words(*took));
    }
    for name in &counts.names {
        println!("failed: {name}");
    }
    if done.iter().any(|done| matches!(done.step, Step::Tests | Step::Conformance)) {
        println!("\n{}", closing_line(counts));
    }
}

fn closing_line(counts: &Counts) -> String {
    let Counts { passed, failed, ignored, .. } = counts;
    let skipped = if *ignored > 0 { format!(", {ignored} skipped") } else { String::new() };
    format!("{passed} passed, {failed} failed{skipped}")
}

fn number_before(text: &str, word: &str) -> u64 {
    let Some((before, _)) = text.split_once(word) else { return 0 };
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// `test journeys::buy ... FAILED` → `journeys::buy`.
fn failed_test(line: &str) -> Option<&str> {
    verdict(line).and_then(|(name, passed)| (!passed).then_some(name))
}

/// The name of a test and whether it passed, if that is what a line of `cargo test` tells.
pub fn verdict(line: &str) -> Option<(&str, bool)> {
    let (name, result) = line.strip_prefix("test ")?.split_once(" ... ")?;
    match result {
        "ok" => Some((name, true)),
        "FAILED" => Some((name, false)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_of_all_binaries_are_summed() {
        let mut counts = Counts::default();
        counts.take(
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.05s",
        );
        counts.take("test a::b ... FAILED");
        counts.take("test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out");
        assert_eq!(closing_line(&counts), "15 passed, 1 failed, 1 skipped");
        assert_eq!(counts.how_to_repeat(None).as_deref(), Some("cargo xtask test a::b"));
    }

    #[test]
    fn tests_that_do_not_compile_are_no_success() {
        let mut counts = Counts::default();
        counts.note_failure();
        assert_eq!(closing_line(&counts), "0 passed, 1 failed");
    }
}

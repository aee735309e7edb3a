//! What the checks came to.

use std::time::Duration;

use super::{
    in_words,
    steps::{Outcome, Step},
};

/// How many failed tests are kept.
const MAX_FAILURES: usize = 40;
/// How much is kept of what each of them said last: where it panicked, and some lines why.
const MAX_LINES: usize = 4;
const MAX_CHARS: usize = 300;
/// What the words of a panic are followed by.
const ENDS: [&str; 2] = ["stack backtrace:", "note: run with"];

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
    pub failures: Vec<Failure>,
    /// Whose words are being read, by its place among the failures.
    speaker: Option<usize>,
}

/// A test that failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failure {
    pub name: String,
    pub last_words: Vec<String>,
}

impl Counts {
    /// Looks at a line of `cargo test`.
    pub fn take(&mut self, line: &str) {
        if let Some(result) = line.strip_prefix("test result: ") {
            self.passed += number_before(result, " passed");
            self.failed += number_before(result, " failed");
            self.ignored += number_before(result, " ignored");
        } else if let Some((name, false)) = verdict(line) {
            if self.failures.len() < MAX_FAILURES {
                self.failures.push(Failure { name: name.to_owned(), ..Failure::default() });
            }
        } else if let Some(name) = speaker(line) {
            self.speaker = self.failures.iter().rposition(|failure| failure.name == name);
        } else if ENDS.iter().any(|end| line.starts_with(end)) {
            self.speaker = None;
        } else if let Some(speaker) = self.speaker {
            self.failures[speaker].say(line);
        }
    }

    /// Tests that do not compile, or whose binary dies, are not counted by anybody; that must not look
    /// like success.
    pub fn note_failure(&mut self) {
        self.failed = self.failed.max(1);
    }

    /// The command that runs only what failed.
    pub fn how_to_repeat(&self, filter: Option<&str>) -> Option<String> {
        match (self.failures.as_slice(), filter) {
            ([Failure { name, .. }], _) => Some(format!("cargo xtask test {name}")),
            (_, Some(filter)) => Some(format!("cargo xtask test {filter}")),
            _ => None,
        }
    }
}

impl Failure {
    /// Keeps the panic, and not what was printed before it.
    fn say(&mut self, line: &str) {
        let has_begun = !self.last_words.is_empty() || line.starts_with("thread '");
        if has_begun && !line.trim().is_empty() && self.last_words.len() < MAX_LINES {
            self.last_words.push(line.chars().take(MAX_CHARS).collect());
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
    for Failure { name, last_words } in &counts.failures {
        println!("failed: {name}");
        for line in last_words {
            println!("    {line}");
        }
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

/// `---- journeys::buy stdout ----` → `journeys::buy`: what follows is what this test has said.
fn speaker(line: &str) -> Option<&str> {
    line.strip_prefix("---- ")?.strip_suffix(" stdout ----")
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
    fn what_a_failed_test_said_last_is_kept() {
        let mut counts = Counts::default();
        for line in [
            "test a::b ... FAILED",
            "test c ... FAILED",
            "---- c stdout ----",
            "begun",
            "",
            "thread 'c' (7) panicked at tests/c.rs:1:2:",
            "waited 20s for the seat, in vain",
            "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
            "---- a::b stdout ----",
            "thread 'a::b' (8) panicked at tests/a.rs:3:4:",
            &"x".repeat(1_000),
            "stack backtrace:",
            "   0: begin",
        ] {
            counts.take(line);
        }
        let [b, c] = counts.failures.as_slice() else { panic!("{counts:?}") };
        assert_eq!(b.last_words, ["thread 'a::b' (8) panicked at tests/a.rs:3:4:", &"x".repeat(MAX_CHARS)]);
        assert_eq!(
            c.last_words[..2],
            ["thread 'c' (7) panicked at tests/c.rs:1:2:", "waited 20s for the seat, in vain"]
        );
    }

    #[test]
    fn tests_that_do_not_compile_are_no_success() {
        let mut counts = Counts::default();
        counts.note_failure();
        assert_eq!(closing_line(&counts), "0 passed, 1 failed");
    }
}

//! The report: what was done, what it did, and whether every promise was kept.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf, time::Duration};

use common::control::Control;
use serde_json::json;

use super::{
    Options,
    fleet::Fall,
    gauges::Gauges,
    history::{Outcome, Wish},
    nemesis::Done,
    verdict::Verdict,
};

/// How many broken promises are printed; the file has all of them.
const MOST_VIOLATIONS: usize = 40;

/// All there is to tell.
#[derive(Debug)]
pub struct Report {
    pub options: Options,
    pub took: Duration,
    /// How long a purchase took among the crowd, before anything was broken.
    pub in_calm: Option<Duration>,
    pub faults: Vec<Done>,
    pub counts: BTreeMap<(Wish, Outcome), u64>,
    /// In milliseconds, ascending, of the holds that were over while nothing was broken.
    pub lateness: Vec<u64>,
    pub gauges: Gauges,
    pub falls: Vec<Fall>,
    pub verdict: Verdict,
}

/// One kind of fault.
#[derive(Debug, Default, Clone, Copy)]
struct Row {
    count: usize,
    survived: usize,
    worst: Duration,
    sum: Duration,
}

impl Report {
    /// Whether every promise was kept and every fault survived.
    pub fn is_clean(&self) -> bool {
        self.verdict.is_clean() && self.faults.iter().all(|done| done.recovery.is_some())
    }

    /// Whether it found nothing where nothing is, or something where a mistake was made on purpose.
    pub fn is_as_expected(&self) -> bool {
        match self.options.control {
            None => self.is_clean(),
            Some(_) => !self.verdict.is_clean(),
        }
    }

    /// For people.
    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        let minutes = self.options.faulty.as_secs() / 60;
        let _ = writeln!(text, "# Torture: {minutes} minutes of faults, seed {}\n", self.options.seed);
        if let Some(control) = self.options.control {
            let _ = writeln!(text, "The services make the mistake `{}`.\n", control.name());
        }
        let _ = writeln!(
            text,
            "| fault | count | survived | worst recovery | mean recovery |\n|---|---:|---:|---:|---:|"
        );
        for (kind, row) in self.rows() {
            let mean = row.sum.checked_div(u32::try_from(row.survived).unwrap_or(1)).unwrap_or_default();
            let (worst, mean) = (row.worst.as_secs_f64(), mean.as_secs_f64());
            let _ =
                writeln!(text, "| {kind} | {} | {} | {worst:.1} s | {mean:.1} s |", row.count, row.survived);
        }
        let _ = writeln!(text, "\n| what | how many |\n|---|---:|");
        for (what, count) in self.sums() {
            let _ = writeln!(text, "| {what} | {count} |");
        }
        let _ = writeln!(text, "\n{}", self.lateness_in_words());
        let _ = writeln!(text, "{}", self.rest_in_words());
        for fall in &self.falls {
            let _ = writeln!(text, "- {fall}");
        }
        if self.verdict.violations.is_empty() {
            let _ = writeln!(text, "\nBroken promises: 0.");
        } else {
            let _ = writeln!(text, "\nBroken promises: {}\n", counted(&self.verdict.violations));
            for violation in self.verdict.violations.iter().take(MOST_VIOLATIONS) {
                let _ = writeln!(text, "- {violation}");
            }
        }
        text
    }

    /// Writes it for people and for programs, and says where.
    pub fn write(&self) -> std::io::Result<PathBuf> {
        fs::create_dir_all(&self.options.out)?;
        let rows: Vec<_> = self
            .rows()
            .into_iter()
            .map(|(kind, row)| {
                json!({
                    "fault": kind,
                    "count": row.count,
                    "survived": row.survived,
                    "worstRecoverySecs": row.worst.as_secs_f64(),
                })
            })
            .collect();
        let json = json!({
            "seed": self.options.seed,
            "control": self.options.control.map(Control::name),
            "tookSecs": self.took.as_secs(),
            "faults": rows,
            "sums": self.sums().into_iter().collect::<BTreeMap<_, _>>(),
            "falls": self.falls,
            "violations": self.verdict.violations,
        });
        fs::write(self.options.out.join("report.json"), format!("{json:#}\n"))?;
        let file = self.options.out.join("report.md");
        fs::write(&file, self.to_markdown())?;
        Ok(file)
    }

    /// A fault that came together with another one counts for both.
    fn rows(&self) -> BTreeMap<&'static str, Row> {
        let mut rows: BTreeMap<&'static str, Row> = BTreeMap::new();
        for done in &self.faults {
            for fault in &done.faults {
                let row = rows.entry(fault.kind()).or_default();
                row.count += 1;
                if let Some(recovery) = done.recovery {
                    row.survived += 1;
                    row.worst = row.worst.max(recovery);
                    row.sum += recovery;
                }
            }
        }
        rows
    }

    fn sums(&self) -> Vec<(String, u64)> {
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let faults = self.faults.iter().map(|done| done.faults.len()).sum();
        let mut sums = vec![("faults".to_owned(), number(faults))];
        sums.extend(self.verdict.extent.iter().map(|(what, count)| ((*what).to_owned(), number(*count))));
        let of = |outcome: Outcome| {
            self.counts.iter().filter(move |((_, o), _)| *o == outcome).map(|(_, n)| n).sum()
        };
        sums.push(("requests granted".to_owned(), of(Outcome::Ok)));
        sums.push(("requests refused".to_owned(), of(Outcome::Refused)));
        sums.push(("requests whose outcome the client never learnt".to_owned(), of(Outcome::Unknown)));
        for (what, counter) in [
            ("events published", "bus_published_total"),
            ("states published again", "bus_republished_total"),
            ("events handled", "bus_handled_total"),
            ("events seen before", "seen before"),
            ("handling failed and was repeated", "bus_failures_total"),
            ("publishing failed and was repeated", "bus_publish_failures_total"),
            ("losses of a stream noticed", "bus_stream_losses_total"),
            ("dead letters (poison)", "bus_dead_letters_total"),
            ("holds ended by the sweeper", "orders_swept_total"),
            ("races for seats lost and run again", "orders_lost_races_total"),
        ] {
            sums.push((what.to_owned(), self.gauges.of(counter)));
        }
        sums.push(("processes that ended by themselves".to_owned(), number(self.falls.len())));
        sums
    }

    fn lateness_in_words(&self) -> String {
        let at = |share: usize| {
            let index = (self.lateness.len() * share / 100).min(self.lateness.len().saturating_sub(1));
            self.lateness.get(index).copied().unwrap_or_default()
        };
        let (count, max) = (self.lateness.len(), self.lateness.last().copied().unwrap_or_default());
        format!(
            "Holds that were over while nothing was broken: {count}; late by {} ms at the median, {} ms at \
             the 99th percentile, {max} ms at most.",
            at(50),
            at(99),
        )
    }

    fn rest_in_words(&self) -> String {
        let rest = self
            .verdict
            .at_rest_after
            .map_or("never".to_owned(), |took| format!("{:.1} s", took.as_secs_f64()));
        let fresh = self.verdict.fresh.map_or("never".to_owned(), |took| format!("{} ms", took.as_millis()));
        let repaired = self.verdict.repaired_after.as_secs_f64();
        let calm = self.in_calm.map_or("never".to_owned(), |took| format!("{} ms", took.as_millis()));
        format!(
            "A purchase among the crowd, before anything was broken: {calm}. At rest after the crowd went home: {rest}. What lost streams had left to publish again was published after {repaired:.1} s. A fresh purchase then: {fresh}."
        )
    }
}

/// How many they are, and how many of each promise.
fn counted(violations: &[String]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for violation in violations {
        let promise = violation.split(':').next().unwrap_or(violation);
        *counts.entry(promise).or_default() += 1;
    }
    let counts: Vec<String> = counts.iter().map(|(promise, count)| format!("{promise} {count}")).collect();
    format!("{} ({})", violations.len(), counts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_promises_are_counted_by_what_they_break() {
        let violations = ["L3: no passes", "S1: twice", "S1: again"].map(ToOwned::to_owned);
        assert_eq!(counted(&violations), "3 (L3 1, S1 2)");
    }
}

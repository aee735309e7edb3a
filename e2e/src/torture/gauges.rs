//! What the services count, added up over all their lives: a counter of a process that was killed starts
//! again at zero.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::fleet::{Fleet, parts::Replica};
use crate::market::Service;

/// How often the services are asked.
const INTERVAL: Duration = Duration::from_secs(1);
const TIMEOUT: Duration = Duration::from_millis(800);

/// The counters that the report tells of, by what stands in `/metrics`.
const TOLD: [&str; 9] = [
    "bus_published_total",
    "bus_republished_total",
    "bus_handled_total",
    "bus_failures_total",
    "bus_publish_failures_total",
    "bus_dead_letters_total",
    "bus_stream_losses_total",
    "orders_swept_total",
    "orders_lost_races_total",
];
/// Counters of which every label is told, since each must stay at zero. Those of liveness (`L…`) may rise
/// while something is broken: the verdict asks for them when everything is healed.
const VIOLATIONS: &str = "invariant_violations_total{id=\"S";
/// Outcomes of a listener that mean that it has seen the event, or a newer one, before.
const SEEN_BEFORE: [&str; 3] = ["outcome=\"duplicate\"", "outcome=\"stale\"", "outcome=\"already_done\""];

/// The sums.
#[derive(Debug, Clone, Default)]
pub struct Gauges {
    /// By the name of the counter.
    pub sums: BTreeMap<String, u64>,
    last: BTreeMap<(String, String), u64>,
}

impl Gauges {
    /// One of the sums.
    pub fn of(&self, name: &str) -> u64 {
        self.sums.get(name).copied().unwrap_or_default()
    }

    /// The counters of broken invariants that are not zero.
    pub fn violations(&self) -> Vec<String> {
        let broken = self.sums.iter().filter(|(name, sum)| name.starts_with(VIOLATIONS) && **sum > 0);
        broken.map(|(name, sum)| format!("the auditor: {name} = {sum}")).collect()
    }

    fn take(&mut self, process: &str, text: &str) {
        for line in text.lines() {
            let Some((series, value)) = line.rsplit_once(' ') else { continue };
            let Ok(value) = value.parse::<u64>() else { continue };
            for name in names(series) {
                let key = (process.to_owned(), format!("{name} {series}"));
                let before = self.last.insert(key, value).unwrap_or_default();
                // Less than before: the process has started again in between.
                let more = if value >= before { value - before } else { value };
                *self.sums.entry(name).or_default() += more;
            }
        }
    }
}

/// Under which names a series is added up.
fn names(series: &str) -> Vec<String> {
    let name = series.split('{').next().unwrap_or_default();
    let mut names: Vec<String> =
        TOLD.iter().filter(|told| **told == name).map(|told| (*told).to_owned()).collect();
    if name == "bus_handled_total" && SEEN_BEFORE.iter().any(|outcome| series.contains(outcome)) {
        names.push("seen before".to_owned());
    }
    if series.starts_with(VIOLATIONS) {
        names.push(series.to_owned());
    }
    names
}

/// Asks all replicas again and again.
pub async fn collect(fleet: Arc<Fleet>) {
    let http = reqwest::Client::builder().timeout(TIMEOUT).build().expect("make an HTTP client");
    loop {
        for service in Service::ALL {
            for replica in Replica::ALL {
                let port = fleet.internal_port(service, replica);
                let Ok(answer) = http.get(format!("http://127.0.0.1:{port}/metrics")).send().await else {
                    continue;
                };
                let Ok(text) = answer.text().await else { continue };
                fleet.with_gauges(|gauges| gauges.take(&format!("{service:?} {replica:?}"), &text));
            }
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_counted_before_it_was_killed_still_counts() {
        let mut gauges = Gauges::default();
        for text in ["bus_republished_total 3", "bus_republished_total 5", "bus_republished_total 1"] {
            gauges.take("orders a", text);
        }
        gauges.take("orders b", "bus_republished_total 10\n# HELP x\nother_total 4");
        assert_eq!(gauges.of("bus_republished_total"), 16);
        gauges.take(
            "orders a",
            "invariant_violations_total{id=\"L1\"} 2\ninvariant_violations_total{id=\"S2\"} 0",
        );
        assert_eq!(gauges.violations(), Vec::<String>::new());
        gauges.take("orders a", "invariant_violations_total{id=\"S2\"} 1");
        assert_eq!(gauges.violations().len(), 1);
        gauges.take("orders a", "bus_handled_total{listener=\"l\",outcome=\"stale\"} 2");
        assert_eq!((gauges.of("bus_handled_total"), gauges.of("seen before")), (2, 2));
    }
}

//! What the services themselves have found to be wrong: the audits that run in them, as anybody would read
//! them who watches the marketplace.

use super::{Market, Service, wait::until};

/// The counter of violations by invariant.
const VIOLATIONS: &str = "invariant_violations_total";

impl Market {
    /// The violations that the running services have told of since they started, each as
    /// `<service> <id> <how often>`; none if all is well. That a service does not count any more is one too.
    pub async fn alarms(&self) -> Vec<String> {
        let mut alarms = Vec::new();
        for service in Service::ALL {
            let url = format!("http://127.0.0.1:{}/metrics", self.machinery.ports().of(service).1);
            let metrics = until(&format!("the measurements of {}", service.name()), async || {
                let answer = reqwest::get(&url).await.map_err(|why| why.to_string())?;
                answer.text().await.map_err(|why| why.to_string())
            })
            .await;
            alarms.extend(read(service.name(), &metrics));
        }
        alarms
    }
}

/// The counters that are not 0, in the text format of Prometheus.
fn read(service: &str, metrics: &str) -> Vec<String> {
    let counters: Vec<(&str, &str)> = metrics.lines().filter_map(counter).collect();
    if counters.is_empty() {
        return vec![format!("{service} counts no violations")];
    }
    let alarms = counters.iter().filter(|(_, count)| *count != "0");
    alarms.map(|(id, count)| format!("{service} {id} {count}")).collect()
}

/// `invariant_violations_total{id="S1"} 0` → `S1`, `0`.
fn counter(line: &str) -> Option<(&str, &str)> {
    let (id, count) = line.strip_prefix(VIOLATIONS)?.strip_prefix("{id=\"")?.split_once("\"} ")?;
    Some((id, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_that_are_not_0_are_alarms_and_so_is_their_absence() {
        let quiet = "# TYPE invariant_violations_total counter\ninvariant_violations_total{id=\"S1\"} 0\n";
        assert_eq!(read("orders", quiet), Vec::<String>::new());
        let loud = format!("{quiet}invariant_violations_total{{id=\"L7\"}} 2\n");
        assert_eq!(read("orders", &loud), ["orders L7 2"]);
        assert_eq!(read("orders", "up 1\n"), ["orders counts no violations"]);
    }
}

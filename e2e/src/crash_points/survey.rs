//! Which points each service passes in each flow, counted by the services themselves while nobody dies.

use std::{collections::BTreeMap, time::Duration};

use common::failpoint::{Point, VARIABLE};

use super::{
    flow::{Flow, Scene},
    table::{Passes, is_idle, passes},
};
use crate::market::{Market, Service};

/// Armed, so that passes are counted, at a pass that nobody will live to see.
const COUNT_ONLY: &str = "commit/before_send:1000000000";
/// How long after everything is right a service may still have something to acknowledge or remove.
const STRAGGLING: Duration = Duration::from_secs(1);

/// How often each service passes each point in a flow; what is not passed is not in it.
#[derive(Debug, Clone)]
pub struct Survey {
    /// The flow.
    pub flow: Flow,
    /// The counts.
    pub counts: BTreeMap<(Service, Point), u64>,
}

/// Goes through flows with every service counting, and nobody dying.
pub async fn survey(market: &Market, flows: &[Flow]) -> Vec<Survey> {
    for service in Service::ALL {
        market.machinery.start_with(service, VARIABLE, COUNT_ONLY);
    }
    for service in Service::ALL {
        market.machinery.until_ready(service).await;
    }
    let mut surveys = Vec::new();
    for flow in flows {
        surveys.push(survey_one(market, *flow).await);
    }
    surveys
}

async fn survey_one(market: &Market, flow: Flow) -> Survey {
    let scene = Scene::set(flow, market).await;
    let before = counted(market).await;
    let order = scene.act(flow, market).await;
    scene.judge(flow, market, order.as_ref()).await;
    tokio::time::sleep(STRAGGLING).await;
    let mut counts = counted(market).await;
    counts.retain(|key, count| {
        *count -= before.get(key).copied().unwrap_or_default();
        *count > 0
    });
    Survey { flow, counts }
}

impl Survey {
    /// Where the table is wrong about this flow.
    pub fn contradictions(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for service in Service::ALL {
            for point in Point::ALL.iter().copied().filter(|point| !is_idle(*point)) {
                let count = self.counts.get(&(service, point)).copied().unwrap_or_default();
                let said = passes(self.flow, service, point);
                match (said, count) {
                    (Passes::Always, 1..) | (Passes::Never, 0) | (Passes::Sometimes, _) => {}
                    (Passes::Always, 0) | (Passes::Never, 1..) => {
                        let (flow, service) = (self.flow.name(), service.name());
                        wrong.push(format!("{flow}: {service} passes {point} {count} times, not {said:?}"));
                    }
                }
            }
        }
        wrong
    }
}

async fn counted(market: &Market) -> BTreeMap<(Service, Point), u64> {
    let mut counts = BTreeMap::new();
    for service in Service::ALL {
        let metrics = market.machinery.metrics(service).await;
        for point in Point::ALL {
            if let Some(count) = count_of(&metrics, *point) {
                counts.insert((service, *point), count);
            }
        }
    }
    counts
}

/// The line `failpoint_passes_total{point="commit/before_send"} 3`.
fn count_of(metrics: &str, point: Point) -> Option<u64> {
    let name = format!("failpoint_passes_total{{point=\"{point}\"}} ");
    metrics.lines().find_map(|line| line.strip_prefix(&name)).and_then(|count| count.parse().ok())
}

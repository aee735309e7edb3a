//! What the feature `failpoints` adds: a process that dies where it is told to.

use std::{
    process::abort,
    str::FromStr,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{Point, VARIABLE};
use crate::config::{ConfigError, Env};

/// Where this process is to die; set once, before anything can pass.
static ARMED: OnceLock<Armed> = OnceLock::new();

/// A point, and at which of its passes the process dies.
#[derive(Debug)]
struct Armed {
    point: Point,
    at_pass: u64,
    passes: AtomicU64,
}

impl FromStr for Armed {
    type Err = String;

    /// Reads `<point>[:n]`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, at_pass) = text.split_once(':').unwrap_or((text, "1"));
        let point = Point::ALL.iter().copied().find(|point| point.name() == name);
        let point = point.ok_or_else(|| format!("there is no failpoint {name}"))?;
        match at_pass.parse() {
            Ok(at_pass @ 1..) => Ok(Self { point, at_pass, passes: AtomicU64::new(0) }),
            Ok(0) | Err(_) => Err("the number of the pass must be 1 or more".to_owned()),
        }
    }
}

impl Armed {
    /// Counts a pass; says whether it is the one.
    fn is_hit(&self, point: Point) -> bool {
        self.point == point && self.passes.fetch_add(1, Ordering::Relaxed) + 1 == self.at_pass
    }
}

/// Arms the point that the environment names, and warns that this build can be armed at all.
pub fn arm(env: &Env) -> Result<(), ConfigError> {
    let armed = env.optional::<Armed>(VARIABLE)?;
    let point = armed.as_ref().map(|armed| armed.point.name());
    tracing::warn!(point, "this build has failpoints and is not for production");
    if let Some(armed) = armed {
        // Armed already means that this process runs several services, which share the point.
        let _ = ARMED.set(armed);
    }
    Ok(())
}

/// The execution passes a point, and ends there if it is the one that is armed.
pub fn pass(point: Point) {
    let Some(armed) = ARMED.get() else { return };
    if armed.is_hit(point) {
        abort();
    }
    metrics::counter!("failpoint_passes_total", "point" => point.name()).increment(1);
}

#[cfg(test)]
mod tests;

//! `cargo xtask model`: walks through all states of the model of the marketplace, or of the scopes that are named.
#![expect(clippy::print_stdout, reason = "a command-line tool prints")]

use anyhow::bail;
use clap::{Parser, builder::PossibleValuesParser};
use e2e::model::{
    report::{MOST_STEPS, check},
    scope::{self, Event},
};

/// What to walk through.
#[derive(Debug, Parser)]
struct Args {
    /// The scopes; all of them if none is named
    #[arg(value_name = "SCOPE", value_parser = scopes())]
    scopes: Vec<String>,
    /// What may not happen in any of them; may be given several times
    #[arg(long, value_name = "EVENT")]
    without: Vec<Event>,
    /// How many steps a walk takes at most. A hundred million of them take minutes, and gigabytes of memory
    #[arg(long, value_name = "N", default_value_t = MOST_STEPS)]
    steps: usize,
}

fn main() -> anyhow::Result<()> {
    let Args { scopes, without, steps } = Args::parse();
    let mut failures = 0;
    for scope in scope::all() {
        if scopes.is_empty() || scopes.iter().any(|name| name == scope.name) {
            let report = check(scope.without(&without), steps);
            println!("{report}");
            failures += report.failures().len();
        }
    }
    if failures > 0 {
        bail!("{failures} things are not as they should be");
    }
    Ok(())
}

/// The names of all scopes.
fn scopes() -> PossibleValuesParser {
    PossibleValuesParser::new(scope::all().iter().map(|scope| scope.name))
}

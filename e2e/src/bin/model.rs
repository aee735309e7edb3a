//! `cargo xtask model`: walks through all states of the model of the marketplace, or of the scopes that are named.
#![expect(clippy::print_stdout, reason = "a command-line tool prints")]

use std::env;

use anyhow::bail;
use e2e::model::{report::check, scope};

fn main() -> anyhow::Result<()> {
    let wanted: Vec<String> = env::args().skip(1).collect();
    let mut failures = 0;
    for scope in scope::all() {
        if wanted.is_empty() || wanted.iter().any(|name| name == scope.name) {
            let report = check(scope);
            println!("{report}");
            failures += report.failures().len();
        }
    }
    if failures > 0 {
        bail!("{failures} things are not as they should be");
    }
    Ok(())
}

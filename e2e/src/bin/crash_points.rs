//! `cargo xtask crash-points`: every service dies at every failpoint that it passes, in every flow.
#![expect(clippy::print_stdout, reason = "a command-line tool prints")]

use std::{env, process::ExitCode, time::Instant};

use anyhow::{Context as _, bail};
use e2e::crash_points::{Crews, Tally, all_cells, run};

/// As many at once as two cores can stand; most of the time is spent waiting.
const CREWS: Crews =
    Crews { patient: &["patient-1", "patient-2", "patient-3"], hasty: &["hasty-1", "hasty-2", "hasty-3"] };

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [depth, only] = args.as_slice() else {
        bail!("usage: crash_points <depth> <part of a line, or nothing>")
    };
    let depth = depth.parse().context("read how many passes of each point are tried")?;
    let mut cells = all_cells(depth);
    cells.retain(|cell| cell.to_string().contains(only.as_str()));
    println!("{} deaths are to be survived", cells.len());
    let started = Instant::now();
    let reports = run(&cells, CREWS, |report| println!("{report}")).await;
    let tally = Tally::of(&reports);
    println!("\n{tally}\nin {} s", started.elapsed().as_secs());
    Ok(if tally.broken() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

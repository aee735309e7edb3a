//! `cargo xtask torture`: breaks a whole marketplace for a while and tells whether every promise was kept.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, builder::PossibleValuesParser};
use common::control::Control;
use e2e::torture::{self, Options};

/// How to torture it.
#[derive(Debug, Parser)]
struct Args {
    /// For how many minutes things break
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// The number that the choice of the faults follows from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// For how many seconds nothing breaks at first
    #[arg(long, default_value_t = 30)]
    calm_secs: u64,
    /// How many buyers there are
    #[arg(long, default_value_t = 40)]
    buyers: usize,
    /// How many sellers there are
    #[arg(long, default_value_t = 6)]
    sellers: usize,
    /// How many seconds a buyer has to pay
    #[arg(long, default_value_t = 8)]
    hold_secs: u64,
    /// How many seconds after the last fault something may still be under way
    #[arg(long, default_value_t = 60)]
    rest_secs: u64,
    /// How many seconds a fresh purchase may take at the end
    #[arg(long, default_value_t = 5)]
    fresh_secs: u64,
    /// Only faults of this kind; may be given several times
    #[arg(long, value_name = "KIND")]
    only: Vec<String>,
    /// Let the services make this mistake; succeeds if a promise is found to be broken. Needs services that
    /// were built with the feature `controls`
    #[arg(long, value_name = "NAME", value_parser = controls())]
    control: Option<String>,
    /// Where the report and the history go
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]
fn main() -> ExitCode {
    let args = Args::parse();
    let options = Options {
        faulty: Duration::from_mins(args.minutes),
        calm: Duration::from_secs(args.calm_secs),
        seed: args.seed,
        buyers: args.buyers,
        sellers: args.sellers,
        hold: Duration::from_secs(args.hold_secs),
        rest: Duration::from_secs(args.rest_secs),
        fresh: Duration::from_secs(args.fresh_secs),
        only: args.only,
        control: args.control.as_deref().and_then(Control::named),
        out: args.out,
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: start the runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let report = runtime.block_on(torture::run(options));
    println!("\n{}", report.to_markdown());
    match report.write() {
        Ok(file) => println!("the report is {}", file.display()),
        Err(error) => eprintln!("error: write the report: {error}"),
    }
    if let Some(control) = report.options.control {
        let word = if report.is_as_expected() { "caught" } else { "MISSED" };
        println!("{word}: {}, which breaks {}", control.name(), control.breaks());
    }
    if report.is_as_expected() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The names of all mistakes.
fn controls() -> PossibleValuesParser {
    PossibleValuesParser::new(Control::ALL.iter().map(|control| control.name()))
}

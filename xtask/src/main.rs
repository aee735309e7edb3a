//! The one door to Stagedoor. See `cargo xtask --help`.

use std::process::ExitCode;

use clap::Parser as _;
use xtask::{cli::Cli, commands};

fn main() -> ExitCode {
    match commands::run(Cli::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

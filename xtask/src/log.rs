//! One merged log: every line says who speaks, in that speaker's colour. Colours are left out when
//! nobody looks (no terminal) and when `NO_COLOR` is set. Whole logs are kept in files besides, since
//! the servers say more than a person wants to read.

pub mod file;
pub mod grammar;

use std::{
    env,
    io::{self, IsTerminal as _, Write as _},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::clock;

const RESET: &str = "\x1b[0m";
const DIM: &str = "\x1b[2m";

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

/// Where the merged log goes.
#[derive(Debug, Clone)]
pub struct Log {
    sink: Arc<Sink>,
}

#[derive(Debug)]
enum Sink {
    Terminal { coloured: bool, only_trouble: AtomicBool },
    Nowhere,
}

const SELF: &str = "stagedoor";

impl Log {
    /// Standard output.
    pub fn stdout() -> Self {
        Self {
            sink: Arc::new(Sink::Terminal {
                coloured: colours_wanted(),
                only_trouble: AtomicBool::new(false),
            }),
        }
    }

    /// Nothing is shown; the files under `.stagedoor/` still hold it all. For tests.
    pub fn quiet() -> Self {
        Self { sink: Arc::new(Sink::Nowhere) }
    }

    /// What xtask itself has to say.
    pub fn say(&self, text: impl AsRef<str>) {
        self.line(SELF, Level::Info, text.as_ref());
    }

    /// What xtask says when something is not as it should be, but it goes on.
    pub fn warn(&self, text: impl AsRef<str>) {
        self.line(SELF, Level::Warn, text.as_ref());
    }

    /// Leaves out what the others say, unless it is a warning or worse, until told otherwise.
    pub fn show_only_trouble(&self, only: bool) {
        if let Sink::Terminal { only_trouble, .. } = &*self.sink {
            only_trouble.store(only, Ordering::Relaxed);
        }
    }

    /// One line of one speaker.
    pub fn line(&self, who: &str, level: Level, text: &str) {
        let Sink::Terminal { coloured, ref only_trouble } = *self.sink else { return };
        if level < Level::Warn && who != SELF && only_trouble.load(Ordering::Relaxed) {
            return;
        }
        let time = clock::time_of_day(clock::now_secs());
        let line = if coloured {
            let (name, tone) = (colour_of(who), tone_of(level));
            format!("{DIM}{time}{RESET} {name}{who:>15}{RESET} {tone}{text}{RESET}\n")
        } else {
            format!("{time} {who:>15} {}{text}\n", word_for(level))
        };
        // A closed terminal is no reason to stop what runs.
        let _ = io::stdout().lock().write_all(line.as_bytes());
    }
}

/// Whether standard output is a terminal whose owner has not asked for no colours.
pub fn colours_wanted() -> bool {
    io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

fn colour_of(who: &str) -> &'static str {
    match who {
        SELF => "\x1b[1;37m",
        "auth" => "\x1b[36m",
        "tickets" => "\x1b[32m",
        "orders" => "\x1b[33m",
        "expiration" => "\x1b[35m",
        "payments" => "\x1b[34m",
        "sandbox-gateway" => "\x1b[94m",
        _ => "\x1b[90m",
    }
}

fn tone_of(level: Level) -> &'static str {
    match level {
        Level::Debug => DIM,
        Level::Info => "",
        Level::Warn => "\x1b[33m",
        Level::Error => "\x1b[1;31m",
    }
}

fn word_for(level: Level) -> &'static str {
    match level {
        Level::Debug | Level::Info => "",
        Level::Warn => "warning: ",
        Level::Error => "error: ",
    }
}

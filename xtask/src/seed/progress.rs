//! A bar on a terminal, a line now and then elsewhere.

use std::{
    io::{self, IsTerminal as _, Write as _},
    sync::atomic::{AtomicUsize, Ordering},
};

const WIDTH: usize = 30;

/// How far something has come.
#[derive(Debug)]
pub struct Progress {
    what: &'static str,
    total: usize,
    done: AtomicUsize,
    on_terminal: bool,
}

impl Progress {
    /// Nothing is done yet.
    pub fn new(what: &'static str, total: usize) -> Self {
        Self { what, total, done: AtomicUsize::new(0), on_terminal: io::stdout().is_terminal() }
    }

    /// One more is done.
    pub fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let mut stdout = io::stdout().lock();
        // A closed terminal is no reason to stop.
        let _ = if self.on_terminal {
            write!(stdout, "\r{}", bar(self.what, done, self.total)).and_then(|()| stdout.flush())
        } else if done.is_multiple_of((self.total / 4).max(1)) {
            writeln!(stdout, "{}", bar(self.what, done, self.total))
        } else {
            Ok(())
        };
    }

    /// Nothing more comes.
    pub fn end(&self) {
        if self.on_terminal {
            println!();
        }
    }
}

fn bar(what: &str, done: usize, total: usize) -> String {
    let full = (WIDTH * done).checked_div(total).unwrap_or(WIDTH).min(WIDTH);
    format!("[{}{}] {done} of {total} {what}", "=".repeat(full), " ".repeat(WIDTH - full))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_full_when_all_is_done() {
        assert_eq!(bar("shows", 3, 3), format!("[{}] 3 of 3 shows", "=".repeat(30)));
        assert_eq!(bar("shows", 0, 0), format!("[{}] 0 of 0 shows", "=".repeat(30)));
    }
}

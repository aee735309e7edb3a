//! What an xtask that was killed may have left running. Each child has a record with its process id and
//! the moment it started, as the kernel counts it; together with the boot they name one process for all
//! time, so that nobody else's process is ever signalled for having got the same number.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use crate::log::Log;

/// How long a leftover may take to stop before it is killed.
const STOP_BOUND: Duration = Duration::from_secs(15);

/// The record of one running child.
#[derive(Debug)]
pub struct Record {
    file: PathBuf,
}

/// A process, named so that it cannot be mistaken for a later one with the same id.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity {
    pid: u32,
    started: u64,
    boot: String,
}

impl Record {
    /// Records a process that was just started.
    pub fn write(file: &Path, pid: u32) -> Result<Self> {
        if let Some(identity) = Identity::of(pid) {
            let Identity { pid, started, boot } = identity;
            fs::write(file, format!("{pid} {started} {boot}\n"))
                .with_context(|| format!("record a process in {}", file.display()))?;
        }
        Ok(Self { file: file.to_path_buf() })
    }

    /// The process has ended.
    pub fn remove(&self) {
        // A record without a process does no harm: it is verified before it is used.
        let _ = fs::remove_file(&self.file);
    }
}

impl Identity {
    fn of(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        Some(Self { pid, started: start_of(&stat)?, boot: boot.trim().to_owned() })
    }

    fn parse(record: &str) -> Option<Self> {
        let mut words = record.split_whitespace();
        let pid = words.next()?.parse().ok()?;
        let started = words.next()?.parse().ok()?;
        Some(Self { pid, started, boot: words.next()?.to_owned() })
    }

    fn lives(&self) -> bool {
        Self::of(self.pid).as_ref() == Some(self)
    }
}

/// Whether the process of a record still runs, and its id.
pub fn living(file: &Path) -> Option<u32> {
    let identity = Identity::parse(&fs::read_to_string(file).ok()?)?;
    identity.lives().then_some(identity.pid)
}

/// Stops every process that a directory's records name and that still runs, and says so.
pub fn stop_all(dir: &Path, log: &Log) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    let records = entries.flatten().map(|entry| entry.path());
    for file in records.filter(|file| file.extension().is_some_and(|ext| ext == "pid")) {
        if let Some(pid) = living(&file) {
            let name = file.file_stem().unwrap_or_default().to_string_lossy();
            log.warn(format!("stopping {name} (process {pid}), which an earlier start left running"));
            stop(pid, &file);
        }
        // A record whose process is gone says nothing any more.
        let _ = fs::remove_file(&file);
    }
}

fn stop(pid: u32, file: &Path) {
    let Ok(group) = i32::try_from(pid).map(Pid::from_raw) else { return };
    let deadline = Instant::now() + STOP_BOUND;
    // Fails only if it has ended meanwhile.
    let _ = killpg(group, Signal::SIGTERM);
    while living(file).is_some() {
        if Instant::now() > deadline {
            // Nothing can refuse this.
            let _ = killpg(group, Signal::SIGKILL);
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// The 22nd field of `/proc/<pid>/stat`. The second is the name, in parentheses, and may hold anything; the
/// third is the state, and one that has ended (Z), though nobody has asked how, runs no more.
fn start_of(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(") ")?;
    let mut fields = after_name.split(' ');
    let state = fields.next()?;
    if state == "Z" { None } else { fields.nth(18)?.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_is_read_even_when_the_name_has_parentheses_and_blanks() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 123456 1 1";
        assert_eq!(start_of(stat), Some(123_456));
        assert_eq!(start_of(&stat.replace(") S", ") Z")), None);
    }

    #[test]
    fn a_record_names_one_process_only() {
        let me = Identity::of(std::process::id()).unwrap();
        assert!(me.lives());
        let successor = Identity { started: me.started + 1, ..me.clone() };
        assert!(!successor.lives());
        let before_the_boot = Identity { boot: "another".to_owned(), ..me };
        assert!(!before_the_boot.lives());
    }
}

//! Processes that xtask starts, and that never outlive it.
//!
//! Each has a process group of its own, so that Ctrl-C in a terminal reaches xtask alone and xtask
//! decides in which order things stop. Should xtask itself be killed, the kernel ends the children
//! (`setpriv --pdeathsig`, where util-linux has it), and what is left nevertheless is found by its
//! record at the next start ([`crate::leftovers`]).

pub mod foreground;
mod spawner;

use std::{
    fmt,
    io::{BufRead as _, BufReader, Read},
    path::PathBuf,
    process::{Child, Command, ExitStatus},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use self::spawner::Voice;
use crate::{
    leftovers::Record,
    log::{Log, file::LogFile, grammar::Grammar},
    workspace::make_dir,
};

const POLL: Duration = Duration::from_millis(20);

/// A longer line of a log is shown and kept in pieces.
const MAX_LINE_BYTES: u64 = 64 << 10;

/// What to run, and where its log and its record go.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Who speaks, in the merged log.
    pub name: String,
    /// The program; an absolute path, or a name on PATH.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its variables, besides those of xtask.
    pub env: Vec<(String, String)>,
    /// How its log is read.
    pub grammar: Grammar,
    /// The directory that gets `<name>.log` and `<name>.pid`.
    pub dir: PathBuf,
}

/// A running child, or one that has ended. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    spec: Spec,
    child: Child,
    record: Record,
    log: Log,
    ended: Option<ExitStatus>,
}

/// How a process came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// By itself or when asked to.
    InTime(ExitStatus),
    /// It had to be killed.
    Killed,
}

impl Spec {
    /// The file that has the whole log.
    pub fn log_file(&self) -> PathBuf {
        self.dir.join(format!("{}.log", self.name))
    }

    fn record_file(&self) -> PathBuf {
        self.dir.join(format!("{}.pid", self.name))
    }
}

impl Process {
    /// Starts the program; says nothing about whether it is ready.
    pub fn start(spec: Spec, log: &Log) -> Result<Self> {
        make_dir(&spec.dir)?;
        let mut command = Command::new(&spec.program);
        command.args(&spec.args).envs(spec.env.iter().cloned());
        let mut child = spawner::spawn(&command, Voice::Captured)
            .with_context(|| format!("start {} ({})", spec.name, spec.program.display()))?;
        let file = Arc::new(Mutex::new(LogFile::begin(&spec.log_file())?));
        if let Some(stdout) = child.stdout.take() {
            forward(stdout, &spec, log, Arc::clone(&file));
        }
        if let Some(stderr) = child.stderr.take() {
            forward(stderr, &spec, log, file);
        }
        let record = Record::write(&spec.record_file(), child.id())?;
        Ok(Self { spec, child, record, log: log.clone(), ended: None })
    }

    /// Its name in the merged log.
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// What it was started from.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Its process id, which is also that of its group.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none()
            && let Ok(Some(status)) = self.child.try_wait()
        {
            self.ended = Some(status);
            // What it started itself must not go on without it.
            self.signal_group(Signal::SIGKILL);
            self.record.remove();
        }
        self.ended
    }

    /// Asks it to stop (SIGTERM) and goes on at once.
    pub fn ask_to_stop(&mut self) {
        if self.ended().is_none() {
            self.signal_group(Signal::SIGTERM);
        }
    }

    /// Asks it to stop, and kills it if it still runs after the bound.
    pub fn stop(&mut self, bound: Duration) -> Ended {
        self.ask_to_stop();
        self.wait_until(Instant::now() + bound)
    }

    /// Waits for its end, and kills it at the deadline.
    pub fn wait_until(&mut self, deadline: Instant) -> Ended {
        loop {
            if let Some(status) = self.ended() {
                return Ended::InTime(status);
            }
            if Instant::now() >= deadline {
                self.kill();
                return Ended::Killed;
            }
            thread::sleep(POLL);
        }
    }

    /// Kills it and all it started (SIGKILL), as a power cut would.
    pub fn kill(&mut self) {
        if self.ended.is_none() {
            self.signal_group(Signal::SIGKILL);
            self.ended = self.child.wait().ok();
            self.record.remove();
        }
    }

    /// Lets it stand still (SIGSTOP), as a machine that is out of breath would: its connections stay open,
    /// and nobody answers.
    pub fn pause(&self) {
        self.signal_group(Signal::SIGSTOP);
    }

    /// Lets it go on (SIGCONT).
    pub fn resume(&self) {
        self.signal_group(Signal::SIGCONT);
    }

    /// Starts it again, after it has ended or by killing it.
    pub fn start_again(&mut self) -> Result<()> {
        self.kill();
        *self = Self::start(self.spec.clone(), &self.log)?;
        Ok(())
    }

    fn signal_group(&self, signal: Signal) {
        if let Ok(pid) = i32::try_from(self.child.id()) {
            // Fails only if nothing is left to signal.
            let _ = killpg(Pid::from_raw(pid), signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InTime(status) => status.fmt(f),
            Self::Killed => f.write_str("killed"),
        }
    }
}

/// Copies a stream of a child into its file and, as far as its grammar wants it shown, the merged log.
fn forward(stream: impl Read + Send + 'static, spec: &Spec, log: &Log, file: Arc<Mutex<LogFile>>) {
    let (name, grammar, log) = (spec.name.clone(), spec.grammar, log.clone());
    thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut bytes = Vec::new();
        while matches!(reader.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut bytes), Ok(1..)) {
            let text = String::from_utf8_lossy(&bytes);
            let line = text.trim_end();
            // A full disk must not end the child for want of a reader.
            let _ = file.lock().unwrap_or_else(PoisonError::into_inner).write(line);
            if let Some((level, shown)) = grammar.read(line) {
                log.line(&name, level, &shown);
            }
            bytes.clear();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(name: &str, script: &str) -> Spec {
        Spec {
            name: name.to_owned(),
            program: "/bin/sh".into(),
            args: vec!["-c".to_owned(), script.to_owned()],
            env: Vec::new(),
            grammar: Grammar::Plain,
            dir: std::env::temp_dir().join(format!("stagedoor-children-{}-{name}", std::process::id())),
        }
    }

    #[test]
    fn a_child_that_ignores_the_request_to_stop_is_killed_after_the_bound() {
        let spec = shell("stubborn", "trap '' TERM; echo up; while :; do sleep 1; done");
        let (dir, file) = (spec.dir.clone(), spec.log_file());
        let mut process = Process::start(spec, &Log::quiet()).unwrap();
        while !std::fs::read_to_string(&file).unwrap().contains("up") {
            thread::sleep(POLL);
        }
        assert_eq!(process.stop(Duration::from_millis(200)), Ended::Killed);
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_child_that_was_paused_does_nothing_until_it_is_resumed() {
        let spec = shell("sleeper", "trap 'exit 7' TERM; echo up; while :; do sleep 0.01; done");
        let (dir, file) = (spec.dir.clone(), spec.log_file());
        let mut process = Process::start(spec, &Log::quiet()).unwrap();
        while !std::fs::read_to_string(&file).unwrap().contains("up") {
            thread::sleep(POLL);
        }
        process.pause();
        process.ask_to_stop();
        thread::sleep(POLL * 5);
        assert!(process.ended().is_none());
        process.resume();
        let bound = Instant::now() + Duration::from_secs(10);
        assert!(matches!(process.wait_until(bound), Ended::InTime(status) if status.code() == Some(7)));
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_child_can_be_started_again_after_it_ended() {
        let spec = shell("short", "exit 3");
        let dir = spec.dir.clone();
        let mut process = Process::start(spec, &Log::quiet()).unwrap();
        let bound = || Instant::now() + Duration::from_secs(10);
        assert!(matches!(process.wait_until(bound()), Ended::InTime(status) if status.code() == Some(3)));
        process.start_again().unwrap();
        assert!(matches!(process.wait_until(bound()), Ended::InTime(status) if status.code() == Some(3)));
        std::fs::remove_dir_all(dir).unwrap();
    }
}

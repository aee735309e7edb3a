//! A command that xtask waits for: cargo, mostly. What it prints is looked at line by line; it and all
//! that it started are stopped when xtask is asked to stop.

use std::{
    io::{BufRead as _, BufReader, Read},
    process::{Child, Command, ExitStatus},
    sync::mpsc::{Receiver, RecvTimeoutError, sync_channel},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use super::spawner::{self, Voice};
use crate::signals::Stop;

const POLL: Duration = Duration::from_millis(50);

/// How long what a command left behind may go on holding its output.
const DRAIN_BOUND: Duration = Duration::from_secs(2);

/// Runs a command to its end, at most for so long, and hands over each line of its output.
pub fn run(
    command: &Command,
    bound: Duration,
    stop: &Stop,
    mut each_line: impl FnMut(&str),
) -> Result<ExitStatus> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = spawner::spawn(command, Voice::Foreground).with_context(|| format!("start {name}"))?;
    let output = child.stdout.take().context("take the output of a command")?;
    let lines = lines_of(output);
    let watched = watch(&mut child, &lines, Instant::now() + bound, stop, &mut each_line);
    // What it started itself must not go on without it, whichever way it ended.
    signal(&child, Signal::SIGKILL);
    let status = child.wait().with_context(|| format!("wait for {name}"))?;
    watched?;
    let deadline = Instant::now() + DRAIN_BOUND;
    while let Ok(line) = lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        each_line(&line);
    }
    Ok(status)
}

fn watch(
    child: &mut Child,
    lines: &Receiver<String>,
    deadline: Instant,
    stop: &Stop,
    each_line: &mut impl FnMut(&str),
) -> Result<()> {
    loop {
        match lines.recv_timeout(POLL) {
            Ok(line) => each_line(&line),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => thread::sleep(POLL),
        }
        if stop.is_requested() {
            signal(child, Signal::SIGTERM);
            thread::sleep(POLL * 4);
            bail!("stopped");
        }
        if Instant::now() > deadline {
            bail!("it takes too long");
        }
        if child.try_wait().context("wait for a command")?.is_some() {
            return Ok(());
        }
    }
}

fn signal(child: &Child, signal: Signal) {
    if let Ok(pid) = i32::try_from(child.id()) {
        // Fails only if nothing is left to signal.
        let _ = killpg(Pid::from_raw(pid), signal);
    }
}

fn lines_of(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = sync_channel(256);
    thread::spawn(move || {
        let mut reader = BufReader::new(output);
        let mut bytes = Vec::new();
        while matches!(reader.read_until(b'\n', &mut bytes), Ok(1..)) {
            let line = String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']).to_owned();
            if sender.send(line).is_err() {
                return;
            }
            bytes.clear();
        }
    });
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn every_line_arrives_in_order_and_so_does_the_status() {
        let mut lines = Vec::new();
        let bound = Duration::from_secs(30);
        let status =
            run(&shell("echo a; echo b; exit 4"), bound, &Stop::never(), |line| lines.push(line.to_owned()));
        assert_eq!(status.unwrap().code(), Some(4));
        assert_eq!(lines, ["a", "b"]);
    }

    #[test]
    fn a_command_that_takes_too_long_is_ended() {
        let ended = run(&shell("sleep 60"), Duration::from_millis(200), &Stop::never(), |_| {});
        assert_eq!(ended.unwrap_err().to_string(), "it takes too long");
    }
}

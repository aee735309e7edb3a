//! The kernel ends a child when the *thread* that started it ends, so that one thread, which lives as
//! long as xtask (or the test that uses this library), starts them all.

use std::{
    io,
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        mpsc::{SyncSender, sync_channel},
    },
    thread,
};

use crate::workspace::which;

type Request = (Command, SyncSender<io::Result<Child>>);

/// Where what a child says goes.
#[derive(Debug, Clone, Copy)]
pub enum Voice {
    /// Both its streams come to us.
    Captured,
    /// Its output comes to us; its errors and its progress bar go where ours go.
    Foreground,
}

/// Starts a command in a process group of its own, which ends when this process does.
pub fn spawn(command: &Command, voice: Voice) -> io::Result<Child> {
    static SPAWNER: OnceLock<SyncSender<Request>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (sender, requests) = sync_channel::<Request>(1);
        thread::spawn(move || {
            for (mut command, answer) in requests {
                // Whoever asked may have gone; then dropping the answer is right.
                let _ = answer.send(command.spawn());
            }
        });
        sender
    });
    let (answer, answered) = sync_channel(1);
    let mut command = tied_to_us(command);
    command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped());
    command.stderr(match voice {
        Voice::Captured => Stdio::piped(),
        Voice::Foreground => Stdio::inherit(),
    });
    spawner.send((command, answer)).map_err(io::Error::other)?;
    answered.recv().map_err(io::Error::other)?
}

/// Puts `setpriv --pdeathsig TERM` in front, which executes the program in its own place.
fn tied_to_us(command: &Command) -> Command {
    static SETPRIV: OnceLock<bool> = OnceLock::new();
    let mut tied = if *SETPRIV.get_or_init(setpriv_works) {
        let mut setpriv = Command::new("setpriv");
        setpriv.args(["--pdeathsig", "TERM", "--"]).arg(command.get_program());
        setpriv
    } else {
        Command::new(command.get_program())
    };
    tied.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => tied.env(name, value),
            None => tied.env_remove(name),
        };
    }
    if let Some(dir) = command.get_current_dir() {
        tied.current_dir(dir);
    }
    tied
}

fn setpriv_works() -> bool {
    let Some(setpriv) = which("setpriv") else { return false };
    let tried =
        Command::new(setpriv).args(["--pdeathsig", "TERM", "--", "true"]).stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}

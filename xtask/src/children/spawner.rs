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

/// Starts a command in a process group of its own, which ends when this process does.
pub fn spawn(command: Command) -> io::Result<Child> {
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
    command.process_group(0);
    spawner.send((command, answer)).map_err(io::Error::other)?;
    answered.recv().map_err(io::Error::other)?
}

/// Puts `setpriv --pdeathsig TERM` in front, which executes the program in its own place.
fn tied_to_us(command: Command) -> Command {
    static SETPRIV: OnceLock<bool> = OnceLock::new();
    if !*SETPRIV.get_or_init(setpriv_works) {
        return with_pipes(command);
    }
    let mut tied = Command::new("setpriv");
    tied.args(["--pdeathsig", "TERM", "--"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => tied.env(name, value),
            None => tied.env_remove(name),
        };
    }
    if let Some(dir) = command.get_current_dir() {
        tied.current_dir(dir);
    }
    with_pipes(tied)
}

fn with_pipes(mut command: Command) -> Command {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn setpriv_works() -> bool {
    let Some(setpriv) = which("setpriv") else { return false };
    let tried =
        Command::new(setpriv).args(["--pdeathsig", "TERM", "--", "true"]).stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}

//! What a run leaves behind: nothing that runs, and files only if it failed.

use std::{
    io::Write as _,
    os::unix::process::CommandExt as _,
    panic,
    path::{Path, PathBuf},
    process::{ChildStdin, Command, Stdio},
    sync::{
        LazyLock,
        atomic::{AtomicBool, Ordering},
    },
};

use xtask::workspace::{Workspace, make_dir};

/// Waits until this process is gone, however it ended: the pipe closes then. Kills what it had started,
/// going by the records that lie beside the logs, and deletes everything unless it was told to keep it.
const KEEPER: &str = r#"
word=$(cat)
for record in "$1"/*/*.pid; do
    [ -f "$record" ] && read -r pid _ < "$record" && kill -9 -- "-$pid"
done
grep -o " $1/[^ ]*" /proc/mounts | while read -r disk; do umount -l "$disk"; done
[ -n "$word" ] && exit
for _ in 1 2 3 4 5; do rm -rf "$1" && exit; sleep 1; done
"#;

/// What this run leaves behind. It is there to the end of the process, and so is the pipe to the keeper.
static REMAINS: LazyLock<Remains> = LazyLock::new(|| {
    let dir = Workspace::here().test_run("e2e");
    make_dir(&dir).expect("make the directory of the run");
    let keeper = start_keeper(&dir);
    keep_files_after_a_panic();
    Remains { dir, keeper, told: AtomicBool::new(false) }
});

struct Remains {
    /// Named after this process, so that `cargo xtask test` sees when it is a dead one's.
    dir: PathBuf,
    keeper: ChildStdin,
    told: AtomicBool,
}

/// The directory of this run.
pub fn dir() -> &'static Path {
    &REMAINS.dir
}

/// Lets the logs and data of this run stay when it ends, and says where they are.
pub fn keep() {
    let Remains { dir, keeper, told } = &*REMAINS;
    let mut keeper = keeper;
    if !told.swap(true, Ordering::Relaxed) && keeper.write_all(b"keep").is_ok() {
        eprintln!("the logs of this run are in {}", dir.display());
    }
}

fn start_keeper(dir: &Path) -> ChildStdin {
    let mut keeper = Command::new("sh");
    keeper.args(["-c", KEEPER, "keeper"]).arg(dir);
    // A group of its own: Ctrl-C is for the tests, and the keeper has yet to tidy up after them.
    keeper.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    keeper.spawn().expect("start the keeper").stdin.take().expect("a pipe to the keeper")
}

fn keep_files_after_a_panic() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        usual(info);
        keep();
    }));
}

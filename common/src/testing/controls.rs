//! Proves that what can be caught is caught: runs the test that is to catch a [`Control`] in a process that
//! makes the mistake, and sees it fail for the right reason.

#![expect(clippy::print_stdout, reason = "the table is what one wants to read")]

use std::{
    collections::BTreeSet,
    env, fs,
    io::{Read as _, Seek as _},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::control::{Control, VARIABLE};

/// How long one test may take. One that does not end has not said why, so it has caught nothing.
const BOUND: Duration = Duration::from_mins(2);
/// How often is looked whether it has ended.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How a run of some tests of this binary ended.
struct Run {
    passed: bool,
    output: String,
    took: Duration,
}

/// Checks all controls that the tests of this package catch: without a mistake the tests pass, with it the
/// one that is to catch it fails and says so. Prints who caught what, and how fast.
///
/// # Panics
/// When a control is not caught, and when a test fails without one.
pub fn check(package: &str) {
    let controls: Vec<_> =
        Control::ALL.iter().filter(|control| control.catcher().package == package).collect();
    let tests: BTreeSet<_> = controls.iter().map(|control| control.catcher().test).collect();
    let sound = run(&tests, "none");
    let all_passed = format!("{} passed", tests.len());
    assert!(sound.passed && sound.output.contains(&all_passed), "without a mistake:\n{}", sound.output);
    let mut missed = Vec::new();
    for control in controls {
        let catcher = control.catcher();
        let broken = run(&[catcher.test].into(), control.name());
        let caught = !broken.passed && broken.output.contains(catcher.says);
        let (name, breaks, secs) = (control.name(), control.breaks(), broken.took.as_secs_f64());
        let word = if caught { "caught" } else { "MISSED" };
        println!("{word} {name:<22} {breaks:<4} {secs:>5.1} s by {package} {}", catcher.test);
        if !caught {
            missed.push(format!("{name}: no {:?} in\n{}", catcher.says, broken.output));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n\n"));
}

/// Runs these tests of this binary in a process that makes this mistake.
fn run(tests: &BTreeSet<&str>, mistake: &str) -> Run {
    let started = Instant::now();
    let mut output = tempfile::tempfile().expect("a file for the output");
    let into = || Stdio::from(fs::File::try_clone(&output).expect("another handle"));
    let mut command = Command::new(env::current_exe().expect("the path of this binary"));
    command.arg("--exact").args(tests).env(VARIABLE, mistake).env("RUST_BACKTRACE", "0");
    let mut child = command.stdout(into()).stderr(into()).spawn().expect("start the tests");
    let ended = loop {
        match child.try_wait().expect("look after the tests") {
            Some(status) => break status,
            None if started.elapsed() > BOUND => {
                child.kill().expect("end the tests");
                break child.wait().expect("the end of the tests");
            }
            None => thread::sleep(LOOK_EVERY),
        }
    };
    let mut text = Vec::new();
    output.rewind().expect("the beginning of the output");
    output.read_to_end(&mut text).expect("the output");
    let output = String::from_utf8_lossy(&text).into_owned();
    Run { passed: ended.success(), output, took: started.elapsed() }
}

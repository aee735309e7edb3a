//! The tour in the README, as printed.

use std::{fs, process::Stdio, time::Duration};

use e2e::market::alone_on_a_market;

/// Five minutes for a person, seconds for a shell.
const BOUND: Duration = Duration::from_secs(90);

#[test]
fn the_tour_of_the_readme_ends_with_a_pass() {
    alone_on_a_market(async |market| {
        let seller = market.sign_up().await;
        market.list_seats(&seller, 4, 12_500).await;
        let said = run(&script(), &market.site.address()).await;
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines[lines.len() - 2], "authorized", "{said}");
        let code = lines[lines.len() - 1];
        assert!(code.len() > 40 && !code.contains(' '), "no code of a pass: {said}");
    });
}

/// The one shell script that the README holds.
fn script() -> String {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap();
    let (_, rest) = readme.split_once("```sh\n").expect("the README has a tour");
    rest.split_once("```").expect("the tour ends").0.to_owned()
}

async fn run(script: &str, address: &str) -> String {
    let mut bash = tokio::process::Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", script]).env("API", address);
    bash.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let finished = tokio::time::timeout(BOUND, bash.output()).await.expect("the tour ends in time").unwrap();
    let said = String::from_utf8_lossy(&finished.stdout).into_owned();
    let errors = String::from_utf8_lossy(&finished.stderr);
    assert!(finished.status.success(), "the tour stops: {said}\n{errors}");
    said
}

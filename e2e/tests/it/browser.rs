//! The journeys of people in a real Chromium: the tests in `client/e2e`, on a marketplace of their own.
//!
//! `JOURNEYS=<words>` takes only those whose title has these words. `SCREENSHOTS=1` and `LIGHTHOUSE=1` do what
//! `client/README.md` says.

mod switch;

use std::{
    env,
    process::{Command, Stdio},
    time::Duration,
};

use e2e::market::{ADMIN_EMAIL, ADMIN_PASSWORD, on_a_market_with_pages};
use switch::Switch;
use tokio::{io::AsyncReadExt as _, select, time::timeout};
use xtask::workspace::{Workspace, which};

/// All journeys together take minutes on a busy machine.
const BOUND: Duration = Duration::from_mins(15);

#[test]
fn people_reach_what_they_came_for() {
    on_a_market_with_pages(async |market| {
        market.machinery.start_client().expect("start the client");
        let port = market.machinery.ports().ingress;
        let switch = Switch::open().await;
        let mut playwright = Command::new(which("node").expect("node"));
        playwright
            .args(["node_modules/@playwright/test/cli.js", "test", "--grep"])
            .arg(env::var("JOURNEYS").unwrap_or_default())
            .current_dir(Workspace::here().client())
            .env("STAGEDOOR_ORIGIN", format!("http://stagedoor.localhost:{port}"))
            .env("STAGEDOOR_API", format!("http://127.0.0.1:{port}"))
            .env("STAGEDOOR_SWITCH", switch.port().to_string())
            .env("ADMIN_EMAIL", ADMIN_EMAIL)
            .env("ADMIN_PASSWORD", ADMIN_PASSWORD)
            .env("CHROMIUM", which("chromium").expect("chromium: `cargo xtask test` installs it"))
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        let mut running = tokio::process::Command::from(playwright).kill_on_drop(true).spawn().unwrap();
        let mut told = String::new();
        let mut output = running.stdout.take().unwrap();
        let ended = timeout(BOUND, async {
            output.read_to_string(&mut told).await.unwrap();
            running.wait().await.unwrap()
        });
        let status = select! {
            status = ended => status.expect("the journeys take too long"),
            () = switch.serve(market) => unreachable!("the switch is served for ever"),
        };
        assert!(status.success(), "{told}");
        println!("{told}");
    });
}

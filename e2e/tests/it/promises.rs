//! What the OpenAPI documents promise, the services keep. schemathesis makes requests up from the documents,
//! good ones and bad ones, and sequences of them by following the ids in answers, and judges each answer by
//! the document: no 5xx, no status, media type or shape that is not in it, nothing invalid accepted, nothing
//! answered to who is not signed in.
//!
//! On a marketplace of its own, since everything may be changed and called off. The requests are the same
//! each time; `cargo xtask test promises --examples 500` makes up more of them.

use std::{env, fs, process::Stdio, time::Duration};

use serde_json::json;

use crate::scene::Scene;
use e2e::market::{Market, Person, on_a_market_to_spoil};
use futures::{StreamExt as _, stream};
use xtask::{
    provision::packages::{self, Installed},
    workspace::Workspace,
};

/// How many requests are made up for each route and phase, unless `--examples` says otherwise.
const EXAMPLES: u32 = 12;
/// The number that all requests follow from.
const SEED: &str = "20260401";
/// More than there are cores: who asks for what nobody knows waits, in case that it is on its way.
const RUNS_AT_ONCE: usize = 4;
/// How long one run may take for each example.
const BOUND_PER_EXAMPLE: Duration = Duration::from_mins(1);
/// The ingress answers TRACE itself, and does not know what else a path answers to.
const METHODS_TO_TRY: [&str; 6] = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"];

/// Nor can a schema say that a webhook has to be signed.
const UNSIGNED_WEBHOOKS: &str = r#"
        [[operations]]
        include-path = "/api/payments/webhooks/sandbox"
        checks.positive_data_acceptance.expected-statuses = [204, 400]"#;

/// One service, asked by one person.
struct Run<'a> {
    area: &'static str,
    who: &'static str,
    person: &'a Person,
    /// What the run is about, or must leave alone.
    filter: Option<[&'static str; 2]>,
}

#[test]
fn the_services_keep_what_their_documents_promise() {
    let tool = packages::SCHEMATHESIS.find(&Workspace::here());
    let tool = tool.expect("find schemathesis: `cargo xtask test` installs what is missing");
    on_a_market_to_spoil(async |market| {
        let scene = Scene::set(market).await;
        let (member, visitor) = (market.sign_up().await, market.sign_up().await);
        let sign_out = r"^/api/users/sessions/(current|\{id\})$";
        let run = |area, who, person, filter| Run { area, who, person, filter };
        let runs = [
            run("users", "member", &member, Some(["--exclude-path-regex", sign_out])),
            run("users", "visitor", &visitor, Some(["--include-path-regex", sign_out])),
            run("orders", "buyer", &scene.buyer, None),
            run("orders", "seller", &scene.seller, Some(["--include-method", "GET"])),
            run("payments", "buyer", &scene.buyer, None),
            run("payments", "seller", &scene.seller, Some(["--include-method", "GET"])),
            run("shows", "seller", &scene.seller, None),
            run("shows", "admin", &scene.admin, None),
        ];
        let asked = runs.into_iter().map(|run| ask(&tool, market, &scene, run));
        let cases: Vec<(String, u64)> = stream::iter(asked).buffered(RUNS_AT_ONCE).collect().await;
        assert!(cases.iter().all(|(_, cases)| *cases >= 10), "{cases:?}");
        assert!(cases.iter().map(|(_, cases)| cases).sum::<u64>() > 1_000, "{cases:?}");
    });
}

/// Runs schemathesis; gives the name of the run and how many requests were made up.
async fn ask(tool: &Installed, market: &Market, scene: &Scene, run: Run<'_>) -> (String, u64) {
    let Run { area, who, person, filter } = run;
    let name = format!("{area} by the {who}");
    let examples: u32 = env::var("STAGEDOOR_EXAMPLES").map_or(EXAMPLES, |count| count.parse().unwrap());
    let file = market.machinery.dir().with_extension(format!("{area}-{who}.toml"));
    fs::write(&file, configuration(scene, area, person)).unwrap();

    let mut command = tokio::process::Command::from(tool.command("schemathesis.cli"));
    command.arg("--config-file").arg(&file).args(["--no-color", "run"]);
    command.arg(format!("{}/api/{area}/openapi.json", market.site.address()));
    command.args(["--url", &market.site.address(), "--seed", SEED]);
    // A stream does not end, and this tool waits for the end of an answer.
    command.args(["--exclude-path-regex", "/events$"]);
    // How fast this machine makes requests up is no promise of a document.
    command.args(["--suppress-health-check", "too_slow"]);
    command.args(["--max-examples", &examples.to_string()]).args(filter.into_iter().flatten());
    command.current_dir(market.machinery.dir()).stdin(Stdio::null()).kill_on_drop(true);
    let bound = BOUND_PER_EXAMPLE * examples;
    let output =
        tokio::time::timeout(bound, command.output()).await.expect("schemathesis ends in time").unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    fs::write(file.with_extension("txt"), said.as_bytes()).unwrap();
    assert!(output.status.success(), "{name}: {said}\n{}", String::from_utf8_lossy(&output.stderr));
    (name, cases(&said))
}

/// How the person signs in, which ids there are, and what the documents cannot say.
fn configuration(scene: &Scene, area: &str, person: &Person) -> String {
    let ids: Vec<String> = scene.ids().into_iter().map(|(_, id)| id).collect();
    let (token, ids, methods) = (&person.token, json!(ids), json!(METHODS_TO_TRY));
    // A schema cannot say what the rules of the house, or the place in a list, refuse with 422.
    format!(
        r#"
        continue-on-failure = true
        [auth.openapi.bearer]
        bearer = "{token}"
        [auth.openapi.cookie]
        api_key = "{token}"
        [dictionaries.ids]
        values = {ids}
        [parameters]
        "path.id" = {{ dictionary = "ids", probability = 0.6 }}
        "body.listingId" = {{ dictionary = "ids", probability = 0.9 }}
        "body.orderId" = {{ dictionary = "ids", probability = 0.9 }}
        "body.showId" = {{ dictionary = "ids", probability = 0.9 }}
        [checks.positive_data_acceptance]
        expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 422]
        [phases.coverage]
        unexpected-methods = {methods}
        {}
        "#,
        if area == "payments" { UNSIGNED_WEBHOOKS } else { "" },
    )
}

/// `  413 generated, 410 passed`
fn cases(said: &str) -> u64 {
    let count = |line: &str| line.trim().split_once(" generated, ")?.0.parse().ok();
    said.lines().find_map(count).unwrap_or_default()
}

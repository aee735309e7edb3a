//! The torture instrument itself: a healthy market passes it, and what it is there to find it finds. It is
//! run at length by `cargo xtask torture`.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use bson::{Document, doc};
use e2e::{
    market::{Service, in_quiet, until_within},
    torture::{
        Options,
        fleet::{Fleet, parts::Part},
        history::History,
        observer::Observer,
        verdict::{self, Verdict},
        workload::{self, canary::Canary},
    },
};
use tokio_util::sync::CancellationToken;

/// What the crowd has to have done before it may go home.
const FATES: [(Service, &str, &str); 4] = [
    (Service::Orders, "orders", "completed"),
    (Service::Orders, "orders", "cancelled"),
    (Service::Orders, "orders", "expired"),
    (Service::Payments, "payments", "captured"),
];
/// How long it may take for that, on a machine that has much else to do.
const CROWD_BOUND: Duration = Duration::from_mins(2);

#[test]
fn a_market_that_is_well_passes_and_one_that_forgets_does_not() {
    let _quiet = in_quiet();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let options = options(dir.path());
        let fleet = Arc::new(Fleet::start(&options, Instant::now()).await);
        let history = Arc::new(History::create(&options.out.join("history.jsonl")));
        let observer = Observer::start(&fleet).await;
        let stop = CancellationToken::new();
        let crowd = workload::start(&fleet, &history, &options, stop.clone()).await;
        let canary = Canary::open(&fleet, &history).await;
        until_within(CROWD_BOUND, "an order of each fate", async || every_fate(&fleet).await).await;
        fleet.kill(Part::Nats);
        fleet.heal().await;
        assert!(canary.sing().await.is_some());
        stop.cancel();
        crowd.finish().await;
        let judge = async |options| verdict::judge(&fleet, &history, &observer, &canary, options).await;

        let well = judge(&options).await;
        assert_eq!(well.violations, Vec::<String>::new());
        let seen = |what| well.extent.iter().any(|(name, count)| *name == what && *count > 0);
        assert!(seen("promises to clients") && seen("orders observed"), "{:?}", well.extent);

        forget(&fleet, Service::Orders, "orders", "cancelled").await;
        forget(&fleet, Service::Payments, "payments", "captured").await;
        // What is gone never comes to rest.
        let forgetful = judge(&Options { rest: Duration::from_secs(2), ..options.clone() }).await;
        for id in ["D1", "L8", "S5"] {
            assert!(finds(&forgetful, id), "{id}: {:?}", forgetful.violations);
        }
    });
}

async fn every_fate(fleet: &Fleet) -> Result<(), String> {
    for (service, collection, status) in FATES {
        let collection = fleet.mongodb.database(service.name()).collection::<Document>(collection);
        let found = collection.find_one(doc! { "state.status": status }).await;
        if found.map_err(|why| why.to_string())?.is_none() {
            return Err(format!("nothing is {status} yet"));
        }
    }
    Ok(())
}

fn options(out: &Path) -> Options {
    Options {
        faulty: Duration::ZERO,
        calm: Duration::ZERO,
        seed: 1,
        buyers: 12,
        sellers: 2,
        // Longer than in a torture: on a machine that has much else to do a purchase took ten seconds, and a hold that
        // is shorter than a purchase lets nobody buy, however well everything is.
        hold: Duration::from_secs(20),
        rest: Duration::from_mins(1),
        // Likewise: it is whether one can buy that is asked here, and not how fast.
        fresh: Duration::from_mins(1),
        only: Vec::new(),
        control: None,
        out: out.to_path_buf(),
    }
}

/// Takes one aggregate in this state out of the books, past everything that would notice.
#[expect(clippy::disallowed_methods, reason = "it is what must never happen")]
async fn forget(fleet: &Fleet, service: Service, collection: &str, status: &str) {
    let collection = fleet.mongodb.database(service.name()).collection::<Document>(collection);
    let deleted = collection.delete_one(doc! { "state.status": status }).await.unwrap();
    assert_eq!(deleted.deleted_count, 1);
}

fn finds(verdict: &Verdict, id: &str) -> bool {
    verdict.violations.iter().any(|violation| violation.starts_with(id))
}

//! The torture instrument itself: a healthy market passes it, and what it is there to find it finds. It is
//! run at length by `cargo xtask torture`.

use std::{path::Path, sync::Arc, time::Duration};

use bson::{Document, doc};
use e2e::{
    market::Service,
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

/// How long the crowd is there.
const CROWD_TIME: Duration = Duration::from_secs(8);

#[test]
fn a_market_that_is_well_passes_and_one_that_forgets_does_not() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let options = options(dir.path());
        let fleet = Arc::new(Fleet::start(&options).await);
        let history = Arc::new(History::create(&options.out.join("history.jsonl")));
        let observer = Observer::start(&fleet).await;
        let stop = CancellationToken::new();
        let crowd = workload::start(&fleet, &history, &options, stop.clone()).await;
        let canary = Canary::open(&fleet, &history).await;
        tokio::time::sleep(CROWD_TIME).await;
        fleet.kill(Part::Nats);
        fleet.heal().await;
        assert!(canary.sing().await.is_some());
        stop.cancel();
        crowd.finish().await;
        let judge = async |options| verdict::judge(&fleet, &history, &observer, &canary, options).await;

        let well = judge(&options).await;
        assert_eq!(well.violations, Vec::<String>::new());
        assert!(well.extent.iter().all(|(_, count)| *count > 0), "{:?}", well.extent);

        forget(&fleet, Service::Orders, "orders", "cancelled").await;
        forget(&fleet, Service::Payments, "payments", "captured").await;
        // What is gone never comes to rest.
        let forgetful = judge(&Options { rest: Duration::from_secs(2), ..options.clone() }).await;
        for id in ["D1", "L8", "S5"] {
            assert!(finds(&forgetful, id), "{id}: {:?}", forgetful.violations);
        }
    });
}

fn options(out: &Path) -> Options {
    Options {
        faulty: Duration::ZERO,
        calm: Duration::ZERO,
        seed: 1,
        buyers: 12,
        sellers: 2,
        hold: Duration::from_secs(3),
        rest: Duration::from_mins(1),
        only: Vec::new(),
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

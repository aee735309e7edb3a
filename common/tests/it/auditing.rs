//! How the audit looks, whatever it looks at.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use bson::{Document, doc};
use common::{
    audit::{Audited, Auditor, Audits, Found, Violation},
    bus::{Aggregate, Bus, BusConfig, CommitError},
    ids::OrderId,
    mongo,
    shutdown::Tasks,
    testing::TestWorld,
};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

/// More than one page.
const MANY: usize = 600;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Thing {
    id: OrderId,
    version: u64,
}

impl Aggregate for Thing {
    const COLLECTION: &'static str = "things";

    fn document_id(&self) -> String {
        self.id.to_string()
    }
}

/// What the audit was shown, and how often everything is to look wrong to it.
#[derive(Clone, Default)]
struct Witness {
    seen: Arc<Mutex<BTreeSet<OrderId>>>,
    wrong_looks: Arc<Mutex<u32>>,
}

impl Witness {
    fn seen_since(&self) -> BTreeSet<OrderId> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    fn looks_wrong(&self) -> bool {
        let mut left = self.wrong_looks.lock().unwrap();
        let wrong = *left > 0;
        *left = left.saturating_sub(1);
        wrong
    }
}

impl Audited for Thing {
    type Context = Witness;
    type Trace = u64;

    const INVARIANTS: &'static [&'static str] = &["S0"];

    async fn look(page: &[Self], witness: &Witness) -> Found {
        witness.seen.lock().unwrap().extend(page.iter().map(|thing| thing.id));
        let detail = || format!("{} looks wrong", page[0].id);
        Ok(if witness.looks_wrong() { vec![Violation::of("S0", detail())] } else { Vec::new() })
    }

    fn trace(&self) -> u64 {
        self.version
    }

    fn compare(&self, before: &u64) -> Vec<Violation> {
        common::audit::never_back("thing", self.id, *before, self.version)
    }
}

struct Scene {
    world: TestWorld,
    bus: Bus,
    tasks: Tasks,
    witness: Witness,
    auditor: Auditor<Witness>,
}

impl Scene {
    async fn start() -> Self {
        let world = TestWorld::new("orders").await;
        let database = mongo::connect(&world.servers.mongodb_uri, &world.database("orders")).await.unwrap();
        let client = async_nats::connect(&world.servers.nats_url).await.unwrap();
        let tasks = Tasks::new(CancellationToken::new());
        let config = BusConfig::new("orders", world.namespace.clone());
        let bus = Bus::start(config, database, client, world.clock.clone(), &tasks).await.unwrap();
        bus.register::<Thing>().await.unwrap();
        let witness = Witness::default();
        let audits = Audits::new().of::<Thing>();
        let auditor = Auditor::new(bus.clone(), audits, witness.clone());
        Self { world, bus, tasks, witness, auditor }
    }

    async fn add(&self, count: usize) -> Vec<OrderId> {
        let ids: Vec<OrderId> = (0..count).map(|_| OrderId::generate()).collect();
        for id in &ids {
            let thing = Thing { id: *id, version: 1 };
            let work = async |tx: &mut common::bus::Tx| {
                tx.insert(thing.clone());
                Ok::<_, CommitError>(())
            };
            self.bus.transact(work).await.unwrap();
        }
        ids
    }

    async fn change(&self, id: OrderId) {
        let things = self.bus.repository::<Thing>();
        let work = async |tx: &mut common::bus::Tx| {
            let loaded = things.get(id).await.unwrap().unwrap();
            tx.save(&loaded, Thing { version: loaded.state.version + 1, ..loaded.state.clone() });
            Ok::<_, CommitError>(())
        };
        self.bus.transact(work).await.unwrap();
    }

    async fn end(self) {
        self.tasks.finish(Duration::from_secs(10)).await.unwrap();
    }
}

#[tokio::test]
async fn what_looks_wrong_once_is_no_violation_and_what_does_twice_is() {
    let mut scene = Scene::start().await;
    scene.add(1).await;
    *scene.witness.wrong_looks.lock().unwrap() = 1;
    assert_eq!(scene.auditor.look().await.unwrap(), []);
    *scene.witness.wrong_looks.lock().unwrap() = 2;
    assert_eq!(scene.auditor.look().await.unwrap().len(), 1);
    scene.end().await;
}

#[tokio::test]
async fn all_are_looked_at_in_turn_and_those_that_changed_at_once() {
    let mut scene = Scene::start().await;
    scene.auditor.look().await.unwrap();
    let ids = scene.add(MANY).await;
    scene.world.clock.advance(Duration::from_mins(1));
    scene.auditor.look().await.unwrap();
    assert_eq!(scene.witness.seen_since().len(), MANY, "all of them are new");

    scene.auditor.look().await.unwrap();
    let rest = scene.witness.seen_since();
    assert_eq!(rest, ids[500..].iter().copied().collect(), "the background goes on");

    let last = ids[MANY - 1];
    scene.change(last).await;
    scene.auditor.look().await.unwrap();
    assert!(!scene.witness.seen_since().contains(&last), "what was just changed may still be changing");
    scene.auditor.look().await.unwrap();
    scene.witness.seen_since();
    scene.world.clock.advance(Duration::from_secs(10));
    scene.auditor.look().await.unwrap();
    assert!(scene.witness.seen_since().contains(&last), "far from where the background is");
    scene.end().await;
}

#[tokio::test]
async fn a_document_that_cannot_be_read_hides_no_other() {
    let mut scene = Scene::start().await;
    let ids = scene.add(3).await;
    let broken = doc! { "q": { "_id": ids[1] }, "u": { "$set": { "state": "nonsense" } } };
    let database = scene.bus.database();
    database.run_command(doc! { "update": "things", "updates": [broken] }).await.unwrap();
    assert_eq!(database.collection::<Document>("things").count_documents(doc! {}).await.unwrap(), 3);
    scene.auditor.look().await.unwrap();
    assert_eq!(scene.witness.seen_since(), BTreeSet::from([ids[0], ids[2]]));
    scene.end().await;
}

//! A world on a nats-server of its own, which a test may kill, start again, and rob of its data.

use std::{fs, path::Path};

use common::testing::{Child, Servers, TestWorld, free_port, start_nats, start_nats_in};
use tempfile::TempDir;

/// The world and its broker.
pub struct Fragile {
    pub world: TestWorld,
    port: u16,
    broker: Option<Child>,
    data: Option<TempDir>,
}

impl Fragile {
    pub async fn new() -> Self {
        let (port, shared) = (free_port(), Servers::shared().await);
        let broker = start_nats(port).await;
        let servers = Servers { nats_url: broker.url.clone(), ..shared.clone() };
        let world = TestWorld::on(servers, "orders").await;
        Self { world, port, broker: Some(broker), data: None }
    }

    /// Kills the broker, as a power cut would.
    pub fn kill(&mut self) {
        self.data = self.broker.take().and_then(Child::kill);
    }

    /// Starts the broker again on the data that it left.
    pub async fn start_again(&mut self) {
        let data = self.data.take().unwrap();
        self.broker = Some(start_nats_in(self.port, data).await);
    }

    /// Starts the broker again on nothing.
    pub async fn start_empty(&mut self) {
        self.data = None;
        self.broker = Some(start_nats(self.port).await);
    }

    /// A copy of what the broker, which must not run, has stored.
    pub fn copy(&self) -> TempDir {
        let copy = TempDir::new().unwrap();
        copy_dir(self.data.as_ref().unwrap().path(), copy.path());
        copy
    }

    /// Starts the broker, which must not run, on an older copy of its data.
    pub async fn start_on(&mut self, older: TempDir) {
        self.data = Some(older);
        self.start_again().await;
    }
}

fn copy_dir(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy_dir(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

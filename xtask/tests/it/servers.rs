use std::{
    thread,
    time::{Duration, Instant},
};

use xtask::{
    children::{Ended, Process},
    leftovers,
    log::Log,
    ports, provision,
    servers::{Ports, Servers},
    workspace::Workspace,
};

use crate::Scratch;

const BOUND: Duration = Duration::from_mins(1);

fn start(scratch: &Scratch, ports: Ports) -> Servers {
    let tools = provision::provision(&Workspace::here(), &Log::stdout()).unwrap();
    Servers::start(&tools, &scratch.0, ports, &Log::quiet()).unwrap()
}

fn free_ports() -> Ports {
    let [mongodb, nats, redis] = ports::free().unwrap();
    Ports { mongodb, nats, redis }
}

#[test]
fn killed_servers_come_back_with_their_data_and_stop_when_asked() {
    let scratch = Scratch::new("kill");
    let mut servers = start(&scratch, free_ports());
    servers.wait_until_ready(BOUND).unwrap();
    servers.mongodb.kill();
    servers.nats.kill();
    servers.redis.kill();
    assert!(servers.wait_until_ready(Duration::from_secs(1)).is_err());
    servers.mongodb.start_again().unwrap();
    servers.nats.start_again().unwrap();
    servers.redis.start_again().unwrap();
    servers.wait_until_ready(BOUND).unwrap();
    for (name, ended) in servers.stop() {
        assert!(matches!(ended, Ended::InTime(status) if status.success()), "{name}: {ended}");
    }
}

#[test]
fn data_are_taken_along_to_other_ports() {
    let scratch = Scratch::new("move");
    for _ in 0..2 {
        let mut servers = start(&scratch, free_ports());
        servers.wait_until_ready(BOUND).unwrap();
        servers.stop();
    }
}

#[test]
fn what_a_dead_xtask_left_running_is_stopped_by_its_record() {
    let scratch = Scratch::new("leftovers");
    let mut servers = start(&scratch, free_ports());
    servers.wait_until_ready(BOUND).unwrap();
    let record = scratch.0.join("mongod.pid");
    assert_eq!(leftovers::living(&record), Some(servers.mongodb.pid()));
    leftovers::stop_all(&scratch.0, &Log::quiet());
    for process in [&mut servers.mongodb, &mut servers.nats, &mut servers.redis] {
        until_ended(process);
    }
}

/// A process whose first thread has ended runs no more, but can be asked how only when its last one has.
fn until_ended(process: &mut Process) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while process.ended().is_none() {
        assert!(Instant::now() < deadline, "it goes on");
        thread::sleep(Duration::from_millis(10));
    }
}

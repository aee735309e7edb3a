//! Takes services away and brings them back while the journeys run, when a journey says so.
//!
//! A journey sends one line, `kill payments` or `start payments`, and is answered `done` once that is so.

use std::net::Ipv4Addr;

use e2e::market::{Market, Service};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

/// Where journeys say what is to be taken away.
pub struct Switch(TcpListener);

impl Switch {
    pub async fn open() -> Self {
        Self(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port for the switch"))
    }

    /// What it listens to, on the loopback.
    pub fn port(&self) -> u16 {
        self.0.local_addr().expect("the address of the switch").port()
    }

    /// Does what journeys ask for, one after the other, for ever.
    pub async fn serve(&self, market: &Market) {
        loop {
            let (stream, _) = self.0.accept().await.expect("a journey at the switch");
            obey(stream, market).await;
        }
    }
}

async fn obey(stream: TcpStream, market: &Market) {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await.expect("read what is to be done");
    match line.trim().split_once(' ') {
        Some(("kill", name)) => market.machinery.kill(service(name)),
        Some(("start", name)) => market.machinery.start_again(service(name)).await,
        _ => panic!("no such wish: {line}"),
    }
    stream.write_all(b"done\n").await.expect("say that it is done");
}

fn service(name: &str) -> Service {
    let found = Service::ALL.into_iter().find(|service| service.name() == name);
    found.unwrap_or_else(|| panic!("no such service: {name}"))
}

//! How each fault is made and healed.

use std::time::Duration;

use bson::doc;
use serde_json::json;
use tokio::time::sleep;

use super::{fault::Fault, forge, jetstream};
use crate::{
    market::send,
    torture::{
        fleet::{Fleet, links::Way, parts::Part},
        link::Weather,
    },
};

/// Longer than JetStream waits for an acknowledgement before it delivers again.
const LONGER_THAN_ACK_WAIT: Duration = Duration::from_secs(6);
/// How many bytes a second a slow consumer hears: some twenty events.
const SLOW_BYTES_PER_SEC: u32 = 20 << 10;
/// How long the fleet goes on before JetStream becomes what it was.
const BEFORE_THE_ROLL_BACK: Duration = Duration::from_secs(4);
/// The library that Debian's package `faketime` brings; the loader knows what `$LIB` is on this machine.
const FAKETIME: &str = "/usr/$LIB/faketime/libfaketime.so.1";

/// Makes it.
pub async fn inject(fleet: &Fleet, fault: &Fault) {
    match fault {
        Fault::Kill(_, parts) => parts.iter().for_each(|part| fleet.kill(*part)),
        Fault::Pause(part) => {
            fleet.pause(*part);
            sleep(LONGER_THAN_ACK_WAIT).await;
        }
        Fault::StepDown => step_down(fleet).await,
        Fault::IsolatePrimary => {
            if let Some(primary) = primary(fleet).await {
                fleet.links.on(Way::ToMongod(primary)).set(Weather::Silent);
            }
        }
        Fault::Partition(way) => fleet.links.on(*way).set(Weather::Closed),
        Fault::HalfOpen(way) => fleet.links.on(*way).set(Weather::Deaf),
        Fault::Latency(way, millis) => {
            fleet.links.on(*way).set(Weather::Slow(Duration::from_millis(*millis)));
        }
        Fault::SlowConsumer(service, replica) => {
            fleet.links.on(Way::ToNats(*service, *replica)).set(Weather::Trickle(SLOW_BYTES_PER_SEC));
            sleep(LONGER_THAN_ACK_WAIT).await;
        }
        Fault::Reset(ways) => {
            for way in ways {
                fleet.links.on(*way).tear();
                sleep(Duration::from_millis(200)).await;
            }
        }
        Fault::GatewayFails { operation, how } => {
            let fault = json!({ "operation": operation, "fault": how });
            tell_gateway(fleet, reqwest::Method::POST, &fault).await;
        }
        Fault::Clock { part, off_secs } => {
            fleet.kill(*part);
            let off = format!("{off_secs:+}s");
            let env = [("LD_PRELOAD", FAKETIME), ("FAKETIME", &off), ("FAKETIME_DONT_FAKE_MONOTONIC", "1")];
            fleet.start_with(*part, &env);
        }
        Fault::OldMessages(stream) => forge::publish_again(fleet, stream).await,
        Fault::DeleteConsumer { stream, which } => jetstream::delete_consumer(fleet, stream, *which).await,
        Fault::Poison(stream) => forge::poison(fleet, stream).await,
        Fault::DiskFull => jetstream::fill_disk(fleet),
        Fault::WipeJetStream => {
            fleet.kill(Part::Nats);
            jetstream::wipe(fleet);
            fleet.start_again(Part::Nats);
        }
        Fault::RollBackJetStream => roll_back(fleet).await,
        Fault::FlipBits(seed) => {
            fleet.kill(Part::Nats);
            jetstream::flip_bits(fleet, *seed);
            fleet.start_again(Part::Nats);
        }
        Fault::FlushRedis => flush_redis(fleet),
    }
}

/// Heals what [`Fleet::heal`] does not: that makes the weather fair and starts what is down.
pub async fn heal(fleet: &Fleet, fault: &Fault) {
    match fault {
        Fault::GatewayFails { .. } => tell_gateway(fleet, reqwest::Method::DELETE, &json!(null)).await,
        Fault::Clock { part, .. } => {
            fleet.kill(*part);
            fleet.start_again(*part);
        }
        Fault::DiskFull => {
            jetstream::free_disk(fleet);
            // JetStream does not go on by itself where it could not write; whoever runs it starts it again.
            fleet.kill(Part::Nats);
            fleet.start_again(Part::Nats);
        }
        Fault::Kill(..)
        | Fault::Pause(_)
        | Fault::StepDown
        | Fault::IsolatePrimary
        | Fault::Partition(_)
        | Fault::HalfOpen(_)
        | Fault::Latency(..)
        | Fault::SlowConsumer(..)
        | Fault::Reset(_)
        | Fault::OldMessages(_)
        | Fault::DeleteConsumer { .. }
        | Fault::Poison(_)
        | Fault::WipeJetStream
        | Fault::RollBackJetStream
        | Fault::FlipBits(_)
        | Fault::FlushRedis => {}
    }
}

/// Two power cuts, and between them JetStream's files become what they were at the first.
async fn roll_back(fleet: &Fleet) {
    fleet.kill(Part::Nats);
    jetstream::copy(fleet);
    fleet.start_again(Part::Nats);
    sleep(BEFORE_THE_ROLL_BACK).await;
    fleet.kill(Part::Nats);
    jetstream::put_back(fleet);
    fleet.start_again(Part::Nats);
}

async fn step_down(fleet: &Fleet) {
    // The answer is a closed connection, if there is one.
    let command = doc! { "replSetStepDown": 10, "secondaryCatchUpPeriodSecs": 5 };
    let _ = fleet.mongodb.database("admin").run_command(command).await;
}

/// Which member is the primary.
async fn primary(fleet: &Fleet) -> Option<usize> {
    let hello = fleet.mongodb.database("admin").run_command(doc! { "hello": 1 }).await.ok()?;
    let host = hello.get_str("primary").ok()?.to_owned();
    fleet.links.members().iter().position(|member| *member == host)
}

async fn tell_gateway(fleet: &Fleet, method: reqwest::Method, body: &serde_json::Value) {
    let url = format!("http://127.0.0.1:{}/v1/faults", fleet.links.gateway_port);
    // If the gateway is away, it has forgotten its faults as well.
    let _ = send(reqwest::Client::new().request(method, url).json(body)).await;
}

fn flush_redis(fleet: &Fleet) {
    use std::io::{Read as _, Write as _};
    let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", fleet.links.redis_port)) else { return };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(2)));
    if stream.write_all(b"FLUSHALL\r\n").is_ok() {
        let _ = stream.read(&mut [0; 16]);
    }
}

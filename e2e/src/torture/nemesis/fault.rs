//! What can be broken.

use std::fmt;

use rand::{Rng as _, rngs::StdRng, seq::IndexedRandom as _};

use crate::{
    market::Service,
    torture::fleet::{
        links::Way,
        parts::{MEMBERS, Part, Replica},
    },
};

/// The kinds of faults, as they are told and as `--only` takes them.
pub const KINDS: [&str; 27] = [
    "kill-service",
    "kill-both-replicas",
    "kill-all-services",
    "kill-everything",
    "kill-mongod",
    "kill-nats",
    "kill-redis",
    "kill-gateway",
    "kill-ingress",
    "pause",
    "step-down",
    "isolate-primary",
    "partition",
    "half-open",
    "latency",
    "slow-consumer",
    "reset",
    "gateway-fails",
    "clock",
    "old-messages",
    "delete-consumer",
    "poison",
    "disk-full",
    "wipe-jetstream",
    "roll-back-jetstream",
    "flip-bits",
    "flush-redis",
];

/// How the gateway fails.
pub const GATEWAY_FAULTS: [&str; 4] = ["hang_before", "hang_after", "error_before", "error_after"];
const GATEWAY_OPERATIONS: [&str; 5] = ["authorize", "capture", "void", "refund", "any"];
/// Whose clock may be wrong. Not that of orders, whose replicas judge deadlines: that they agree about the
/// time to within a fraction of the hold is a condition of the promise, and not part of it.
const CLOCKS: [Service; 4] = [Service::Auth, Service::Tickets, Service::Expiration, Service::Payments];
const MAX_CLOCK_OFF_SECS: i64 = 300;
/// The owners of the streams.
pub const STREAMS: [&str; 5] = ["AUTH", "TICKETS", "ORDERS", "EXPIRATION", "PAYMENTS"];

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A power cut for some parts.
    Kill(&'static str, Vec<Part>),
    /// A part stands still for longer than JetStream waits for acknowledgements.
    Pause(Part),
    /// The primary of MongoDB gives way.
    StepDown,
    /// The primary of MongoDB hears nobody and goes on speaking.
    IsolatePrimary,
    /// Nothing gets through.
    Partition(Way),
    /// Only one direction gets through.
    HalfOpen(Way),
    /// Everything comes late.
    Latency(Way, u64),
    /// A replica hears from NATS so slowly that its messages are delivered again before it has read them.
    SlowConsumer(Service, Replica),
    /// All connections are torn.
    Reset(Vec<Way>),
    /// The gateway fails, before or after the effect.
    GatewayFails { operation: &'static str, how: &'static str },
    /// A replica's clock is off by minutes.
    Clock { part: Part, off_secs: i64 },
    /// What was published long ago is published again.
    OldMessages(&'static str),
    /// A durable consumer is gone, and the next one starts at the beginning of the stream.
    DeleteConsumer { stream: &'static str, which: usize },
    /// Messages that nobody can read.
    Poison(&'static str),
    /// JetStream's disk is full.
    DiskFull,
    /// JetStream has lost everything.
    WipeJetStream,
    /// JetStream is as it was some seconds ago.
    RollBackJetStream,
    /// Some bits of JetStream's files are others.
    FlipBits(u64),
    /// Redis has forgotten everything.
    FlushRedis,
}

impl Fault {
    /// A fault of this kind.
    pub fn of(kind: &'static str, random: &mut StdRng) -> Self {
        match kind {
            "kill-service" => Self::Kill(kind, vec![service_part(random)]),
            "kill-both-replicas" => {
                let service = pick(&Service::ALL, random);
                Self::Kill(kind, Replica::ALL.map(|replica| Part::Service(service, replica)).to_vec())
            }
            "kill-all-services" => Self::Kill(kind, services()),
            "kill-everything" => Self::Kill(kind, Part::all()),
            "kill-mongod" => Self::Kill(kind, vec![Part::Mongod(random.random_range(0..MEMBERS))]),
            "kill-nats" => Self::Kill(kind, vec![Part::Nats]),
            "kill-redis" => Self::Kill(kind, vec![Part::Redis]),
            "kill-gateway" => Self::Kill(kind, vec![Part::Gateway]),
            "kill-ingress" => Self::Kill(kind, vec![Part::Ingress]),
            "pause" => Self::Pause(pick(&Part::all(), random)),
            "step-down" => Self::StepDown,
            "isolate-primary" => Self::IsolatePrimary,
            "partition" => Self::Partition(any_way(random)),
            "half-open" => Self::HalfOpen(any_way(random)),
            "latency" => Self::Latency(any_way(random), random.random_range(50..1_500)),
            "slow-consumer" => Self::SlowConsumer(pick(&Service::ALL, random), pick(&Replica::ALL, random)),
            "reset" => Self::Reset((0..random.random_range(1..8)).map(|_| any_way(random)).collect()),
            "gateway-fails" => Self::GatewayFails {
                operation: pick(&GATEWAY_OPERATIONS, random),
                how: pick(&GATEWAY_FAULTS, random),
            },
            "clock" => Self::Clock {
                part: Part::Service(pick(&CLOCKS, random), pick(&Replica::ALL, random)),
                off_secs: random.random_range(-MAX_CLOCK_OFF_SECS..=MAX_CLOCK_OFF_SECS),
            },
            "old-messages" => Self::OldMessages(pick(&STREAMS, random)),
            "delete-consumer" => {
                Self::DeleteConsumer { stream: pick(&STREAMS, random), which: random.random_range(0..100) }
            }
            "poison" => Self::Poison(pick(&STREAMS, random)),
            "disk-full" => Self::DiskFull,
            "wipe-jetstream" => Self::WipeJetStream,
            "roll-back-jetstream" => Self::RollBackJetStream,
            "flip-bits" => Self::FlipBits(random.random()),
            "flush-redis" => Self::FlushRedis,
            other => panic!("there is no fault of the kind {other}"),
        }
    }

    /// Its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Kill(kind, _) => kind,
            Self::Pause(_) => "pause",
            Self::StepDown => "step-down",
            Self::IsolatePrimary => "isolate-primary",
            Self::Partition(_) => "partition",
            Self::HalfOpen(_) => "half-open",
            Self::Latency(..) => "latency",
            Self::SlowConsumer(..) => "slow-consumer",
            Self::Reset(_) => "reset",
            Self::GatewayFails { .. } => "gateway-fails",
            Self::Clock { .. } => "clock",
            Self::OldMessages(_) => "old-messages",
            Self::DeleteConsumer { .. } => "delete-consumer",
            Self::Poison(_) => "poison",
            Self::DiskFull => "disk-full",
            Self::WipeJetStream => "wipe-jetstream",
            Self::RollBackJetStream => "roll-back-jetstream",
            Self::FlipBits(_) => "flip-bits",
            Self::FlushRedis => "flush-redis",
        }
    }

    /// Whether two faults would get in each other's way, or together take a majority of MongoDB away.
    pub fn touches_the_same_as(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.touches(), other.touches());
        ours.iter().any(|part| theirs.contains(part))
    }

    fn touches(&self) -> Vec<&'static str> {
        match self {
            Self::Kill("kill-everything", _) => Part::all().into_iter().map(Part::kind).collect(),
            Self::Kill(_, parts) => parts.iter().map(|part| part.kind()).collect(),
            Self::Pause(part) | Self::Clock { part, .. } => vec![part.kind()],
            Self::StepDown | Self::IsolatePrimary => vec!["mongod"],
            Self::Partition(way) | Self::HalfOpen(way) | Self::Latency(way, _) => vec![end_of(*way)],
            Self::Reset(_) => Vec::new(),
            Self::GatewayFails { .. } => vec!["sandbox-gateway"],
            Self::SlowConsumer(..)
            | Self::OldMessages(_)
            | Self::DeleteConsumer { .. }
            | Self::Poison(_)
            | Self::DiskFull
            | Self::WipeJetStream
            | Self::RollBackJetStream
            | Self::FlipBits(_) => vec!["nats-server"],
            Self::FlushRedis => vec!["redis-server"],
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill(kind, parts) if parts.len() > 2 => f.write_str(kind),
            Self::Kill(_, parts) => {
                let names: Vec<String> = parts.iter().map(ToString::to_string).collect();
                write!(f, "kill {}", names.join(" and "))
            }
            Self::Pause(part) => write!(f, "pause {part}"),
            Self::Partition(way) => write!(f, "partition: {way}"),
            Self::HalfOpen(way) => write!(f, "half-open: {way}"),
            Self::Latency(way, millis) => write!(f, "latency of {millis} ms: {way}"),
            Self::SlowConsumer(service, replica) => {
                write!(f, "slow consumer: {} {}", service.name(), replica.name())
            }
            Self::Reset(ways) => write!(f, "reset of {} links", ways.len()),
            Self::GatewayFails { operation, how } => write!(f, "gateway: {operation} {how}"),
            Self::Clock { part, off_secs } => write!(f, "clock of {part} off by {off_secs} s"),
            Self::OldMessages(stream) => write!(f, "old messages of {stream} again"),
            Self::DeleteConsumer { stream, .. } => write!(f, "delete a consumer of {stream}"),
            Self::Poison(stream) => write!(f, "poison in {stream}"),
            Self::StepDown
            | Self::IsolatePrimary
            | Self::DiskFull
            | Self::WipeJetStream
            | Self::RollBackJetStream
            | Self::FlipBits(_)
            | Self::FlushRedis => f.write_str(self.kind()),
        }
    }
}

fn services() -> Vec<Part> {
    Part::all().into_iter().filter(|part| matches!(part, Part::Service(..))).collect()
}

fn service_part(random: &mut StdRng) -> Part {
    pick(&services(), random)
}

fn any_way(random: &mut StdRng) -> Way {
    let service = pick(&Service::ALL, random);
    let replica = pick(&Replica::ALL, random);
    match random.random_range(0..10) {
        0..2 => Way::ToMongod(random.random_range(0..MEMBERS)),
        2..6 => Way::ToNats(service, replica),
        6 => Way::ToRedis(replica),
        7 => Way::ToGateway(replica),
        _ => Way::ToService(service, replica),
    }
}

fn end_of(way: Way) -> &'static str {
    match way {
        Way::ToMongod(_) => "mongod",
        Way::ToNats(..) => "nats-server",
        Way::ToRedis(_) => "redis-server",
        Way::ToGateway(_) => "sandbox-gateway",
        Way::ToService(service, _) => service.name(),
    }
}

fn pick<T: Copy>(choices: &[T], random: &mut StdRng) -> T {
    *choices.choose(random).expect("something to choose from")
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;

    #[test]
    fn every_kind_has_a_fault_and_every_fault_its_kind() {
        let mut random = StdRng::seed_from_u64(1);
        for kind in KINDS {
            assert_eq!(Fault::of(kind, &mut random).kind(), kind);
        }
    }

    #[test]
    fn two_faults_never_take_a_majority_of_mongodb_away() {
        let mut random = StdRng::seed_from_u64(1);
        for (one, other) in [("kill-mongod", "isolate-primary"), ("step-down", "kill-everything")] {
            assert!(Fault::of(one, &mut random).touches_the_same_as(&Fault::of(other, &mut random)));
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_faults() {
        let faults = |seed| {
            let mut random = StdRng::seed_from_u64(seed);
            KINDS.map(|kind| Fault::of(kind, &mut random).to_string())
        };
        assert_eq!(faults(7), faults(7));
        assert_ne!(faults(7), faults(8));
    }
}

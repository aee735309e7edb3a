//! What the fleet consists of.

use std::fmt;

use crate::market::Service;

/// How many members the replica set of MongoDB has.
pub const MEMBERS: usize = 3;

/// One of the two replicas of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Replica {
    A,
    B,
}

impl Replica {
    /// Both.
    pub const ALL: [Self; 2] = [Self::A, Self::B];

    /// The directory of its logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }
}

/// A process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Mongod(usize),
    Nats,
    Redis,
    Gateway,
    Service(Service, Replica),
    Ingress,
}

impl Part {
    /// All of them, in the order in which they are started.
    pub fn all() -> Vec<Self> {
        let services =
            Service::ALL.into_iter().flat_map(|service| Replica::ALL.map(|of| Self::Service(service, of)));
        (0..MEMBERS)
            .map(Self::Mongod)
            .chain([Self::Nats, Self::Redis, Self::Gateway])
            .chain(services)
            .chain([Self::Ingress])
            .collect()
    }

    /// What it is a replica or member of.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Mongod(_) => "mongod",
            Self::Nats => "nats-server",
            Self::Redis => "redis-server",
            Self::Gateway => "sandbox-gateway",
            Self::Service(service, _) => service.name(),
            Self::Ingress => "nginx",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mongod(member) => write!(f, "mongod {member}"),
            Self::Service(service, replica) => write!(f, "{} {}", service.name(), replica.name()),
            Self::Nats | Self::Redis | Self::Gateway | Self::Ingress => f.write_str(self.kind()),
        }
    }
}

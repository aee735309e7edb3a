//! The links: everything that two parts say to each other goes through one of them.

use std::{collections::BTreeMap, fmt};

use xtask::nginx::Upstreams;

use super::parts::{MEMBERS, Replica};
use crate::{
    market::{Service, machinery::Ports, ports},
    torture::link::{Link, Weather},
};

/// Which link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Everybody to one member of MongoDB, its peers included.
    ToMongod(usize),
    /// One replica to NATS.
    ToNats(Service, Replica),
    /// One replica of expiration to Redis.
    ToRedis(Replica),
    /// One replica of payments to the gateway.
    ToGateway(Replica),
    /// The ingress to one replica.
    ToService(Service, Replica),
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ToMongod(member) => write!(f, "to mongod {member}"),
            Self::ToNats(service, replica) => write!(f, "{} {} to NATS", service.name(), replica.name()),
            Self::ToRedis(replica) => write!(f, "expiration {} to Redis", replica.name()),
            Self::ToGateway(replica) => write!(f, "payments {} to the gateway", replica.name()),
            Self::ToService(service, replica) => {
                write!(f, "the ingress to {} {}", service.name(), replica.name())
            }
        }
    }
}

/// All links, and where what lies behind them really listens.
pub struct Links {
    /// The crowd to the ingress.
    pub crowd: Link,
    pub mongod_ports: [u16; MEMBERS],
    pub nats_port: u16,
    pub redis_port: u16,
    pub gateway_port: u16,
    pub ingress_port: u16,
    /// Where nobody is: no browser looks at a market under torture.
    client_port: u16,
    services: BTreeMap<Replica, Ports>,
    between: BTreeMap<Way, Link>,
}

impl Links {
    /// Opens all of them, in fair weather.
    pub async fn open() -> Self {
        let mongod_ports = [(); MEMBERS].map(|()| ports::next());
        let [nats_port, redis_port, gateway_port, ingress_port, client_port] =
            [(); 5].map(|()| ports::next());
        let services = BTreeMap::from(Replica::ALL.map(|replica| (replica, Ports::new())));
        let mut ways: Vec<(Way, u16)> = mongod_ports
            .into_iter()
            .enumerate()
            .map(|(member, port)| (Way::ToMongod(member), port))
            .collect();
        for (replica, ports) in &services {
            ways.push((Way::ToRedis(*replica), redis_port));
            ways.push((Way::ToGateway(*replica), gateway_port));
            for service in Service::ALL {
                ways.push((Way::ToNats(service, *replica), nats_port));
                ways.push((Way::ToService(service, *replica), ports.of(service).0));
            }
        }
        let mut between = BTreeMap::new();
        for (way, target) in ways {
            between.insert(way, open(target).await);
        }
        let crowd = open(ingress_port).await;
        Self {
            crowd,
            mongod_ports,
            nats_port,
            redis_port,
            gateway_port,
            ingress_port,
            client_port,
            services,
            between,
        }
    }

    /// One of them.
    pub fn on(&self, way: Way) -> &Link {
        &self.between[&way]
    }

    /// All ways that there are.
    pub fn ways(&self) -> Vec<Way> {
        self.between.keys().copied().collect()
    }

    /// Fair weather everywhere.
    pub fn clear_up(&self) {
        self.crowd.set(Weather::Fair);
        for link in self.between.values() {
            link.set(Weather::Fair);
        }
    }

    /// Where the members of the replica set are for everybody, each behind its link.
    pub fn members(&self) -> Vec<String> {
        (0..MEMBERS).map(|member| format!("127.0.0.1:{}", self.on(Way::ToMongod(member)).port())).collect()
    }

    /// How the databases are reached.
    pub fn mongodb_uri(&self) -> String {
        format!("mongodb://{}/?replicaSet={}", self.members().join(","), super::replica_set::NAME)
    }

    /// What a replica is told of the servers: its own links to them.
    pub fn environment(&self, service: Service, replica: Replica) -> Vec<(String, String)> {
        let nats = self.on(Way::ToNats(service, replica)).port();
        let redis = self.on(Way::ToRedis(replica)).port();
        vec![
            ("MONGODB_URI".to_owned(), self.mongodb_uri()),
            ("NATS_URL".to_owned(), xtask::servers::nats::url(nats)),
            ("REDIS_URL".to_owned(), xtask::servers::redis::url(redis)),
        ]
    }

    /// The ports of each replica, with the gateway and the ingress behind their links.
    pub fn ports_of_replicas(&self) -> BTreeMap<Replica, Ports> {
        let of = |(replica, ports): (&Replica, &Ports)| {
            let gateway = self.on(Way::ToGateway(*replica)).port();
            (*replica, ports.with_gateway(gateway).with_ingress(self.crowd.port()))
        };
        self.services.iter().map(of).collect()
    }

    /// Where the ingress sends requests.
    pub fn upstreams(&self) -> Vec<Upstreams> {
        let of = |replica: Replica| {
            let port = |service| self.on(Way::ToService(service, replica)).port();
            Upstreams {
                auth: port(Service::Auth),
                tickets: port(Service::Tickets),
                orders: port(Service::Orders),
                payments: port(Service::Payments),
                sandbox: self.gateway_port,
                client: self.client_port,
            }
        };
        Replica::ALL.map(of).to_vec()
    }
}

async fn open(target: u16) -> Link {
    Link::open(ports::next(), target).await.expect("open a link")
}

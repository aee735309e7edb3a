//! The processes that Stagedoor consists of, their ports, and what each is told through its environment.

use std::{collections::BTreeSet, env, path::Path};

use anyhow::Result;

use super::secrets::{self, Secrets};
use crate::{cargo::Binaries, children::Spec, client::Place, log::grammar::Grammar, nginx::Upstreams};

/// One process.
#[derive(Debug, Clone, Copy)]
pub struct Service {
    /// Its binary, and its name in the log.
    pub name: &'static str,
    /// Where it serves; only the ingress goes there.
    pub port: u16,
    /// `/livez`, `/readyz`, `/metrics`.
    pub internal_port: u16,
}

const AUTH: Service = Service { name: "auth", port: 7101, internal_port: 7201 };
const TICKETS: Service = Service { name: "tickets", port: 7102, internal_port: 7202 };
const ORDERS: Service = Service { name: "orders", port: 7103, internal_port: 7203 };
const EXPIRATION: Service = Service { name: "expiration", port: 7104, internal_port: 7204 };
const PAYMENTS: Service = Service { name: "payments", port: 7105, internal_port: 7205 };
/// Stands for a company outside, and has one port like any of them.
const SANDBOX: Service = Service { name: "sandbox-gateway", port: 7106, internal_port: 7106 };

/// The client: a program of Node's, and no service of ours.
pub const CLIENT_PORT: u16 = 7100;

/// All, the gateway first: payments asks it.
pub const SERVICES: [Service; 6] = [SANDBOX, AUTH, TICKETS, ORDERS, EXPIRATION, PAYMENTS];

/// Where the ingress sends requests.
pub fn upstreams() -> Upstreams {
    Upstreams {
        auth: AUTH.port,
        tickets: TICKETS.port,
        orders: ORDERS.port,
        payments: PAYMENTS.port,
        sandbox: SANDBOX.port,
        client: CLIENT_PORT,
    }
}

/// Where the client is and what it is told.
pub fn client(ingress_port: u16, dir: &Path) -> Place {
    Place {
        port: CLIENT_PORT,
        tickets_port: TICKETS.port,
        public_origin: public_origin(ingress_port),
        dir: dir.to_path_buf(),
    }
}

fn public_origin(ingress_port: u16) -> String {
    format!("http://stagedoor.localhost:{ingress_port}")
}

impl Service {
    /// The ports that it listens on.
    pub fn ports(&self) -> BTreeSet<u16> {
        [self.port, self.internal_port].into()
    }

    /// How to start it.
    pub fn spec(
        &self,
        binaries: &Binaries,
        servers: &[(String, String)],
        secrets: &Secrets,
        ingress_port: u16,
        dir: &Path,
    ) -> Result<Spec> {
        let mut environment = self.environment(ingress_port, dir);
        environment.extend(servers.iter().cloned());
        // Whoever runs us may have these set, and a service refuses to be told twice.
        environment.extend(servers.iter().map(|(name, _)| (format!("{name}_FILE"), String::new())));
        environment.extend(secrets.environment_of(self.name));
        Ok(Spec {
            name: self.name.to_owned(),
            program: binaries.get(self.name)?.to_path_buf(),
            args: Vec::new(),
            env: environment,
            grammar: Grammar::Service,
            dir: dir.to_path_buf(),
        })
    }

    fn environment(&self, ingress_port: u16, dir: &Path) -> Vec<(String, String)> {
        let fixed = [
            ("BIND_ADDRESS", "127.0.0.1".to_owned()),
            ("PORT", self.port.to_string()),
            ("INTERNAL_PORT", self.internal_port.to_string()),
            // xtask writes it out for people.
            ("LOG_FORMAT", "json".to_owned()),
            ("PUBLIC_ORIGIN", public_origin(ingress_port)),
            // There is no TLS here, and browsers keep a Secure cookie off plain HTTP.
            ("COOKIE_SECURE", "false".to_owned()),
            ("ADMIN_EMAIL", secrets::ADMIN_EMAIL.to_owned()),
            ("SANDBOX_GATEWAY_URL", format!("http://127.0.0.1:{}", SANDBOX.port)),
            ("LEDGER_PATH", dir.join("sandbox-ledger.jsonl").display().to_string()),
            (
                "SANDBOX_WEBHOOK_URL",
                format!("http://127.0.0.1:{}/api/payments/webhooks/sandbox", PAYMENTS.port),
            ),
        ];
        // Nobody waits for a load balancer here; and a person who sets these means it.
        let defaults = [("DRAIN_SECS", "0"), ("RUST_LOG", "info")];
        let fixed = fixed.map(|(name, value)| (name.to_owned(), value));
        let defaults = defaults
            .map(|(name, value)| (name.to_owned(), env::var(name).unwrap_or_else(|_| value.to_owned())));
        fixed.into_iter().chain(defaults).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_services_share_a_port() {
        let ports: BTreeSet<u16> = SERVICES.iter().flat_map(Service::ports).collect();
        assert_eq!(ports.len(), 2 * SERVICES.len() - 1);
    }
}

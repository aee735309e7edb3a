//! The generated documents: who publishes what and who listens (`docs/EVENTS.md`, `docs/asyncapi.yaml`), the API
//! of all services (`docs/openapi.json`), and what each user of NATS is permitted
//! (`infra/nats/authorization.conf`). They come from the tables that the services run with, so they cannot be
//! wrong, only old; `cargo xtask test` fails when they are.

mod asyncapi;
mod events;
mod openapi;
mod permissions;

use std::path::Path;

use common::bus::ListenerInfo;

/// Each document by its path below the repository's root.
pub fn documents() -> anyhow::Result<Vec<(&'static Path, String)>> {
    Ok(vec![
        (Path::new("docs/EVENTS.md"), events::page()),
        (Path::new("docs/asyncapi.yaml"), asyncapi::document()?),
        (Path::new("docs/openapi.json"), openapi::document()?),
        (Path::new("infra/nats/authorization.conf"), permissions::file()),
    ])
}

/// Every listener of every service, with the service that it belongs to.
fn listeners() -> Vec<(&'static str, ListenerInfo)> {
    let own = [
        ("auth", Vec::new()),
        ("tickets", tickets::listeners::table().infos()),
        ("orders", orders::listeners::table().infos()),
        ("expiration", expiration::listeners::table().infos()),
        ("payments", payments::listeners::table().infos()),
    ];
    own.into_iter()
        .flat_map(|(service, own)| {
            let shared = common::service::shared_listeners(service);
            own.into_iter().chain(shared).map(move |info| (service, info))
        })
        .collect()
}

/// Whether a listener hears a fact: its own, or any about the aggregate.
fn hears(listener: &ListenerInfo, ce_type: &str) -> bool {
    let (heard, said) = (listener.ce_type.split('.'), ce_type.split('.'));
    heard.zip(said).all(|(heard, said)| heard == "*" || heard == said)
}

//! The composition root: what tickets is made of.

use common::{
    clock::Clock,
    service::{Running, Service, StartError},
};

use crate::{
    audit,
    config::Config,
    domain::{admission::Admission, listing::Listing, show::Show},
    listeners,
    live::ListingsLive,
    routes,
    store::{Admissions, Listings, Shows},
};

/// Starts tickets; it serves when this returns.
pub async fn start(config: Config, clock: Clock) -> Result<Running, StartError> {
    let service = Service::connect("tickets", &config.service, clock).await?;
    service.register::<Show>().await?;
    service.register::<Listing>().await?;
    service.register::<Admission>().await?;

    let (bus, clock) = (service.bus(), service.clock());
    let shows = Shows::new(bus.repository());
    let listings = Listings::new(bus.repository());
    let admissions = Admissions::new(bus.repository());

    let context = listeners::Context {
        bus: bus.clone(),
        shows: shows.clone(),
        listings: listings.clone(),
        admissions: admissions.clone(),
    };
    service.listen(listeners::table(), context).await?;
    let audited = audit::Context { admissions: admissions.clone(), listings: listings.clone() };
    service.audit(audit::table(), audited).await?;

    let feed = service.show(ListingsLive { listings: listings.clone(), admissions: admissions.clone() });
    let context = routes::Context { bus, clock, shows, listings, admissions, feed, signer: config.signer };
    service.serve(routes::openapi_info(), routes::configure(context))
}

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
    recounts::Recounts,
    routes,
    store::{Admissions, Counted, Counts, Listings, Shows},
    sweeper::Sweeper,
};

/// Starts tickets; it serves when this returns.
pub async fn start(config: Config, clock: Clock) -> Result<Running, StartError> {
    let service = Service::connect("tickets", &config.service, clock).await?;
    service.register::<Show>().await?;
    service.register::<Listing>().await?;
    service.register::<Admission>().await?;
    service.register::<Counted>().await?;

    let (bus, clock) = (service.bus(), service.clock());
    let shows = Shows::new(bus.repository());
    let listings = Listings::new(bus.repository());
    let admissions = Admissions::new(bus.repository());
    let recounts = Recounts::new(bus.clone(), shows.clone(), listings.clone(), admissions.clone());

    let context = listeners::Context {
        bus: bus.clone(),
        shows: shows.clone(),
        listings: listings.clone(),
        admissions: admissions.clone(),
        counts: Counts::new(bus.repository()),
        recounts: recounts.clone(),
    };
    service.listen(listeners::table(), context).await?;
    let audited =
        audit::Context { clock: clock.clone(), admissions: admissions.clone(), listings: listings.clone() };
    service.audit(audit::table(), audited);
    let sweeper = Sweeper {
        clock: clock.clone(),
        shows: shows.clone(),
        listings: listings.clone(),
        recounts: recounts.clone(),
    };
    service.spawn("sweeper", sweeper.run(service.stopping()));

    let feed = service.show(ListingsLive { listings: listings.clone() });
    let signer = config.signer;
    let context = routes::Context { bus, clock, shows, listings, admissions, recounts, feed, signer };
    service.serve(routes::openapi_info(), routes::configure(context))
}

//! The composition root: what is connected to what.

use std::{num::NonZeroUsize, thread};

use common::{
    audit::Audits,
    clock::Clock,
    service::{Running, Service, StartError},
};

use crate::{
    config::Config,
    domain::{session::Session, signing_key::SigningKey, throttle::Failures, user::User},
    first_admin,
    keys::{self, Keys},
    passwords::Passwords,
    routes::{self, Context},
    store::{Sessions, SignInFailures, Users},
};

/// Starts auth; it serves when this returns.
pub async fn start(config: Config, clock: Clock) -> Result<Running, StartError> {
    let service = Service::connect("auth", &config.service, clock).await?;
    service.register::<User>().await?;
    service.register::<Session>().await?;
    service.register::<SigningKey>().await?;
    service.register::<Failures>().await?;

    let bus = service.bus();
    let (users, sessions, failures) = (Users::of(&bus), Sessions::of(&bus), SignInFailures::of(&bus));
    let workers = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let passwords =
        Passwords::new(workers).map_err(|error| StartError::own("prepare to hash passwords", error))?;
    if let Some(admin) = &config.first_admin {
        let ensured = first_admin::ensure(admin, &bus, &users, &passwords).await;
        ensured.map_err(|error| StartError::own("make the first admin", error))?;
    }

    let lifetimes = config.lifetimes;
    let keys = Keys::open(bus.clone(), service.clock(), service.keys(), lifetimes).await;
    let keys = keys.map_err(|error| StartError::own("open the signing keys", error))?;
    service.spawn("signing keys", keys::keep(keys.clone(), config.keys_tended_every, service.stopping()));

    service.audit(Audits::new(), ());
    let (cookies, tolerance) = (config.cookies, config.tolerance);
    let context = Context { bus, users, sessions, failures, keys, passwords, cookies, lifetimes, tolerance };
    service.serve(routes::INFO, routes::configure(context))
}

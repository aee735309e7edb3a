//! Whom to believe: the public keys of auth and the sessions it has ended, kept in every other service's own
//! database by events, so that verifying a token asks nobody.

use std::time::Duration;

use bson::doc;
use serde::{Deserialize, Serialize};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{Service, StartError};
use crate::{
    bus::{
        Aggregate, Bus, HandlerError, Index, Listener, Listeners, Loaded, Meta, Outcome, Repository,
        StoreError, Tx,
    },
    events::{
        session::{SessionRevoked, SessionSnapshot},
        signing_key::{SigningKeyChanged, SigningKeySnapshot},
    },
    http::{Check, KeyRing},
    telemetry::chain,
};

/// How often a replica looks for what another replica has been told.
const REFRESH_INTERVAL: Duration = Duration::from_secs(1);
/// How many keys or ended sessions are read at once; far more than there can be within ten minutes.
const PAGE: i64 = 1_000;

/// A signing key of auth, as this service knows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct KnownKey(SigningKeySnapshot);

impl Aggregate for KnownKey {
    const COLLECTION: &'static str = "known_signing_keys";

    fn document_id(&self) -> String {
        self.0.id.to_string()
    }
}

/// A session that auth has ended, as this service knows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct EndedSession(SessionSnapshot);

impl Aggregate for EndedSession {
    const COLLECTION: &'static str = "ended_sessions";

    fn document_id(&self) -> String {
        self.0.id.to_string()
    }

    fn indexes() -> Vec<Index> {
        vec![Index::on("tokens_of_ended_sessions", doc! { "state.tokensExpireAt": -1 })]
    }
}

/// What the listeners below work with.
#[derive(Clone)]
pub(super) struct Trust {
    bus: Bus,
    ring: KeyRing,
    keys: Repository<KnownKey>,
    sessions: Repository<EndedSession>,
}

struct KeepSigningKey;

impl Listener for KeepSigningKey {
    const NAME: &'static str = "keep-signing-key-on-signing-key-changed";
    type Event = SigningKeyChanged;
    type Context = Trust;

    async fn handle(
        event: &SigningKeyChanged,
        _: &Meta,
        tx: &mut Tx,
        trust: &Trust,
    ) -> Result<Outcome, HandlerError> {
        let next = event.0.clone();
        match trust.keys.get(next.id).await? {
            Some(known) if known.state.0.version >= next.version => return Ok(Outcome::Skipped("stale")),
            Some(known) => tx.save(&known, KnownKey(next.clone())),
            None => tx.insert(KnownKey(next.clone())),
        }
        trust.ring.insert(&next).map_err(HandlerError::dead_letter)?;
        Ok(Outcome::Done)
    }
}

struct KeepEndedSession;

impl Listener for KeepEndedSession {
    const NAME: &'static str = "keep-ended-session-on-session-revoked";
    type Event = SessionRevoked;
    type Context = Trust;

    async fn handle(
        event: &SessionRevoked,
        _: &Meta,
        tx: &mut Tx,
        trust: &Trust,
    ) -> Result<Outcome, HandlerError> {
        let ended = &event.0;
        let now = trust.bus.clock().now();
        if ended.tokens_expire_at < now {
            return Ok(Outcome::Skipped("expired"));
        }
        trust.ring.revoke(ended.id, ended.tokens_expire_at, now);
        if trust.sessions.get(ended.id).await?.is_some() {
            return Ok(Outcome::Skipped("duplicate"));
        }
        tx.insert(EndedSession(ended.clone()));
        Ok(Outcome::Done)
    }
}

/// The listeners under this service's names.
pub(super) fn table(service: &str) -> Listeners<Trust> {
    let name = |listener: &str| format!("{service}-{listener}");
    Listeners::new()
        .named::<KeepSigningKey>(name(KeepSigningKey::NAME))
        .named::<KeepEndedSession>(name(KeepEndedSession::NAME))
}

/// Keeps the ring of a service current. Whether any key is known is a part of its readiness.
pub(super) async fn follow_auth(service: &Service) -> Result<(), StartError> {
    let (bus, ring) = (service.bus(), service.keys());
    service.register::<KnownKey>().await?;
    service.register::<EndedSession>().await?;
    let trust = Trust {
        keys: bus.repository::<KnownKey>(),
        sessions: bus.repository::<EndedSession>(),
        ring: ring.clone(),
        bus,
    };
    let keys = trust.keys.clone();
    ring.on_unknown_key(move || {
        let keys = keys.clone();
        Box::pin(async move { Ok(known_keys(&keys).await?) })
    });
    service.listen(table(service.name), trust.clone()).await?;
    let check = service.readiness().check("signing keys");
    service.spawn("signing keys", refresh(trust, check, service.stopping()));
    Ok(())
}

async fn refresh(trust: Trust, check: Check, stopping: CancellationToken) {
    let mut tick = interval(REFRESH_INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = stopping.cancelled() => return,
        }
        if let Err(error) = refresh_once(&trust).await {
            tracing::debug!(error = %chain(&error), "the signing keys cannot be read yet");
        }
        check.set(!trust.ring.is_empty());
    }
}

async fn refresh_once(trust: &Trust) -> Result<(), StoreError> {
    for key in known_keys(&trust.keys).await? {
        if let Err(error) = trust.ring.insert(&key) {
            tracing::error!(error = %chain(&error), "a signing key cannot be used");
        }
    }
    let now = trust.bus.clock().now();
    let filter = doc! { "state.tokensExpireAt": { "$gt": now } };
    let ended = trust.sessions.find(filter, doc! { "state.tokensExpireAt": -1 }, PAGE).await?;
    for Loaded { state: EndedSession(session), .. } in ended {
        trust.ring.revoke(session.id, session.tokens_expire_at, now);
    }
    Ok(())
}

async fn known_keys(keys: &Repository<KnownKey>) -> Result<Vec<SigningKeySnapshot>, StoreError> {
    let known = keys.find(doc! {}, doc! { "_id": -1 }, PAGE).await?;
    Ok(known.into_iter().map(|key| key.state.0).collect())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::{
        bus::BusConfig,
        events::signing_key::SigningKeyStatus,
        ids::{KeyId, SessionId, UserId},
        mongo,
        shutdown::Tasks,
        testing::{TestWorld, laws},
    };

    async fn trust(world: &TestWorld, tasks: &Tasks) -> Trust {
        let config = world.service_config();
        let database = mongo::connect(config.mongodb_uri.expose_secret(), &world.database("orders")).await;
        let client = async_nats::connect(config.nats_url.expose_secret()).await.unwrap();
        let bus_config = BusConfig::new("orders", world.namespace.clone());
        let bus =
            Bus::start(bus_config, database.unwrap(), client, world.clock.clone(), tasks).await.unwrap();
        bus.register::<KnownKey>().await.unwrap();
        bus.register::<EndedSession>().await.unwrap();
        Trust { keys: bus.repository(), sessions: bus.repository(), ring: KeyRing::new(), bus }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn keeping_signing_keys_obeys_the_laws() {
        let (world, tasks) = (TestWorld::new("orders").await, Tasks::new(CancellationToken::new()));
        let trust = trust(&world, &tasks).await;
        let made = SigningKeySnapshot {
            id: KeyId::generate(),
            version: 1,
            public_key: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".to_owned(),
            status: SigningKeyStatus::Active,
            created_at: world.now(),
        };
        let retired = SigningKeySnapshot { version: 2, status: SigningKeyStatus::Retired, ..made.clone() };
        let history = [SigningKeyChanged(made), SigningKeyChanged(retired)];
        laws::check::<KeepSigningKey>(&trust.bus, &trust, &history).await;
        assert!(trust.ring.is_empty(), "a retired key is believed again");
        tasks.finish(Duration::from_secs(10)).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn keeping_ended_sessions_obeys_the_laws() {
        let (world, tasks) = (TestWorld::new("orders").await, Tasks::new(CancellationToken::new()));
        let trust = trust(&world, &tasks).await;
        let now = world.now();
        let ended = SessionSnapshot {
            id: SessionId::generate(),
            version: 1,
            user_id: UserId::generate(),
            created_at: now,
            revoked_at: now,
            tokens_expire_at: now.plus(Duration::from_mins(10)),
        };
        laws::check::<KeepEndedSession>(&trust.bus, &trust, &[SessionRevoked(ended)]).await;
        tasks.finish(Duration::from_secs(10)).await.unwrap();
    }
}

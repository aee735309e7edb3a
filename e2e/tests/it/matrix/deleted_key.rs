//! A signing key that was believed once and is not any more. Auth keeps a key for weeks, so this one is put
//! where auth and the other services keep theirs, used, and retired there.

use auth::domain::signing_key::SigningKey;
use bson::{Document, doc, serialize_to_raw_document_buf as raw};
use common::{clock::Clock, events::signing_key::SigningKeyStatus, ids::KeyId};

use crate::tokens::Forge;
use e2e::market::{Market, Person, Service, send, until};

/// One route of each service that answers whoever is signed in.
const ROUTES: [&str; 3] = ["/api/orders", "/api/payments", "/api/passes"];

/// A key whose tokens nobody believes any more.
pub struct DeletedKey(Forge);

impl DeletedKey {
    /// Makes a key, sees every service believe a token of it, and retires it.
    pub async fn use_and_delete(market: &Market) -> Self {
        let now = Clock::system().now();
        let made = SigningKey::following(None, KeyId::generate(), &rand_seed(), now).unwrap();
        // Older than auth's own, so that auth does not sign with it.
        let key = SigningKey { generation: 0, ..made };
        let deleted = Self(Forge::with(&key));
        let person = market.sign_up().await;
        store(market, &key).await;
        expect(market, &deleted.sign(&person), 200).await;
        store(market, &SigningKey { status: SigningKeyStatus::Retired, version: 2, ..key }).await;
        expect(market, &deleted.sign(&person), 401).await;
        deleted
    }

    /// A token that is right in everything but its key.
    pub fn sign(&self, person: &Person) -> String {
        self.0.genuine(person)
    }
}

fn rand_seed() -> [u8; 32] {
    let mut seed = [0; 32];
    seed[..16].copy_from_slice(KeyId::generate().uuid().as_bytes());
    seed
}

#[expect(clippy::disallowed_methods, reason = "no service would do this")]
async fn store(market: &Market, key: &SigningKey) {
    for service in Service::ALL {
        let (collection, state) = match service {
            Service::Auth => ("signing_keys", raw(key)),
            _ => ("known_signing_keys", raw(&key.snapshot())),
        };
        let document = doc! {
            "_id": key.id,
            "rev": i64::try_from(key.version).unwrap(),
            "state": Document::try_from(state.unwrap()).unwrap(),
            "awaitsPeer": false,
            "updatedAt": key.created_at,
        };
        let keys = market.books.database(service).collection::<Document>(collection);
        keys.replace_one(doc! { "_id": key.id }, document).upsert(true).await.unwrap();
    }
    // Auth looks at its keys when it starts, and then every half minute.
    market.machinery.kill(Service::Auth);
    market.machinery.start_again(Service::Auth).await;
}

async fn expect(market: &Market, token: &str, expected: u16) {
    for path in ROUTES {
        until(&format!("{path} to answer {expected}"), async || {
            match send(market.site.request("GET", path).bearer_auth(token)).await?.status {
                status if status == expected => Ok(()),
                status => Err(format!("it answers {status}")),
            }
        })
        .await;
    }
    // The token names no session, so that auth has another reason to refuse it; but not to a stranger.
    let me = market.site.request("DELETE", "/api/users/sessions/current").bearer_auth(token);
    send(me).await.unwrap().expect(401);
}

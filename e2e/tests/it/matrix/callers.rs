//! Everybody who may ask for something, rightly or not.

use bson::{Document, doc};
use reqwest::RequestBuilder;
use serde_json::json;

use super::deleted_key::DeletedKey;
use crate::{scene::Scene, tokens::Forge};
use e2e::market::{Market, PASSWORD, Person, Service, until};

/// The columns of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Shows nothing.
    Nobody,
    /// Is signed in, and has nothing to do with any of it.
    Stranger,
    /// Offers the listings.
    Seller,
    /// Has the orders.
    Buyer,
    /// May enter shows.
    Admin,
    /// A stranger whose account was disabled after signing in.
    Disabled,
    /// The buyer, in a session that has ended.
    SignedOut,
    /// Has a token that auth has not made, or would not make again.
    Forger,
}

/// Somebody with something to show.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The column of the table.
    pub who: Who,
    /// Who exactly, for people.
    pub name: String,
    shows: Shows,
}

#[derive(Debug, Clone)]
enum Shows {
    Nothing,
    Header(String),
    Cookie(String),
}

impl Caller {
    /// A stranger, as an API client.
    pub fn bearer(person: &Person) -> Self {
        Self::new(Who::Stranger, "a stranger", Shows::Header(person.token.clone()))
    }

    /// A person in a browser.
    pub fn cookie(person: &Person) -> Self {
        Self::new(Who::Stranger, "a browser", Shows::Cookie(person.token.clone()))
    }

    fn new(who: Who, name: impl Into<String>, shows: Shows) -> Self {
        Self { who, name: name.into(), shows }
    }

    /// The request with what the caller shows.
    pub fn show_to(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.shows {
            Shows::Nothing => request,
            Shows::Header(token) => request.bearer_auth(token),
            Shows::Cookie(token) => request.header("Cookie", format!("stagedoor={token}")),
        }
    }
}

/// Everybody, each by header and by cookie.
pub async fn all(market: &Market, scene: &Scene) -> Vec<Caller> {
    let mut callers = vec![Caller::new(Who::Nobody, "nobody", Shows::Nothing)];
    for who in [Who::Stranger, Who::Seller, Who::Buyer, Who::Admin, Who::Disabled, Who::SignedOut] {
        let token = token_of(market, scene, who).await;
        callers.extend(both_ways(who, &format!("{who:?}"), &token));
    }
    let forge = Forge::of(market).await;
    for (flaw, token) in forge.flawed(&scene.buyer) {
        callers.extend(both_ways(Who::Forger, &format!("a token that {flaw}"), &token));
    }
    let token = DeletedKey::use_and_delete(market).await.sign(&scene.buyer);
    callers.extend(both_ways(Who::Forger, "a token of a key that was deleted", &token));
    callers
}

/// The same caller for another scene, which may be spoilt.
pub async fn again(market: &Market, scene: &Scene, who: Who) -> Caller {
    let shows = match who {
        Who::Nobody => Shows::Nothing,
        _ => Shows::Header(token_of(market, scene, who).await),
    };
    Caller::new(who, format!("{who:?} on a scene of its own"), shows)
}

fn both_ways(who: Who, name: &str, token: &str) -> [Caller; 2] {
    let header = Caller::new(who, format!("{name}, in the header"), Shows::Header(token.to_owned()));
    [header, Caller::new(who, format!("{name}, in the cookie"), Shows::Cookie(token.to_owned()))]
}

async fn token_of(market: &Market, scene: &Scene, who: Who) -> String {
    match who {
        Who::Stranger => market.sign_up().await.token,
        Who::Seller => scene.seller.token.clone(),
        Who::Buyer => scene.buyer.token.clone(),
        // An account of its own, since some of the routes end all its sessions.
        Who::Admin => admin(market).await.token,
        Who::Disabled => {
            let person = market.sign_up().await;
            disable(market, &person).await;
            until_unknown(&person).await;
            person.token
        }
        Who::SignedOut => signed_out(market, &scene.buyer).await,
        Who::Nobody | Who::Forger => panic!("{who:?} has no account"),
    }
}

/// Disables an account.
pub async fn disable(market: &Market, person: &Person) {
    let path = format!("/api/users/{}", person.id);
    market.admin.patch(&path, &json!({ "disabled": true })).await.expect(200);
}

/// Another admin. No route makes one, so it is done where auth looks.
#[expect(clippy::disallowed_methods, reason = "there is no route for it, and there must not be one")]
async fn admin(market: &Market) -> Person {
    let person = market.sign_up().await;
    let users = market.books.database(Service::Auth).collection::<Document>("users");
    let change = doc! { "$set": { "state.role": "admin" }, "$inc": { "rev": 1 } };
    let changed = users.update_one(doc! { "_id": person.id }, change).await.unwrap();
    assert_eq!(changed.modified_count, 1, "there is no such user");
    Person::sign_in(&market.site, &person.email, PASSWORD).await
}

/// The token of a session that the person has ended, once all services know.
async fn signed_out(market: &Market, person: &Person) -> String {
    let again = Person::sign_in(&market.site, &person.email, PASSWORD).await;
    again.get("/api/orders").await.expect(200);
    let end = again.request("DELETE", "/api/users/sessions/current");
    e2e::market::send(end).await.unwrap().expect(204);
    until_unknown(&again).await;
    again.token
}

async fn until_unknown(person: &Person) {
    for path in ["/api/orders", "/api/payments", "/api/passes"] {
        until(&format!("{path} to know that the session has ended"), async || {
            match person.try_get(path).await?.status {
                401 => Ok(()),
                status => Err(format!("it answers {status}")),
            }
        })
        .await;
    }
}

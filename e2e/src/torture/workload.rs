//! The workload: buyers and sellers, each at its own business, until told to go home.

pub mod buyer;
pub mod canary;
pub mod client;
pub mod market_place;
pub mod seller;

use std::sync::Arc;

use common::events::show::ShowSnapshot;
use futures::{StreamExt as _, stream};
use rand::{SeedableRng as _, rngs::StdRng};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::{client::Client, market_place::MarketPlace};
use super::{Options, fleet::Fleet, history::History};
use crate::market::{Person, a_show, read, surroundings, until};

/// How many sign up at a time: each costs the hash of a password.
const SIGN_UPS_AT_ONCE: usize = 4;

/// Everybody who is there.
pub struct Crowd {
    people: JoinSet<()>,
}

impl Crowd {
    /// Waits until everybody has finished what they began.
    pub async fn finish(mut self) {
        while let Some(gone) = self.people.join_next().await {
            gone.expect("a buyer or seller panicked");
        }
    }
}

/// Lets everybody in; they begin at once.
pub async fn start(
    fleet: &Arc<Fleet>,
    history: &Arc<History>,
    options: &Options,
    stop: CancellationToken,
) -> Crowd {
    let show = enter_show(fleet).await;
    let place = Arc::new(MarketPlace::new(show.id));
    let count = options.buyers + options.sellers;
    let signing_up = (0..count).map(|number| sign_up(fleet, history, number));
    let mut clients: Vec<Client> = stream::iter(signing_up).buffered(SIGN_UPS_AT_ONCE).collect().await;
    let mut people = JoinSet::new();
    for (number, client) in (0_u64..).zip(clients.drain(..options.sellers).collect::<Vec<_>>()) {
        let random = StdRng::seed_from_u64(options.seed ^ (number << 32));
        people.spawn(seller::live(client, place.clone(), random, stop.clone()));
    }
    for (number, client) in (0_u64..).zip(clients) {
        let random = StdRng::seed_from_u64(options.seed ^ ((number + 1) << 40));
        people.spawn(buyer::live(client, place.clone(), random, stop.clone()));
    }
    Crowd { people }
}

/// A show that listings can be for, as soon as the admin is believed.
pub async fn enter_show(fleet: &Fleet) -> ShowSnapshot {
    let admin = Person::sign_in(&fleet.site, surroundings::ADMIN_EMAIL, surroundings::ADMIN_PASSWORD).await;
    until("the admin to be believed", async || read(&admin.post("/api/shows", &a_show()).await)).await
}

/// Somebody new.
pub async fn sign_up(fleet: &Arc<Fleet>, history: &Arc<History>, number: usize) -> Client {
    let email = format!("person-{number}@stagedoor.example");
    let person = Person::sign_up(&fleet.site, &email).await;
    Client::new(fleet, history, person, email)
}

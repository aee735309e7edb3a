//! Fills the shop through its public API, as its users would: an administrator makes shows, sellers sign
//! up and offer seats. What is made follows from a number alone, so that it is the same each time, and
//! what is there already is not made again: a run that was interrupted is continued by the next.

pub mod api;
pub mod cities;
pub mod names;
pub mod plan;
pub mod progress;
pub mod random;

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use anyhow::{Context as _, Result, bail};

use self::{
    api::{Api, Session},
    plan::{Plan, Seller, Show},
    progress::Progress,
};
use crate::{clock, log::Log, signals::Stop};

/// How many sellers offer at once.
const WORKERS: usize = 4;

/// Where the shop is, and who may make shows there.
#[derive(Debug, Clone)]
pub struct Target {
    pub url: String,
    pub admin: Admin,
}

/// The administrator's account.
#[derive(Clone)]
pub struct Admin {
    pub email: String,
    pub password: String,
}

/// How much to make.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub shows: usize,
    pub listings: usize,
    pub sellers: usize,
}

/// What to make.
#[derive(Debug, Clone)]
pub struct Options {
    /// The number that everything follows from.
    pub seed: u64,
    /// Make it even if it is there already.
    pub force: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: 1, force: false }
    }
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admin").field("email", &self.email).finish_non_exhaustive()
    }
}

/// Makes what is missing.
pub fn run(target: &Target, size: Size, options: &Options, stop: &Stop, log: &Log) -> Result<()> {
    let api = Api::at(&target.url)?;
    let plan = Plan::new(size, options.seed, clock::now_secs());
    let admin = api
        .sign_in(&target.admin.email, &target.admin.password)
        .context("sign in as the administrator")?
        .context("the administrator's password is refused; give the right one with --admin-password-file")?;
    let shows = make_shows(&api, &admin, &plan.shows, options.force, stop)?;
    make_listings(&api, &plan.sellers, &shows, options.force, stop)?;
    log.say(format!(
        "the shop has {} shows and {} listings of {} sellers (for example {}, password {})",
        plan.shows.len(),
        size.listings,
        plan.sellers.len(),
        plan.sellers.first().map_or("nobody", |seller| seller.email.as_str()),
        plan::SELLERS_PASSWORD,
    ));
    Ok(())
}

/// Makes the shows that do not exist yet; answers the ids of all, in the order of the plan.
fn make_shows(api: &Api, admin: &Session, shows: &[Show], force: bool, stop: &Stop) -> Result<Vec<String>> {
    let existing: BTreeMap<(String, String), String> =
        if force { BTreeMap::new() } else { api.shows()?.into_iter().collect() };
    let progress = Progress::new("shows", shows.len());
    let mut ids = Vec::with_capacity(shows.len());
    for show in shows {
        give_way(stop)?;
        let id = match existing.get(&(show.title.clone(), show.venue.to_owned())) {
            Some(id) => id.clone(),
            None => api.create_show(admin, show).with_context(|| format!("make the show {}", show.title))?,
        };
        ids.push(id);
        progress.step();
    }
    progress.end();
    Ok(ids)
}

/// Each seller offers in turn, several sellers at once; those that have offered before go on where they
/// stopped.
fn make_listings(api: &Api, sellers: &[Seller], shows: &[String], force: bool, stop: &Stop) -> Result<()> {
    let progress = Progress::new("listings", sellers.iter().map(|seller| seller.listings.len()).sum());
    let next = AtomicUsize::new(0);
    let failure = Mutex::new(None);
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(seller) = sellers.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(error) = offer_all(api, seller, shows, force, stop, &progress) {
                        failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                        next.store(sellers.len(), Ordering::Relaxed);
                    }
                }
            });
        }
    });
    progress.end();
    failure.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

fn offer_all(
    api: &Api,
    seller: &Seller,
    shows: &[String],
    force: bool,
    stop: &Stop,
    progress: &Progress,
) -> Result<()> {
    let session = match api.sign_in(&seller.email, plan::SELLERS_PASSWORD)? {
        Some(session) => session,
        None => api
            .sign_up(&seller.email, plan::SELLERS_PASSWORD, &seller.name)
            .with_context(|| format!("sign up {}", seller.email))?,
    };
    let done = if force { 0 } else { api.count_listings_of(&session, seller.listings.len())? };
    for (index, listing) in seller.listings.iter().enumerate() {
        give_way(stop)?;
        if index >= done {
            let show = shows.get(listing.show).context("find the show of a listing")?;
            api.create_listing(&session, show, listing)
                .with_context(|| format!("offer seats of show {show} as {}", seller.email))?;
        }
        progress.step();
    }
    Ok(())
}

fn give_way(stop: &Stop) -> Result<()> {
    if stop.is_requested() {
        bail!("stopped");
    }
    Ok(())
}

//! People who look at pages, all the time, and count how often they were refused.

use std::{collections::BTreeMap, time::Duration};

use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::market::{Site, send};

/// What they look at: every service behind the ingress that answers strangers, and the pages.
const PATHS: [&str; 5] =
    ["/api/shows?limit=5", "/", "/api/users/jwks.json", "/api/listings?limit=5", "/robots.txt"];
/// How many there are.
const PEOPLE: usize = 6;
/// How long each thinks between two looks: all of them stay below what the ingress lets one address ask.
const PAUSE: Duration = Duration::from_millis(50);

/// How it went.
#[derive(Debug, Default)]
pub struct Count {
    /// Requests that were answered with 2xx.
    pub answered: u64,
    /// Of these, how many had to be asked again, as a kept connection to the ingress was closed under them: browsers
    /// do that by themselves (RFC 9110, 9.2.2), and an ingress closes connections when it is told of new pods.
    pub asked_again: u64,
    /// The others, by what happened instead.
    pub refused: BTreeMap<String, u64>,
}

/// They look for as long as this is not stopped.
#[derive(Debug)]
pub struct Load {
    enough: CancellationToken,
    people: JoinSet<Count>,
}

impl Load {
    /// They begin.
    pub fn start(site: &Site) -> Self {
        let (enough, mut people) = (CancellationToken::new(), JoinSet::new());
        for person in 0..PEOPLE {
            people.spawn(look(site.clone(), person, enough.clone()));
        }
        Self { enough, people }
    }

    /// They stop, and tell.
    pub async fn stop(self) -> Count {
        self.enough.cancel();
        let mut sum = Count::default();
        for Count { answered, asked_again, refused } in self.people.join_all().await {
            sum.answered += answered;
            sum.asked_again += asked_again;
            for (what, count) in refused {
                *sum.refused.entry(what).or_default() += count;
            }
        }
        sum
    }
}

async fn look(site: Site, first: usize, enough: CancellationToken) -> Count {
    let mut count = Count::default();
    for path in PATHS.into_iter().cycle().skip(first) {
        if enough.is_cancelled() {
            break;
        }
        let ask = || send(site.request("GET", path));
        let mut answer = ask().await;
        if answer.is_err() {
            count.asked_again += 1;
            answer = ask().await;
        }
        match answer {
            Ok(answer) if (200..300).contains(&answer.status) => count.answered += 1,
            Ok(answer) => *count.refused.entry(format!("{path}: {}", answer.status)).or_default() += 1,
            Err(why) => *count.refused.entry(format!("{path}: {why}")).or_default() += 1,
        }
        sleep(PAUSE).await;
    }
    count
}

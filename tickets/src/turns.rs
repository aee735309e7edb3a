//! Work that one does for all who want it: whoever asks while something is being worked on waits for the next turn, which
//! is one for all who have asked by then.
//!
//! A turn is made to its end whether or not somebody still waits for it, and what becomes of it all who have asked are
//! told. So when MongoDB is slow nobody does again what somebody else has just failed to do, and when it is fast
//! again the next turn makes up for all.

use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};
use tokio::time::{Instant, sleep_until, timeout};

/// How long a turn may take.
const BOUND: Duration = Duration::from_secs(15);
/// How long anybody waits for one. Whoever asks for two, one after the other, has heard of both before a listener may
/// take no longer.
const PATIENCE: Duration = Duration::from_secs(9);
/// What somebody always wants is left alone after each turn for so many times as long as it took, and so long at most:
/// the longer a turn takes, the more of those who ask are answered by one.
const REST: u32 = 4;
const LONGEST_REST: Duration = Duration::from_secs(1);

/// Why a turn has no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfinished {
    /// MongoDB is slow, or there are too many before.
    #[error("it was not done in time")]
    Late,
    /// A mistake in the program.
    #[error("it panicked")]
    Panicked,
}

/// One line for each key. Whoever asks says with an item what he wants done.
pub struct Turns<K, T, E> {
    lines: Arc<Mutex<HashMap<K, Line<T, E>>>>,
}

struct Line<T, E> {
    /// What the next turn is asked to do.
    asked: BTreeSet<T>,
    /// If somebody has asked.
    next: Option<Turn<E>>,
    /// It may have ended.
    last: Option<Turn<E>>,
    rests_until: Option<Instant>,
}

type Turn<E> = Shared<BoxFuture<'static, Result<(), E>>>;

impl<K, T, E> Turns<K, T, E>
where
    K: Clone + Eq + Hash + Send + 'static,
    T: Ord + Send + 'static,
    E: Clone + From<Unfinished> + Send + Sync + 'static,
{
    /// Has the next turn do this item as well, and waits for its end. `work` does all that was asked for by the
    /// time it begins; of those who ask for the same turn it is the first one's.
    pub async fn ask<W, F>(&self, key: K, item: T, work: W) -> Result<(), E>
    where
        W: FnOnce(BTreeSet<T>) -> F + Send + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
    {
        let turn = self.enter(key, item, work);
        timeout(PATIENCE, turn).await.unwrap_or_else(|_| Err(Unfinished::Late.into()))
    }

    fn enter<W, F>(&self, key: K, item: T, work: W) -> Turn<E>
    where
        W: FnOnce(BTreeSet<T>) -> F + Send + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
    {
        let mut lines = self.lines();
        let line = lines.entry(key.clone()).or_default();
        line.asked.insert(item);
        if let Some(next) = &line.next {
            return next.clone();
        }
        // A task of its own, so that it goes on when whoever has asked does not wait any longer.
        let turn = tokio::spawn(self.clone().turn(key, line.last.clone(), work));
        let turn = turn.map(|ended| ended.unwrap_or_else(|_| Err(Unfinished::Panicked.into())));
        line.next.insert(turn.boxed().shared()).clone()
    }

    async fn turn<W, F>(self, key: K, before: Option<Turn<E>>, work: W) -> Result<(), E>
    where
        W: FnOnce(BTreeSet<T>) -> F + Send + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
    {
        if let Some(before) = before {
            // It has told how it ended those who have asked for it.
            let _ended = before.await;
        }
        let rests_until = self.lines().get(&key).and_then(|line| line.rests_until);
        if let Some(rests_until) = rests_until {
            sleep_until(rests_until).await;
        }
        let (asked, began) = (self.begin(&key), Instant::now());
        let answer = timeout(BOUND, work(asked)).await.unwrap_or_else(|_| Err(Unfinished::Late.into()));
        self.end(&key, began);
        answer
    }

    /// From now on whoever asks waits for another turn.
    fn begin(&self, key: &K) -> BTreeSet<T> {
        let mut lines = self.lines();
        let Some(line) = lines.get_mut(key) else { return BTreeSet::new() };
        line.last = line.next.take();
        mem::take(&mut line.asked)
    }

    /// When nobody has asked meanwhile the line goes away.
    fn end(&self, key: &K, began: Instant) {
        let mut lines = self.lines();
        let Some(line) = lines.get_mut(key) else { return };
        if line.next.is_none() {
            lines.remove(key);
        } else {
            line.rests_until = Some(Instant::now() + (began.elapsed() * REST).min(LONGEST_REST));
        }
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<K, Line<T, E>>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, T, E> Clone for Turns<K, T, E> {
    fn clone(&self) -> Self {
        Self { lines: self.lines.clone() }
    }
}

impl<K, T, E> Default for Turns<K, T, E> {
    fn default() -> Self {
        Self { lines: Arc::default() }
    }
}

impl<T, E> Default for Line<T, E> {
    fn default() -> Self {
        Self { asked: BTreeSet::new(), next: None, last: None, rests_until: None }
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use tokio::time::sleep;

    use super::*;

    const MOMENT: Duration = Duration::from_millis(10);

    type Done = Arc<Mutex<Vec<Vec<u32>>>>;

    /// Works for a while, and writes down what it was asked for.
    async fn work(done: Done, takes: Duration, asked: BTreeSet<u32>) -> Result<(), Unfinished> {
        sleep(takes).await;
        done.lock().unwrap().push(asked.into_iter().collect());
        Ok(())
    }

    struct Office {
        turns: Turns<&'static str, u32, Unfinished>,
        done: Done,
    }

    impl Office {
        fn new() -> Self {
            Self { turns: Turns::default(), done: Done::default() }
        }

        async fn ask(&self, key: &'static str, item: u32, takes: Duration) -> Result<(), Unfinished> {
            let done = self.done.clone();
            self.turns.ask(key, item, move |asked| work(done, takes, asked)).await
        }

        fn done(&self) -> Vec<Vec<u32>> {
            self.done.lock().unwrap().clone()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_during_a_turn_shares_the_next_one() {
        let office = Office::new();
        let first = office.ask("a", 0, MOMENT);
        let others = async {
            sleep(MOMENT / 2).await;
            join_all((1..=99).map(|item| office.ask("a", item, MOMENT))).await
        };
        let (first, others) = tokio::join!(first, others);
        assert!(first.is_ok() && others.iter().all(Result::is_ok));
        assert_eq!(office.done(), [vec![0], (1..=99).collect()]);
        assert!(office.turns.lines().is_empty(), "the last to leave takes the line away");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_always_wanted_rests_and_what_is_not_begins_at_once() {
        let office = Office::new();
        let began = Instant::now();
        office.ask("a", 0, MOMENT).await.unwrap();
        office.ask("a", 1, MOMENT).await.unwrap();
        assert_eq!(began.elapsed(), MOMENT * 2);
        let second = async {
            sleep(MOMENT / 2).await;
            office.ask("a", 3, MOMENT).await
        };
        let (first, second) = tokio::join!(office.ask("a", 2, MOMENT), second);
        assert!(first.is_ok() && second.is_ok());
        assert_eq!(began.elapsed(), MOMENT * (2 + 1 + REST + 1));
    }

    #[tokio::test(start_paused = true)]
    async fn keys_do_not_wait_for_each_other() {
        let office = Office::new();
        let began = Instant::now();
        let (a, b) = tokio::join!(office.ask("a", 0, MOMENT), office.ask("b", 1, MOMENT));
        assert!(a.is_ok() && b.is_ok());
        assert_eq!(began.elapsed(), MOMENT);
    }

    #[tokio::test(start_paused = true)]
    async fn all_who_have_asked_hear_that_it_failed_and_the_next_turn_is_made() {
        let office = Office::new();
        let hopeless = |item| office.turns.ask("a", item, async |_| Err(Unfinished::Late));
        let answers = join_all((0..9).map(hopeless)).await;
        assert_eq!(answers, [Err(Unfinished::Late); 9]);
        office.ask("a", 9, MOMENT).await.unwrap();
        assert_eq!(office.done(), [[9]]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_too_long_is_told_so_and_the_turn_is_made_all_the_same() {
        let office = Office::new();
        let began = Instant::now();
        assert_eq!(office.ask("a", 0, PATIENCE + MOMENT).await, Err(Unfinished::Late));
        assert_eq!(began.elapsed(), PATIENCE);
        office.ask("a", 1, MOMENT).await.unwrap();
        assert_eq!(office.done(), [[0], [1]]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_without_end_or_with_a_panic_is_followed_by_the_next() {
        let office = Office::new();
        let endless = office.turns.ask("a", 0, async |_| std::future::pending().await);
        assert_eq!(endless.await, Err(Unfinished::Late));
        let broken = office.turns.ask("a", 1, async |_| panic!("a mistake"));
        assert_eq!(broken.await, Err(Unfinished::Panicked));
        office.ask("a", 2, MOMENT).await.unwrap();
        assert_eq!(office.done(), [[2]]);
    }
}

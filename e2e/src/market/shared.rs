//! The marketplaces that the tests share. A marketplace takes seconds to start and little to run.

use std::{
    future::Future,
    sync::{LazyLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::Duration,
};

use tokio::{
    runtime::Runtime,
    sync::{Mutex, OnceCell},
};

use super::{Doors, Guards, Market, Patience};

/// One runtime for all tests: the marketplaces that they share have their connections on it.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("start the runtime"));

/// Whoever measures by the patience of people has the machine to himself; all others share it.
static MACHINE: RwLock<()> = RwLock::new(());

/// Nothing expires here while a test looks.
const PATIENT: Patience = Patience { hold: Duration::from_mins(15), gateway: Duration::from_secs(5) };
/// Enough for a browser on a busy machine to buy, and short enough to watch a hold come to its end.
const WATCHED: Patience = Patience { hold: Duration::from_mins(1), gateway: Duration::from_secs(5) };
/// Enough to buy, and short enough to see expiration do all that it does with Redis.
const GUARDED: Patience = Patience { hold: Duration::from_secs(20), gateway: Duration::from_secs(5) };
/// Orders expire within moments here, and before a gateway that hangs is given up.
const HASTY: Patience = Patience { hold: Duration::from_secs(2), gateway: Duration::from_secs(3) };

/// On the marketplace where most tests are, with a hold of a quarter of an hour.
pub fn on_a_busy_market(test: impl AsyncFnOnce(&'static Market)) {
    static MARKET: OnceCell<Market> = OnceCell::const_new();
    run(async { test(MARKET.get_or_init(|| Market::start("busy", PATIENT)).await).await });
}

/// On the marketplace where a hold is over after two seconds.
pub fn on_a_hasty_market(test: impl AsyncFnOnce(&'static Market)) {
    static MARKET: OnceCell<Market> = OnceCell::const_new();
    run(async { test(MARKET.get_or_init(|| Market::start("hasty", HASTY)).await).await });
}

/// On a marketplace that only one test is on at a time, so that it may break things. It is whole again
/// before the next one is.
pub fn alone_on_a_market(test: impl AsyncFnOnce(&'static Market)) {
    static MARKET: OnceCell<Market> = OnceCell::const_new();
    static TURN: Mutex<()> = Mutex::const_new(());
    run(async {
        let _turn = TURN.lock().await;
        let market = MARKET.get_or_init(|| Market::start("lonely", PATIENT)).await;
        market.machinery.make_whole().await;
        test(market).await;
    });
}

/// On a marketplace of one's own that nobody expects anything of afterwards: shows are called off here, and
/// listings withdrawn.
pub fn on_a_market_to_spoil(test: impl AsyncFnOnce(&Market)) {
    run(async { test(&Market::start("spoilt", PATIENT).await).await });
}

/// On the marketplace whose servers ask everybody who he is, as in the cluster.
pub fn on_a_guarded_market(test: impl AsyncFnOnce(&'static Market)) {
    static MARKET: OnceCell<Market> = OnceCell::const_new();
    run(async {
        let doors = Doors::Guarded(Guards::of_the_cluster());
        test(MARKET.get_or_init(|| Market::start_behind(doors, "guarded", GUARDED)).await).await;
    });
}

/// On the marketplace that browsers are on, with no other test beside: a browser needs both cores, and people
/// do not wait for minutes.
pub fn on_a_market_with_pages(test: impl AsyncFnOnce(&Market)) {
    let _quiet = in_quiet();
    RUNTIME.block_on(async { test(&Market::start("pages", WATCHED).await).await });
}

/// Waits until no test needs the machine for itself. For tests that bring their own marketplace.
pub fn beside_others() -> RwLockReadGuard<'static, ()> {
    MACHINE.read().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until no other test runs, and keeps others from beginning.
pub fn in_quiet() -> RwLockWriteGuard<'static, ()> {
    MACHINE.write().unwrap_or_else(PoisonError::into_inner)
}

fn run<T>(test: impl Future<Output = T>) -> T {
    let _company = beside_others();
    RUNTIME.block_on(test)
}

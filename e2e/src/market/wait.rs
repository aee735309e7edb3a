//! Waiting: for a state, not for a time; with a bound, and with what was seen last in the message.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long the marketplace may take for anything that has no bound of its own. Generous, since the machine
/// may have other work; where a bound matters the test names it.
pub const PATIENCE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);

/// Waits until the closure gives something; what it says otherwise is what the failure tells.
pub async fn until<T>(what: &str, look: impl AsyncFn() -> Result<T, String>) -> T {
    until_within(PATIENCE, what, look).await
}

/// The same, within a bound. What a look finds that began before the bound is no verdict, as it may have been slow.
pub async fn until_within<T>(bound: Duration, what: &str, look: impl AsyncFn() -> Result<T, String>) -> T {
    let deadline = Instant::now() + bound;
    loop {
        let is_last = Instant::now() >= deadline;
        match look().await {
            Ok(found) => return found,
            Err(status) if is_last => {
                panic!("waited {bound:?} for {what}, in vain: {status}");
            }
            Err(_) => sleep(POLL).await,
        }
    }
}

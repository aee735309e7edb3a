//! Tries to guess a password: who has to wait, and what is counted.
//!
//! It is asked before a password is looked at, and again before it is told whether it was right: tries that
//! are made at the same moment shall tell no more than tries one after the other.

use std::{net::IpAddr, time::Duration};

use common::{
    bus::{CommitError, StoreError, Tx},
    http::Problem,
};

use super::Context;
use crate::{
    domain::{
        email::Email,
        throttle::{Counted, Failures, Subject},
    },
    problems::too_many_attempts,
    store::SignInFailures,
};

/// Whom a try is counted for.
pub(super) struct Attempt {
    account: Subject,
    address: Subject,
}

impl Attempt {
    /// A try on the account of this e-mail address.
    pub(super) fn on(email: &Email, from: IpAddr) -> Self {
        Self { account: Subject::account(email), address: Subject::address(from) }
    }
}

/// Refuses a try that has to wait.
pub(super) async fn admit(context: &Context, attempt: &Attempt) -> Result<(), Problem> {
    let now = context.bus.clock().now();
    for subject in [&attempt.account, &attempt.address] {
        let known = context.failures.get(subject).await?;
        if let Some(wait) = known.and_then(|known| known.state.wait(now)) {
            return Err(refused(subject, wait));
        }
    }
    Ok(())
}

/// Counts a wrong password.
pub(super) async fn failed(context: &Context, attempt: &Attempt) -> Result<(), Problem> {
    for subject in [&attempt.account, &attempt.address] {
        let counted = match count(context, subject).await {
            // Somebody else was the first to fail at this moment; now there is something to add to.
            Err(CountError::Commit(CommitError::Duplicate { .. })) => count(context, subject).await,
            counted => counted,
        };
        counted.map_err(|error| match error {
            CountError::Waits(wait) => refused(subject, wait),
            CountError::Store(error) => error.into(),
            CountError::Commit(error) => error.into(),
        })?;
    }
    Ok(())
}

/// Forgets the wrong passwords of the account, now that the right one was there. Those of the address stay: a
/// thief with an account of his own could forget them at will.
pub(super) async fn succeeded(context: &Context, attempt: &Attempt) -> Result<(), Problem> {
    admit(context, attempt).await?;
    let forget = async |tx: &mut Tx| {
        if let Some(loaded) = context.failures.get(&attempt.account).await? {
            SignInFailures::update(tx, &loaded, loaded.state.forgotten(tx.now()));
        }
        Ok(())
    };
    context.bus.transact(forget).await
}

#[derive(Debug, thiserror::Error)]
enum CountError {
    #[error("wait before the next try")]
    Waits(Duration),
    #[error("read the wrong passwords")]
    Store(#[from] StoreError),
    #[error("write the wrong passwords")]
    Commit(#[from] CommitError),
}

async fn count(context: &Context, subject: &Subject) -> Result<(), CountError> {
    let count = async |tx: &mut Tx| {
        let loaded = context.failures.get(subject).await?;
        if let Some(wait) = loaded.as_ref().and_then(|loaded| loaded.state.wait(tx.now())) {
            return Err(CountError::Waits(wait));
        }
        let before = loaded.as_ref().map(|loaded| &loaded.state);
        let failures = Failures::one_more(before, subject, context.tolerance, tx.now());
        match &loaded {
            Some(loaded) => SignInFailures::update(tx, loaded, failures),
            None => SignInFailures::create(tx, failures),
        }
        Ok(())
    };
    context.bus.transact(count).await
}

fn refused(subject: &Subject, wait: Duration) -> Problem {
    let by = match subject.counted {
        Counted::Account => "account",
        Counted::Address => "address",
    };
    metrics::counter!("auth_sign_ins_throttled_total", "by" => by).increment(1);
    too_many_attempts(wait)
}

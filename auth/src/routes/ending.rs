//! The end of many sessions at once.

use common::{
    bus::Tx,
    http::Problem,
    ids::{SessionId, UserId},
};

use super::Context;
use crate::{domain::session::Session, store::Sessions};

/// How many sessions one unit of work ends.
const AT_ONCE: i64 = 100;
/// After so many units of work the caller is told to come again.
const MAX_ROUNDS: u32 = 100;

/// Ends a user's sessions.
pub(super) async fn end_all(context: &Context, user: UserId) -> Result<(), Problem> {
    end(context, user, |_| true).await
}

/// Ends a user's sessions but this one.
pub(super) async fn end_others(context: &Context, user: UserId, kept: SessionId) -> Result<(), Problem> {
    end(context, user, |session| session.id != kept).await
}

async fn end(context: &Context, user: UserId, ends: impl Fn(&Session) -> bool) -> Result<(), Problem> {
    for _ in 0..MAX_ROUNDS {
        // Each session is written for itself; what a round that is repeated finds ended stays so.
        let some = async |tx: &mut Tx| {
            let live = context.sessions.live(user, tx.now(), None, AT_ONCE).await?;
            for loaded in live.iter().filter(|loaded| ends(&loaded.state)) {
                if let Some(ended) = loaded.state.revoked(tx.now()) {
                    Sessions::revoke(tx, loaded, ended);
                }
            }
            Ok::<_, Problem>(tx.is_empty())
        };
        let none_was_left = context.bus.transact(some).await?;
        if none_was_left {
            return Ok(());
        }
    }
    Err(Problem::unavailable())
}

//! Whoever asks, as auth's own database knows him. Other services believe a token until it expires or its
//! session is told to have ended; auth need not wait for either.

use common::{
    bus::Loaded,
    http::{CurrentUser, Problem},
};

use super::Context;
use crate::domain::{
    session::{Session, authenticate},
    user::User,
};

/// Somebody whose session goes on and whose account may be used.
pub(super) struct Caller {
    pub(super) session: Loaded<Session>,
    pub(super) user: Loaded<User>,
}

/// The bearer of this token, if he still is who the token says.
pub(super) async fn known(context: &Context, bearer: &CurrentUser) -> Result<Caller, Problem> {
    let session = context.sessions.get(bearer.session_id).await?;
    let user = context.users.get(bearer.id).await?;
    let states = (session.as_ref().map(|session| &session.state), user.as_ref().map(|user| &user.state));
    authenticate(states.0, states.1, bearer.role).map_err(|refusal| {
        tracing::debug!(user.id = %bearer.id, session.id = %bearer.session_id, %refusal, "token refused");
        Problem::unauthorized()
    })?;
    session.zip(user).map(|(session, user)| Caller { session, user }).ok_or_else(Problem::unauthorized)
}

//! Refresh: the next pair of tokens for who shows the refresh token of a session.

use actix_web::{HttpRequest, HttpResponse, post, web};
use common::{
    bus::Tx,
    http::{OptionalBody, Problem, ProblemBody},
};
use garde::Validate;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    Context, SignedIn,
    views::{self, Admission},
};
use crate::{
    domain::{
        refresh_token::{self, RefreshToken},
        renewal::RenewalRefusal,
        session::{Renewed, SessionRefusal},
    },
    problems::session_ended,
    random,
    store::Sessions,
};

/// What a session is renewed with, if it is not in a cookie.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct Refresh {
    /// The newest refresh token. It goes before the one in the cookie.
    #[schema(value_type = String, format = "password", min_length = 86, max_length = 86)]
    #[serde(deserialize_with = "refresh_token::sent")]
    refresh_token: RefreshToken,
}

/// Refresh
///
/// Answers with a new access token and a new refresh token. The old one is taken again until the new one was
/// used, so that a lost answer, or two tabs at once, sign nobody out. An older one ends the session: there is
/// a copy of it.
#[utoipa::path(
    post,
    path = "/api/users/sessions/refresh",
    tag = "users",
    request_body = Option<Refresh>,
    responses(
        (status = 200, body = SignedIn, description = "The session goes on, with new tokens"),
        (
            status = 401,
            body = ProblemBody,
            description = "`session_ended`: sign in again; the cookies are cleared",
        ),
        (status = 422, body = ProblemBody, description = "`invalid`: a field is not acceptable"),
    ),
    security(()),
)]
#[post("/api/users/sessions/refresh")]
pub async fn refresh_session(
    context: web::Data<Context>,
    request: HttpRequest,
    body: OptionalBody<Refresh>,
) -> Result<HttpResponse, Problem> {
    let sent = body.0.map(|body| body.refresh_token);
    let shown = sent.or_else(|| context.cookies.refresh_token(&request));
    let shown = shown.ok_or_else(|| session_ended(context.cookies))?;
    let next = shown.followed_by(random::bytes()?);
    match renew(&context, &shown, &next).await? {
        Ok(admission) => views::let_in(&context, &admission, HttpResponse::Ok()),
        Err(refusal) => {
            report(&shown, refusal);
            Err(session_ended(context.cookies))
        }
    }
}

/// Whoever is let in by the renewal. A refusal is a value: the end of a session is committed as well.
async fn renew(
    context: &Context,
    shown: &RefreshToken,
    next: &RefreshToken,
) -> Result<Result<Admission, SessionRefusal>, Problem> {
    let renew = async |tx: &mut Tx| {
        let Some(loaded) = context.sessions.get(shown.session()).await? else {
            return Ok(Err(SessionRefusal::Unknown));
        };
        let Some(user) = context.users.get(loaded.state.user_id).await? else {
            return Ok(Err(SessionRefusal::Unknown));
        };
        match loaded.state.renewed(&user.state, shown, next, context.lifetimes, tx.now()) {
            Ok(Renewed::GoesOn(session)) => {
                Sessions::update_quietly(tx, &loaded, session.clone());
                Ok(Ok(Admission { user: user.state, session, refresh: next.clone(), at: tx.now() }))
            }
            Ok(Renewed::Ended(session)) => {
                Sessions::revoke(tx, &loaded, session);
                Ok(Err(RenewalRefusal::Superseded.into()))
            }
            Err(refusal) => Ok(Err(refusal)),
        }
    };
    context.bus.transact(renew).await
}

fn report(shown: &RefreshToken, refusal: SessionRefusal) {
    let session = shown.session();
    if refusal == RenewalRefusal::Superseded.into() {
        metrics::counter!("auth_refresh_tokens_reused_total").increment(1);
        tracing::warn!(session.id = %session, "ended a session: a superseded refresh token was shown");
    } else {
        tracing::debug!(session.id = %session, %refusal, "session not renewed");
    }
}

#[cfg(test)]
mod tests {
    use common::testing::anything::check_body;
    use secrecy::ExposeSecret as _;
    use serde_json::json;

    use super::*;
    use crate::domain::renewal::tests::token;

    #[test]
    fn any_body_gives_a_token_or_names_a_field() {
        let good = json!({ "refreshToken": token(0).text().expose_secret() });
        check_body(&good, Ok::<Refresh, Problem>);
    }
}

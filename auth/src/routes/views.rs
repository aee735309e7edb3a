//! What auth answers about a user and a session.

use actix_web::{HttpResponse, HttpResponseBuilder};
use common::{
    bus::{CommitError, Tx},
    clock::Timestamp,
    control::{Control, is_broken},
    events::user::Role,
    http::Problem,
    ids::{SessionId, UserId},
};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Context, Device};
use crate::{
    domain::{refresh_token::RefreshToken, session::Session, user::User},
    random,
    store::Sessions,
};

/// A user, as shown to himself.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserView {
    /// The user.
    pub id: UserId,
    /// The e-mail address, as it was normalised.
    #[schema(example = "ada@example.com")]
    pub email: String,
    /// How the user wants to be called.
    #[schema(example = "Ada")]
    pub name: String,
    /// What the user may do.
    pub role: Role,
    /// When the account was made.
    pub created_at: Timestamp,
}

/// A user who is let in. Browsers have the tokens in cookies as well, which no script can read.
// No `Debug`: the tokens are not for logs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignedIn {
    /// Who.
    pub user: UserView,
    /// For `Authorization: Bearer`, valid at every service.
    pub access_token: String,
    /// From when on the token is refused.
    pub expires_at: Timestamp,
    /// Brings the next pair of tokens, once. For API clients; browsers have it in a cookie as well.
    pub refresh_token: String,
    /// From when on the user has to sign in again.
    pub session_expires_at: Timestamp,
}

impl UserView {
    /// The view of a user.
    pub fn of(user: &User) -> Self {
        Self {
            id: user.id,
            email: user.email.as_str().to_owned(),
            name: user.name.as_str().to_owned(),
            role: user.role,
            created_at: user.created_at,
        }
    }
}

/// Somebody to let in: his session has just begun or been renewed.
pub(super) struct Admission {
    pub(super) user: User,
    pub(super) session: Session,
    pub(super) refresh: RefreshToken,
    pub(super) at: Timestamp,
}

/// Begins a session of the user on that device, and lets him in.
pub(super) async fn sign_in(
    context: &Context,
    user: &User,
    device: Device,
    answer: HttpResponseBuilder,
) -> Result<HttpResponse, Problem> {
    let refresh = RefreshToken::first(SessionId::generate(), random::bytes()?, random::bytes()?);
    let begin = async |tx: &mut Tx| {
        let session = Session::begin(user, &refresh, device.0.clone(), context.lifetimes, tx.now());
        Sessions::create(tx, session.clone());
        Ok::<_, CommitError>((session, tx.now()))
    };
    let (session, at) = context.bus.transact(begin).await?;
    let_in(context, &Admission { user: user.clone(), session, refresh, at }, answer)
}

/// Answers with the tokens of a session.
pub(super) fn let_in(
    context: &Context,
    admission: &Admission,
    mut answer: HttpResponseBuilder,
) -> Result<HttpResponse, Problem> {
    let Admission { user, session, refresh, at } = admission;
    let access = context.keys.signer()?.sign(user, session, *at)?;
    if is_broken(Control::LogToken) {
        tracing::info!(token = access.text.expose_secret(), "signed in");
    }
    let (ttl, session_expires_at) = (context.lifetimes.token, session.expires_at());
    let cookies = context.cookies.carrying(&access, ttl, refresh, session_expires_at.since(*at));
    for cookie in cookies {
        answer.cookie(cookie);
    }
    Ok(answer.json(SignedIn {
        user: UserView::of(user),
        access_token: access.text.expose_secret().to_owned(),
        expires_at: access.expires_at,
        refresh_token: refresh.text().expose_secret().to_owned(),
        session_expires_at,
    }))
}

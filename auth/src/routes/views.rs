//! What auth answers about a user and a session.

use actix_web::{HttpResponse, HttpResponseBuilder};
use common::{
    bus::{CommitError, Tx},
    clock::Timestamp,
    control::{Control, is_broken},
    events::user::{Role, UserStatus},
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
    /// Whether the account may be used.
    pub status: UserStatus,
    /// When the account was made.
    pub created_at: Timestamp,
}

/// A session, as shown to its user.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// The session.
    pub id: SessionId,
    /// When the user signed in.
    pub created_at: Timestamp,
    /// When the session was last renewed; at first, when it began.
    pub last_used_at: Timestamp,
    /// From when on the user has to sign in again.
    pub expires_at: Timestamp,
    /// What the device called itself, if it said so.
    #[schema(
        max_length = 256,
        example = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    )]
    pub user_agent: Option<String>,
    /// Whether it is the one that asks.
    pub current: bool,
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
            status: user.status,
            created_at: user.created_at,
        }
    }
}

impl SessionView {
    /// The view of a session; `current` is the one that asks.
    pub fn of(session: &Session, current: SessionId) -> Self {
        Self {
            id: session.id,
            created_at: session.created_at,
            last_used_at: session.last_used_at(),
            expires_at: session.expires_at(),
            user_agent: session.user_agent.as_ref().map(|agent| agent.as_str().to_owned()),
            current: session.id == current,
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
    device: &Device,
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

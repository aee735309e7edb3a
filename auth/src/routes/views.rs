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

use super::Context;
use crate::{
    domain::{session::Session, user::User},
    store::Sessions,
    tokens::AccessToken,
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

/// A user who has just signed up or in. Browsers have the token in a cookie as well, which no script can read.
// No `Debug`: the token is not for logs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignedIn {
    /// Who.
    pub user: UserView,
    /// For `Authorization: Bearer`, valid at every service.
    pub access_token: String,
    /// From when on the token is refused.
    pub expires_at: Timestamp,
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

/// Begins a session of the user and answers with its token.
pub(super) async fn sign_in(
    context: &Context,
    user: &User,
    mut answer: HttpResponseBuilder,
) -> Result<HttpResponse, Problem> {
    let session = begin_session(context, user).await?;
    let token = context.keys.signer()?.sign(user, &session)?;
    let AccessToken { text, expires_at } = &token;
    if is_broken(Control::LogToken) {
        tracing::info!(token = text.expose_secret(), "signed in");
    }
    Ok(answer.cookie(context.cookies.with(&token, context.lifetimes.token)).json(SignedIn {
        user: UserView::of(user),
        access_token: text.expose_secret().to_owned(),
        expires_at: *expires_at,
    }))
}

async fn begin_session(context: &Context, user: &User) -> Result<Session, CommitError> {
    let begin = async |tx: &mut Tx| {
        let session = Session::begin(SessionId::generate(), user.id, tx.now(), context.lifetimes.token);
        Sessions::create(tx, session.clone());
        Ok(session)
    };
    context.bus.transact(begin).await
}

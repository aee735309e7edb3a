//! Sign in: a new session for who knows the password.

use actix_web::{HttpResponse, post, web};
use common::{
    bus::{Loaded, Tx},
    http::{Body, Problem, ProblemBody},
};
use garde::Validate;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    ClientAddress, Context, Device, SignedIn,
    attempts::{self, Attempt},
    views,
};
use crate::{
    domain::{
        email::Email,
        password::{self, Password, PasswordHash},
        sign_in::sign_in,
        user::User,
    },
    problems::{invalid_credentials, invalid_fields},
    store::Users,
};

/// What a user signs in with.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct Credentials {
    /// The e-mail address of the account; case does not matter.
    #[schema(format = "email", max_length = 254, example = "ada@example.com")]
    email: String,
    /// The password of the account.
    #[schema(value_type = String, format = "password", min_length = 1, max_length = 128)]
    #[serde(deserialize_with = "password::typed")]
    password: SecretString,
}

impl Credentials {
    fn parse(&self) -> Result<(Email, Password), Problem> {
        match (self.email.parse::<Email>(), Password::tried(&self.password)) {
            (Ok(email), Ok(password)) => Ok((email, password)),
            (email, password) => Err(invalid_fields([
                ("/email", email.err().map(|refusal| refusal.to_string())),
                ("/password", password.err().map(|refusal| refusal.to_string())),
            ])),
        }
    }
}

/// Sign in
///
/// An unknown address, a wrong password and a disabled account have the same answer. After some of them the
/// next try has to wait, at most for minutes.
#[utoipa::path(
    post,
    path = "/api/users/sessions",
    tag = "users",
    request_body = Credentials,
    responses(
        (status = 201, body = SignedIn, description = "A new session"),
        (status = 401, body = ProblemBody, description = "`invalid_credentials`"),
        (status = 422, body = ProblemBody, description = "`invalid`: a field is not acceptable"),
        (
            status = 429,
            body = ProblemBody,
            description = "`too_many_attempts`, `too_many_requests`: wait for `Retry-After`",
        ),
        (status = 503, body = ProblemBody, description = "`busy`: try again after a moment"),
    ),
    security(()),
)]
#[post("/api/users/sessions")]
pub async fn create_session(
    context: web::Data<Context>,
    device: Device,
    address: ClientAddress,
    body: Body<Credentials>,
) -> Result<HttpResponse, Problem> {
    let (email, password) = body.0.parse()?;
    let attempt = Attempt::on(&email, address.0);
    attempts::admit(&context, &attempt).await?;
    let found = context.users.with_email(&email).await?;
    let hash = found.as_ref().map(|found| &found.state.password_hash);
    let checked = context.passwords.check(password, hash).await?;
    let user = sign_in(found.as_ref().map(|found| &found.state), checked.check);
    let Ok(user) = user else {
        attempts::failed(&context, &attempt).await?;
        return Err(invalid_credentials());
    };
    attempts::succeeded(&context, &attempt).await?;
    if let (Some(found), Some(rehashed)) = (&found, &checked.rehashed) {
        keep_stronger_hash(&context, found, rehashed).await?;
    }
    views::sign_in(&context, user, &device, HttpResponse::Created()).await
}

/// Replaces a hash that was made with weaker parameters, unless the user has another password by now.
async fn keep_stronger_hash(
    context: &Context,
    checked: &Loaded<User>,
    rehashed: &PasswordHash,
) -> Result<(), Problem> {
    let replace = async |tx: &mut Tx| {
        let Some(loaded) = context.users.get(checked.state.id).await? else { return Ok(()) };
        if loaded.state.password_hash == checked.state.password_hash {
            Users::update_quietly(tx, &loaded, loaded.state.rehashed(rehashed.clone()));
        }
        Ok(())
    };
    context.bus.transact(replace).await
}

#[cfg(test)]
mod tests {
    use common::testing::anything::check_body;
    use serde_json::json;

    use super::*;

    #[test]
    fn any_body_gives_credentials_or_names_a_field() {
        let good = json!({ "email": "ada@example.com", "password": "a stage door in the rain" });
        check_body(&good, |body: Credentials| body.parse());
    }
}

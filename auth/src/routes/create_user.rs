//! Sign up: an account, and its first session.

use actix_web::{HttpResponse, post, web};
use common::{
    bus::{CommitError, Tx},
    http::{Body, Problem, ProblemBody},
    ids::UserId,
};
use garde::Validate;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Context, Device, SignedIn, views};
use crate::{
    domain::{
        email::Email,
        name::DisplayName,
        password::{self, Password, PasswordHash},
        user::{Profile, User},
    },
    problems::{email_taken, invalid_fields},
    store::{EMAIL_OF_USER, Users},
};

/// What a new user tells.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[garde(allow_unvalidated)]
pub struct SignUp {
    /// Where to reach the user, and the name to sign in with; case does not matter.
    #[schema(format = "email", max_length = 254, example = "ada@example.com")]
    email: String,
    /// 8 to 128 characters of any kind; what everybody tries first is refused.
    #[schema(value_type = String, format = "password", min_length = 8, max_length = 128)]
    #[serde(deserialize_with = "password::typed")]
    password: SecretString,
    /// How the user wants to be called.
    #[schema(min_length = 1, max_length = 80, example = "Ada")]
    name: String,
}

impl SignUp {
    /// The domain's words for what was typed, or every field that is wrong.
    fn parse(&self) -> Result<(Profile, Password), Problem> {
        let email = self.email.parse::<Email>();
        let password = Password::chosen(&self.password, email.as_ref().ok());
        let name = self.name.parse::<DisplayName>();
        match (email, password, name) {
            (Ok(email), Ok(password), Ok(name)) => Ok((Profile { email, name }, password)),
            (email, password, name) => Err(invalid_fields([
                ("/email", email.err().map(|refusal| refusal.to_string())),
                ("/password", password.err().map(|refusal| refusal.to_string())),
                ("/name", name.err().map(|refusal| refusal.to_string())),
            ])),
        }
    }
}

/// Sign up
///
/// Makes an account and signs it in.
#[utoipa::path(
    post,
    path = "/api/users",
    tag = "users",
    request_body = SignUp,
    responses(
        (status = 201, body = SignedIn, description = "The account is made and signed in"),
        (status = 409, body = ProblemBody, description = "`email_taken`: the address has an account"),
        (status = 422, body = ProblemBody, description = "`invalid`: a field is not acceptable"),
        (status = 503, body = ProblemBody, description = "`busy`: try again after a moment"),
    ),
    security(()),
)]
#[post("/api/users")]
pub async fn create_user(
    context: web::Data<Context>,
    device: Device,
    body: Body<SignUp>,
) -> Result<HttpResponse, Problem> {
    let (profile, password) = body.0.parse()?;
    // Spares the hash; the index decides.
    if context.users.with_email(&profile.email).await?.is_some() {
        return Err(email_taken());
    }
    let hash = context.passwords.hash(password).await?;
    let user = create_account(&context, &profile, &hash).await?;
    tracing::info!(user.id = %user.id, "signed up");
    views::sign_in(&context, &user, &device, HttpResponse::Created()).await
}

async fn create_account(context: &Context, profile: &Profile, hash: &PasswordHash) -> Result<User, Problem> {
    let created = context.bus.transact(async |tx: &mut Tx| {
        let user = User::sign_up(UserId::generate(), profile.clone(), hash.clone(), tx.now());
        Users::create(tx, user.clone());
        Ok(user)
    });
    match created.await {
        Err(CommitError::Duplicate { index }) if index == EMAIL_OF_USER => Err(email_taken()),
        created => Ok(created?),
    }
}

#[cfg(test)]
mod tests {
    use common::testing::anything::check_body;
    use serde_json::json;

    use super::*;

    #[test]
    fn any_body_gives_a_profile_or_names_a_field() {
        let good =
            json!({ "email": "ada@example.com", "password": "a stage door in the rain", "name": "Ada" });
        check_body(&good, |body: SignUp| body.parse());
    }
}
